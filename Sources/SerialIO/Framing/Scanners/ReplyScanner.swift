/// Answers without any mark: so many bytes as the request is answered with.
struct ReplyScanner: FrameScanner {
    private let sizes: [ReplySize]
    private let checksum: Checksum?
    /// Bytes of the answer that is waited for; nil where none is.
    private var size: Int?

    init(_ sizes: [ReplySize], checksum: Checksum?) {
        self.sizes = sizes
        self.checksum = checksum
    }

    /// Nothing tells an answer from what comes behind it.
    var isKnownByStart: Bool { false }

    mutating func expectReply(to request: [UInt8]) {
        // Of a request that begins like another the longer one is meant.
        size = sizes.filter { $0.request.begins(request) }.max { $0.request.count < $1.request.count }?.size
    }

    func scan(_ bytes: Span<UInt8>, known: Int, scratch: inout [UInt8]) -> FrameScan {
        guard let size else { return .skip(bytes.count, .noise) }
        guard bytes.count >= size else { return .needMoreBytes }
        if let checksum, !checksum.matches(bytes.extracting(0..<size)) { return .skip(size, .checksum) }
        return .frame(size: size, content: 0..<size)
    }
}
