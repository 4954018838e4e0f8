/// Hexadecimal digits between two marks: where they are, and what they say.
struct HexText: Sendable {
    /// What the bytes that wait are.
    enum Cut: Equatable {
        case needMoreBytes
        /// The digits, and how long it is with its marks.
        case digits(Range<Int>, size: Int)
        case skip(Int, FrameProblem)
    }

    let start: Mark
    private let end: Mark
    /// Whether the end is a line feed, before which a carriage return may stand.
    private let isLine: Bool
    private let hasNibbleFirst: Bool
    /// Whether spaces may stand between digits.
    private let isSpaced: Bool

    init(start: [UInt8], end: [UInt8], hasNibbleFirst: Bool, isSpaced: Bool = false) {
        precondition(!end.isEmpty, "an end is needed")
        self.isSpaced = isSpaced
        self.start = Mark(start)
        self.end = Mark(end)
        self.hasNibbleFirst = hasNibbleFirst
        isLine = end == [0x0A]
    }

    /// Finds the digits of the frame that begins here.
    func cut(_ bytes: Span<UInt8>, known: Int) -> Cut {
        if start.isEmpty { return cutAtEnd(bytes, known: known) }
        switch start.agreement(bytes, at: 0) {
        case .none: return .skip(start.firstOffset(in: bytes, from: 1), .noise)
        case .partial: return .needMoreBytes
        case .whole: break
        }
        // What is no digit ends the walk at once, so all that is known are digits but for the beginning of an end.
        var index = max(start.count, known - end.count - 1)
        while index < bytes.count, Self.value(bytes[index]) != nil || isSpaced && bytes[index] == 0x20 { index += 1 }
        if index == bytes.count { return .needMoreBytes }
        let digits = start.count..<index
        if isLine, bytes[index] == 0x0D {
            index += 1
            if index == bytes.count { return .needMoreBytes }
        }
        switch end.agreement(bytes, at: index) {
        case .whole: return .digits(digits, size: index + end.count)
        case .partial: return .needMoreBytes
        case .none: break
        }
        switch start.agreement(bytes, at: index) {
        case .whole: return .skip(index, .unfinished("a frame begins before the last one has ended"))
        case .partial: return .needMoreBytes
        case .none: return .skip(1, .malformed("not a hexadecimal digit"))
        }
    }

    /// The same where only the end is marked: then all before it is the frame.
    private func cutAtEnd(_ bytes: Span<UInt8>, known: Int) -> Cut {
        guard let last = end.firstWholeOffset(in: bytes, from: max(0, known - end.count + 1)) else {
            return .needMoreBytes
        }
        let isReturnBefore = isLine && last > 0 && bytes[last - 1] == 0x0D
        return .digits(0..<(isReturnBefore ? last - 1 : last), size: last + end.count)
    }

    /// How far the rest of a frame reaches; see ``FrameScanner/extent(ofRest:)``.
    func extent(ofRest bytes: Span<UInt8>) -> FrameRest {
        let last = end.firstOffset(in: bytes)
        return FrameRest(count: last, isEnded: last <= bytes.count - end.count)
    }

    /// Appends the bytes that digits stand for; false where one is none, or half a byte is left.
    func decode(_ digits: Span<UInt8>, into content: inout [UInt8]) -> Bool {
        content.reserveCapacity(digits.count / 2 + 1)
        // A digit of its own is the lower half of a byte.
        var high: UInt8? = hasNibbleFirst ? 0 : nil
        for index in digits.indices {
            guard let value = Self.value(digits[index]) else {
                guard isSpaced, [0x20, 0x09, 0x0D, 0x0A].contains(digits[index]) else { return false }
                continue
            }
            if let half = high { content.append(half << 4 | value) }
            high = high == nil ? value : nil
        }
        return high == nil || content.isEmpty && hasNibbleFirst
    }

    /// What a digit stands for.
    static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x37
        case 0x61...0x66: digit - 0x57
        default: nil
        }
    }
}
