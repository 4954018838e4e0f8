/// A date and time of COSEM (IEC 62056-6-2, 4.1.6.1): 12 bytes.
enum DLMSDateTime {
    /// `2020-02-15T01:25:34`, with `+01:00` where the meter says how far its clock is from UTC; nil where the bytes
    /// are none, or leave parts of date and time open.
    static func text(_ bytes: ArraySlice<UInt8>) -> String? {
        let field = bytes.map { Int($0) }
        guard field.count == 12,
            let date = TelegramText.date(
                year: field[0] << 8 | field[1], month: field[2], day: field[3]),
            (1970...2200).contains(field[0] << 8 | field[1]), (1...7).contains(field[4]) || field[4] == 0xFF,
            field[5] < 24, field[6] < 60, field[7] < 60 || field[7] == 0xFF, field[8] < 100 || field[8] == 0xFF
        else { return nil }
        let second = field[7] == 0xFF ? 0 : field[7]
        let time = [field[5], field[6], second].map { TelegramText.padded($0) }.joined(separator: ":")
        guard let offset = offset(Int16(bitPattern: UInt16(field[9] << 8 | field[10]))) else { return nil }
        return "\(date)T\(time)\(offset)"
    }

    /// The meter counts from local time to UTC, everybody else the other way round. 8000 means not known.
    private static func offset(_ deviation: Int16) -> String? {
        guard deviation != .min else { return "" }
        guard (-840...840).contains(deviation) else { return nil }
        let minutes = Int(abs(deviation))
        let sign = deviation <= 0 ? "+" : "-"
        return "\(sign)\(TelegramText.padded(minutes / 60)):\(TelegramText.padded(minutes % 60))"
    }
}
