/// Base64 with the alphabet for URLs and without padding (RFC 4648, section 5), as SenML wants it.
public enum Base64URL {
    /// The bytes that a text stands for, padded or not; nil where it stands for none.
    public static func bytes(_ text: Span<UInt8>) -> [UInt8]? {
        var count = text.count
        while count > 0, text[count - 1] == UInt8(ascii: "=") { count -= 1 }
        guard count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * 3 / 4)
        var group: UInt32 = 0
        for index in 0..<count {
            guard let bits = bits(text[index]) else { return nil }
            group = group << 6 | bits
            switch index % 4 {
            case 1: bytes.append(UInt8(truncatingIfNeeded: group >> 4))
            case 2: bytes.append(UInt8(truncatingIfNeeded: group >> 2))
            case 3: bytes.append(UInt8(truncatingIfNeeded: group))
            default: break
            }
        }
        return bytes
    }

    /// Turns Base64 with the ordinary alphabet and padding, between quotes or not, into this form.
    static func translate(_ text: inout [UInt8]) {
        text.removeAll { $0 == UInt8(ascii: "=") }
        for index in text.indices {
            if text[index] == UInt8(ascii: "+") { text[index] = UInt8(ascii: "-") }
            if text[index] == UInt8(ascii: "/") { text[index] = UInt8(ascii: "_") }
        }
    }

    private static func bits(_ character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character) - 97 + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character) - 48 + 52
        case UInt8(ascii: "-"), UInt8(ascii: "+"): 62
        case UInt8(ascii: "_"), UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
