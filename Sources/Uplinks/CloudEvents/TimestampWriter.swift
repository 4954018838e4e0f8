/// Writes points in time as RFC 3339 in UTC with milliseconds: `2026-08-23T09:14:05.123Z`.
///
/// Records of one batch mostly share their second, so the text up to it is kept and only the milliseconds are new.
public struct TimestampWriter: Sendable {
    /// Years 0000 to 9999, all that RFC 3339 can say; times outside are moved to the nearer end.
    static let range: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999

    /// `YYYY-MM-DDTHH:MM:SS.mmmZ`.
    private(set) var text: [UInt8] = Array("1970-01-01T00:00:00.000Z".utf8)
    private var day: Int64 = 0
    private var second: Int64 = 0
    /// The last time given as a string: records that came together share it.
    private var last: (milliseconds: Int64, text: String)?

    /// Begins at 1970.
    public init() {}

    /// Puts a time, milliseconds since 1970-01-01 UTC, into ``text``.
    mutating func set(_ milliseconds: Int64) {
        let milliseconds = min(max(milliseconds, Self.range.lowerBound), Self.range.upperBound)
        let (newSecond, fraction) = Self.divide(milliseconds, by: 1000)
        if newSecond != second {
            second = newSecond
            let (newDay, secondOfDay) = Self.divide(second, by: 86_400)
            if newDay != day {
                day = newDay
                writeDate()
            }
            put(secondOfDay / 3600, digits: 2, at: 11)
            put(secondOfDay / 60 % 60, digits: 2, at: 14)
            put(secondOfDay % 60, digits: 2, at: 17)
        }
        put(fraction, digits: 3, at: 20)
    }

    /// A time as a string.
    public mutating func string(_ milliseconds: Int64) -> String {
        if let last, last.milliseconds == milliseconds { return last.text }
        set(milliseconds)
        let string = String(decoding: text, as: UTF8.self)
        last = (milliseconds, string)
        return string
    }

    /// Year, month and day of the proleptic Gregorian calendar, counted in eras of 400 years that begin on 1 March, so
    /// that the leap day is the last of its year.
    private mutating func writeDate() {
        let (era, dayOfEra) = Self.divide(day + 719_468, by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        put(era * 400 + yearOfEra + (month <= 2 ? 1 : 0), digits: 4, at: 0)
        put(month, digits: 2, at: 5)
        put(dayOfYear - (153 * shifted + 2) / 5 + 1, digits: 2, at: 8)
    }

    private mutating func put(_ value: Int64, digits: Int, at offset: Int) {
        var value = value
        for place in stride(from: offset + digits - 1, through: offset, by: -1) {
            text[place] = UInt8(ascii: "0") + UInt8(value % 10)
            value /= 10
        }
    }

    /// Quotient towards minus infinity, and a remainder that is never negative.
    private static func divide(_ value: Int64, by divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
