/// Bytes of telegrams as text.
enum TelegramText {
    /// Text where all bytes are printable ASCII, hexadecimal digits otherwise; nil for none. Zeros at the end are
    /// padding.
    static func octets(_ bytes: ArraySlice<UInt8>) -> String? {
        guard !bytes.isEmpty else { return nil }
        var text = bytes
        while text.last == 0 { text = text.dropLast() }
        guard !text.isEmpty, text.allSatisfy({ (0x20...0x7E).contains($0) }) else { return hexadecimal(bytes) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Two digits for each byte.
    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map(hexadecimal).joined()
    }

    /// Two digits.
    static func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return byte < 0x10 ? "0" + digits : digits
    }

    /// ASCII without the white space and zeros at its ends; what is none is replaced.
    static func trimmed(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: trimmedBytes(bytes), as: UTF8.self) }

    /// The bytes without white space and zeros at their ends.
    static func trimmedBytes(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var text = bytes
        while let first = text.first, first <= 0x20 { text = text.dropFirst() }
        while let last = text.last, last <= 0x20 { text = text.dropLast() }
        return text
    }

    /// A number with zeros before it.
    static func padded(_ number: Int, to width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// `2007-02-06`; nil where there is no such day.
    static func date(year: Int, month: Int, day: Int) -> String? {
        guard (1...12).contains(month), (1...31).contains(day), (0...9999).contains(year) else { return nil }
        return "\(padded(year, to: 4))-\(padded(month))-\(padded(day))"
    }
}
