/// Frames of one size.
struct FixedScanner: FrameScanner {
    private let start: Mark
    private let size: Int
    private let trailer: Mark
    private let checksum: Checksum?

    init(start: BytePattern, size: Int, trailer: BytePattern, checksum: Checksum?) {
        precondition(size >= max(1, start.bytes.count, trailer.bytes.count), "start and trailer stand in the frame")
        self.start = Mark(start)
        self.size = size
        self.trailer = Mark(trailer)
        self.checksum = checksum
    }

    func scan(_ bytes: Span<UInt8>, known: Int, scratch: inout [UInt8]) -> FrameScan {
        if start.agreement(bytes, at: 0) == .none { return .skip(start.firstOffset(in: bytes, from: 1), .noise) }
        guard bytes.count >= size else { return .needMoreBytes }
        guard trailer.agreement(bytes, at: size - trailer.count) == .whole else { return .skip(1, .trailer) }
        if let checksum, !checksum.matches(bytes.extracting(0..<size)) { return .skip(1, .checksum) }
        return .frame(size: size, content: 0..<size)
    }
}
