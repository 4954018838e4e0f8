import Glibc

/// A minute by the machine's local time: what connection windows and budgets are kept by. Proleptic Gregorian calendar.
struct LocalTime: Hashable, Sendable, Comparable {
    /// Since 1970-01-01 00:00 of the local time.
    let seconds: Int64

    /// A time that its seconds say.
    init(seconds: Int64) { self.seconds = seconds }

    /// The local time at a moment, milliseconds since 1970 UTC.
    init(utcMilliseconds: Int64, offsetSeconds: Int) {
        seconds = LocalTime.divide(utcMilliseconds, 1000).quotient + Int64(offsetSeconds)
    }

    /// What the machine's time zone adds to UTC at a moment, seconds.
    static func offsetSeconds(utcMilliseconds: Int64) -> Int {
        var seconds = time_t(LocalTime.divide(utcMilliseconds, 1000).quotient)
        var parts = tm()
        guard localtime_r(&seconds, &parts) != nil else { return 0 }
        return parts.tm_gmtoff
    }

    /// Days since 1970-01-01.
    var day: Int64 { LocalTime.divide(seconds, 86_400).quotient }
    var hour: Int { Int(LocalTime.divide(seconds, 86_400).remainder / 3600) }
    var minute: Int { Int(LocalTime.divide(seconds, 3600).remainder / 60) }
    /// 0 is Sunday.
    var weekday: Int { Int(LocalTime.divide(day + 4, 7).remainder) }

    /// Counted in eras of 400 years that begin on 1 March, so that the leap day is the last of its year.
    var date: (year: Int, month: Int, day: Int) {
        let (era, dayOfEra) = LocalTime.divide(day + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        return (Int(year), Int(month), Int(dayOfYear - (153 * shifted + 2) / 5 + 1))
    }

    /// The beginning of its minute.
    var minuteStart: LocalTime { LocalTime(seconds: LocalTime.divide(seconds, 60).quotient * 60) }
    /// The beginning of the next day.
    var nextDay: LocalTime { LocalTime(seconds: (day + 1) * 86_400) }

    func advanced(by seconds: Int64) -> LocalTime { LocalTime(seconds: self.seconds + seconds) }

    /// `02:00`.
    var clockText: String { "\(LocalTime.twoDigits(hour)):\(LocalTime.twoDigits(minute))" }
    /// `2026-11-27`.
    var dayText: String { "\(monthText)-\(LocalTime.twoDigits(date.day))" }
    /// `2026-11`.
    var monthText: String { "\(date.year)-\(LocalTime.twoDigits(date.month))" }

    static func < (left: Self, right: Self) -> Bool { left.seconds < right.seconds }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    /// Quotient towards minus infinity, and a remainder that is never negative.
    private static func divide(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
