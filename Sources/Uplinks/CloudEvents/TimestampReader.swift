/// Reads what ``TimestampWriter`` writes, and RFC 3339 in UTC with any or no fraction.
enum TimestampReader {
    /// Milliseconds since 1970-01-01 UTC; nil where the text is no such time.
    static func milliseconds(_ text: some Collection<UInt8>) -> Int64? {
        let text = Array(text)
        guard text.count >= 20, text.last == UInt8(ascii: "Z") else { return nil }
        for (offset, mark) in [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")] as [(Int, Unicode.Scalar)]
        where text[offset] != UInt8(ascii: mark) { return nil }
        guard let year = number(text[0..<4]), let month = number(text[5..<7]), let day = number(text[8..<10]),
            let hour = number(text[11..<13]), let minute = number(text[14..<16]), let second = number(text[17..<19]),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 60
        else { return nil }
        var fraction: Int64 = 0
        if text.count > 20 {
            let digits = text[20..<(text.count - 1)].prefix(3)
            let isNumeric = text[20..<(text.count - 1)].allSatisfy { (0x30...0x39).contains($0) }
            guard text[19] == UInt8(ascii: "."), isNumeric, let value = number(digits) else { return nil }
            fraction = value * [1, 100, 10, 1][digits.count]
        }
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        return ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + fraction
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        var value: Int64 = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            value = value * 10 + Int64(digit - 0x30)
        }
        return digits.isEmpty ? nil : value
    }
}
