/// How strings, numbers and base64 are spelled. None of these write commas.
extension JSONWriter {
    /// A string between quotes, from text that is valid Unicode.
    mutating func appendQuoted(_ content: String) {
        text.append(0x22)
        let done: Void? = content.utf8.withContiguousStorageIfAvailable { appendEscaped($0) }
        if done == nil { Array(content.utf8).withUnsafeBufferPointer { appendEscaped($0) } }
        text.append(0x22)
    }

    /// A string between quotes, from bytes of unknown origin: valid UTF-8 is copied, the rest is repaired first.
    @usableFromInline mutating func appendQuoted(utf8 content: UnsafeBufferPointer<UInt8>) {
        guard JSONText.isUTF8(content.span) else { return appendQuoted(String(decoding: content, as: UTF8.self)) }
        text.append(0x22)
        appendEscaped(content)
        text.append(0x22)
    }

    /// Copies runs of bytes that need no escape in one go.
    private mutating func appendEscaped(_ content: UnsafeBufferPointer<UInt8>) {
        var start = 0
        while true {
            let end = JSONText.plainRunEnd(in: content.span, from: start)
            text.append(contentsOf: UnsafeBufferPointer(rebasing: content[start..<end]))
            guard end < content.count else { return }
            appendEscape(content[end])
            start = end + 1
        }
    }

    private mutating func appendEscape(_ byte: UInt8) {
        text.append(0x5C)
        switch byte {
        case 0x22, 0x5C: text.append(byte)
        case 0x08: text.append(0x62)
        case 0x09: text.append(0x74)
        case 0x0A: text.append(0x6E)
        case 0x0C: text.append(0x66)
        case 0x0D: text.append(0x72)
        default:
            text.append(0x75)
            text.append(0x30)
            text.append(0x30)
            text.append(0x30 + byte >> 4)
            text.append(byte & 15 < 10 ? 0x30 + byte & 15 : 0x57 + byte & 15)
        }
    }

    @usableFromInline mutating func appendDecimal(_ magnitude: UInt64, isNegative: Bool) {
        if isNegative { text.append(0x2D) }
        // 20 digits are enough for 2^64.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var rest = magnitude
            var index = 20
            repeat {
                index -= 1
                let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
                digits.initializeElement(at: index, to: 0x30 + UInt8(truncatingIfNeeded: digit))
                rest = quotient
            } while rest > 0
            text.append(contentsOf: UnsafeBufferPointer(rebasing: UnsafeBufferPointer(digits)[index...]))
        }
    }

    /// The point and what follows it; nothing for 0.
    mutating func appendDecimals(_ thousandths: UInt64) {
        var rest = thousandths
        var unit: UInt64 = 100
        if rest > 0 { text.append(0x2E) }
        while rest > 0 {
            text.append(0x30 + UInt8(truncatingIfNeeded: rest / unit))
            rest %= unit
            unit /= 10
        }
    }

    mutating func appendShortest<Value: BinaryFloatingPoint & CustomStringConvertible>(_ value: Value) {
        guard value.isFinite else {
            text.append(contentsOf: "null".utf8)
            return
        }
        // Whole numbers below 2^53, or 2^24 of a Float, are exact, so their digits say it all; -0 keeps its sign.
        let isExact = value.magnitude < Value(UInt64(1) << (Value.significandBitCount + 1))
        let whole = isExact ? Int64(value) : 0
        if whole != 0 || (value.isZero && value.sign == .plus), Value(whole) == value {
            appendDecimal(whole.magnitude, isNegative: whole < 0)
        } else {
            // Swift always puts a digit on both sides of the point, and its exponents ("1e-05") are JSON's.
            text.append(contentsOf: value.description.utf8)
        }
    }

    @usableFromInline mutating func appendBase64(_ content: UnsafeBufferPointer<UInt8>) {
        text.append(0x22)
        // Pieces that fit on the stack; a multiple of three bytes, so that only the last one is padded.
        var index = 0
        while index < content.count {
            let piece = UnsafeBufferPointer(rebasing: content[index..<min(index + 768, content.count)])
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1024) { characters in
                encodeBase64(piece, into: characters)
                text.append(contentsOf: characters[..<((piece.count + 2) / 3 * 4)])
            }
            index += piece.count
        }
        text.append(0x22)
    }

    private func encodeBase64(_ piece: UnsafeBufferPointer<UInt8>, into characters: UnsafeMutableBufferPointer<UInt8>) {
        var place = 0
        for index in stride(from: 0, to: piece.count, by: 3) {
            let isSecond = index + 1 < piece.count
            let isThird = index + 2 < piece.count
            let high = UInt32(piece[index]) << 16 | (isSecond ? UInt32(piece[index + 1]) << 8 : 0)
            let group = high | (isThird ? UInt32(piece[index + 2]) : 0)
            characters.initializeElement(at: place, to: base64Character(group >> 18))
            characters.initializeElement(at: place + 1, to: base64Character(group >> 12))
            characters.initializeElement(at: place + 2, to: isSecond ? base64Character(group >> 6) : 0x3D)
            characters.initializeElement(at: place + 3, to: isThird ? base64Character(group) : 0x3D)
            place += 4
        }
    }

    private func base64Character(_ bits: UInt32) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: bits & 63)
        return switch value {
        case 0..<26: 0x41 + value
        case 26..<52: 0x61 + value - 26
        case 52..<62: 0x30 + value - 52
        case 62: 0x2B
        default: 0x2F
        }
    }
}
