/// Frames that carry their length. A length that no frame has never makes it wait.
struct LengthScanner: FrameScanner {
    private let start: Mark
    private let length: LengthField
    private let trailer: Mark
    private let checksum: Checksum?
    private let sizeMax: Int
    /// Bytes that must be there before the length can be read, and that every frame has.
    private let headSize: Int
    /// Few: a list is faster than a set.
    private let sizes: [Int]?
    private let range: ClosedRange<Int>

    init(start: BytePattern, length: LengthField, trailer: BytePattern, checksum: Checksum?, sizeMax: Int) {
        precondition(length.at >= 0 && (1...4).contains(length.width), "a length field has 1 to 4 bytes")
        self.start = Mark(start)
        self.length = length
        self.trailer = Mark(trailer)
        self.checksum = checksum
        self.sizeMax = sizeMax
        headSize = max(length.at + length.width, start.bytes.count)
        switch length.allowed {
        case .sizes(let sizes): (self.sizes, range) = (sizes.sorted(), 1...Int.max)
        case .range(let range): (sizes, self.range) = (nil, range)
        }
    }

    func scan(_ bytes: Span<UInt8>, known: Int, scratch: inout [UInt8]) -> FrameScan {
        if start.agreement(bytes, at: 0) == .none { return .skip(start.firstOffset(in: bytes, from: 1), .noise) }
        guard bytes.count >= headSize else { return .needMoreBytes }
        guard let size = frameSize(bytes) else { return .skip(1, .length) }
        guard size <= sizeMax else { return .skip(1, .tooLong(max: sizeMax)) }
        guard bytes.count >= size else { return .needMoreBytes }
        guard trailer.agreement(bytes, at: size - trailer.count) == .whole else { return .skip(1, .trailer) }
        if let checksum, !checksum.matches(bytes.extracting(0..<size)) { return .skip(1, .checksum) }
        return .frame(size: size, content: 0..<size)
    }

    /// The size of the whole frame; nil where that is none that a frame may have.
    private func frameSize(_ bytes: Span<UInt8>) -> Int? {
        var value = 0
        for index in 0..<length.width {
            let place = length.isLittleEndian ? length.width - 1 - index : index
            value = value << 8 | Int(bytes[length.at + place])
        }
        if let bits = length.bits { value = value >> bits.lowerBound & (1 << bits.count - 1) }
        if !length.sizes.isEmpty {
            return length.sizes[value].flatMap { $0 >= max(1, headSize, trailer.count) ? $0 : nil }
        }
        let (product, isTooLarge) = value.multipliedReportingOverflow(by: length.times)
        let (size, isTooMuch) = product.addingReportingOverflow(length.add)
        guard !isTooLarge, !isTooMuch, size >= max(1, headSize, trailer.count) else { return nil }
        return sizes?.contains(size) ?? range.contains(size) ? size : nil
    }
}
