/// Dates and times of M-Bus (EN 13757-3, annex A): type G with 2 bytes, J with 3, F with 4, I with 6.
enum MBusDate {
    /// `2007-02-06`, `13:58:00`, `2007-02-06T13:58`, `2007-02-06T13:58:12`; nil where the meter says that it is not
    /// valid, or there is no such date.
    static func text(_ bytes: ArraySlice<UInt8>) -> String? {
        let field = Array(bytes)
        switch field.count {
        case 2: return date(field[0], field[1], century: 0)
        case 3: return time(second: field[0], minute: field[1], hour: field[2])
        case 4:
            guard field[0] & 0x80 == 0, let date = date(field[2], field[3], century: field[1] >> 5 & 3),
                let time = time(second: nil, minute: field[0], hour: field[1])
            else { return nil }
            return "\(date)T\(time)"
        case 6:
            guard field[1] & 0x80 == 0, let date = date(field[3], field[4], century: 0),
                let time = time(second: field[0], minute: field[1], hour: field[2])
            else { return nil }
            return "\(date)T\(time)"
        default: return nil
        }
    }

    /// The year's low three bits stand above the day, its high four above the month.
    private static func date(_ low: UInt8, _ high: UInt8, century: UInt8) -> String? {
        let year = Int(low >> 5) | Int(high >> 4) << 3
        guard year <= 99 else { return nil }
        // Meters that leave the century out mean the 21st until 2080.
        let first = century > 0 ? 1900 + 100 * Int(century) : year <= 80 ? 2000 : 1900
        return TelegramText.date(year: first + year, month: Int(high & 0x0F), day: Int(low & 0x1F))
    }

    private static func time(second: UInt8?, minute: UInt8, hour: UInt8) -> String? {
        let fields = [hour & 0x1F, minute & 0x3F] + (second.map { [$0 & 0x3F] } ?? [])
        guard fields[0] < 24, fields.dropFirst().allSatisfy({ $0 < 60 }) else { return nil }
        return fields.map { TelegramText.padded(Int($0)) }.joined(separator: ":")
    }
}
