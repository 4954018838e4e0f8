/// Bytes that a frame begins or ends with, made ready for searching. Without bytes it is everywhere.
struct Mark: Sendable {
    /// How far bytes agree with a mark.
    enum Agreement: Equatable {
        case none
        /// As far as the bytes go.
        case partial
        case whole
    }

    let count: Int
    private let values: [UInt8]
    /// The bits that must be as in ``values``.
    private let masks: [UInt8]
    private let isFirstGiven: Bool

    init(_ pattern: BytePattern) {
        count = pattern.count
        values = pattern.values
        masks = pattern.masks
        isFirstGiven = masks.first == 0xFF
    }

    init(_ bytes: [UInt8]) { self.init(BytePattern(bytes)) }

    var isEmpty: Bool { count == 0 }
    /// Whether it begins with a control character, so that it is a mark wherever it stands.
    var isControl: Bool { isFirstGiven && values[0] < 0x20 }

    /// Its first byte; nil where that may be any.
    var first: UInt8? { isFirstGiven ? values[0] : nil }

    /// How far the mark stands at `offset`, which is at most the number of bytes.
    @inline(__always)
    func agreement(_ bytes: Span<UInt8>, at offset: Int) -> Agreement {
        let there = min(count, bytes.count - offset)
        for index in 0..<there where (bytes[offset + index] ^ values[index]) & masks[index] != 0 { return .none }
        return there == count ? .whole : .partial
    }

    /// The first offset from `start` on at which the mark stands, or may stand once more bytes are there; the number
    /// of bytes where it does not.
    func firstOffset(in bytes: Span<UInt8>, from start: Int = 0) -> Int {
        var offset = start
        while offset < bytes.count {
            if isFirstGiven {
                guard let next = bytes.firstOffset(of: values[0], from: offset) else { return bytes.count }
                offset = next
            }
            if agreement(bytes, at: offset) != .none { return offset }
            offset += 1
        }
        return bytes.count
    }

    /// The first offset from `start` on at which the whole mark stands.
    func firstWholeOffset(in bytes: Span<UInt8>, from start: Int) -> Int? {
        let offset = firstOffset(in: bytes, from: start)
        return offset <= bytes.count - count ? offset : nil
    }
}
