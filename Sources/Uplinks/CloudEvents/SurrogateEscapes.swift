/// Looks for what RFC 8259 allows in a JSON string and many readers refuse (section 8.2): an escape of half a
/// character, such as `"\ud800"`. One such payload would make a whole batch unreadable to them.
enum SurrogateEscapes {
    /// Whether a valid JSON text holds half a character.
    static func areBroken(in text: ArraySlice<UInt8>) -> Bool {
        guard var index = text.firstIndex(of: UInt8(ascii: "\\")) else { return false }
        while index < text.endIndex {
            guard text[index] == UInt8(ascii: "\\") else {
                index += 1
                continue
            }
            guard text[index + 1] == UInt8(ascii: "u") else {
                index += 2
                continue
            }
            switch unit(text, at: index + 2) {
            case 0xD800...0xDBFF:
                let next = index + 6
                guard next + 6 <= text.endIndex, text[next] == UInt8(ascii: "\\"),
                    text[next + 1] == UInt8(ascii: "u"), (0xDC00...0xDFFF).contains(unit(text, at: next + 2))
                else { return true }
                index += 12
            case 0xDC00...0xDFFF:
                return true
            default:
                index += 6
            }
        }
        return false
    }

    private static func unit(_ text: ArraySlice<UInt8>, at index: Int) -> UInt32 {
        text[index..<(index + 4)].reduce(0) { unit, digit in
            unit << 4 | UInt32(digit <= UInt8(ascii: "9") ? digit & 15 : digit & 15 + 9)
        }
    }
}
