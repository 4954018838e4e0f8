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

    mutating func appendShortest(_ value: Double) {
        guard value.isFinite else {
            text.append(contentsOf: "null".utf8)
            return
        }
        // Whole numbers below 2^53 are exact, so their digits say it all; -0 keeps its sign.
        if let whole = Int64(exactly: value), whole.magnitude < 1 << 53, whole != 0 || value.sign == .plus {
            appendDecimal(whole.magnitude, isNegative: whole < 0)
        } else {
            // Swift always puts a digit on both sides of the point, and its exponents ("1e-05") are JSON's.
            text.append(contentsOf: value.description.utf8)
        }
    }

    @usableFromInline mutating func appendBase64(_ content: UnsafeBufferPointer<UInt8>) {
        text.append(0x22)
        text.reserveCapacity(max(text.capacity, text.count + (content.count + 2) / 3 * 4 + 1))
        var index = 0
        while index + 3 <= content.count {
            let group = UInt32(content[index]) << 16 | UInt32(content[index + 1]) << 8 | UInt32(content[index + 2])
            appendBase64(group, digits: 4)
            index += 3
        }
        switch content.count - index {
        case 1: appendBase64(UInt32(content[index]) << 16, digits: 2)
        case 2: appendBase64(UInt32(content[index]) << 16 | UInt32(content[index + 1]) << 8, digits: 3)
        default: break
        }
        text.append(0x22)
    }

    /// The first `digits` of a group of 24 bits, padded to four characters.
    private mutating func appendBase64(_ group: UInt32, digits: Int) {
        for place in 0..<4 {
            guard place < digits else {
                text.append(0x3D)
                continue
            }
            let value = UInt8(truncatingIfNeeded: group >> UInt32(18 - 6 * place) & 63)
            switch value {
            case 0..<26: text.append(0x41 + value)
            case 26..<52: text.append(0x61 + value - 26)
            case 52..<62: text.append(0x30 + value - 52)
            case 62: text.append(0x2B)
            default: text.append(0x2F)
            }
        }
    }
}
