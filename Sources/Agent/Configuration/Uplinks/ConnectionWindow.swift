import Records
import StrictTOML

/// A time at which a link is connected: `0 2 * * * for 20m`. The five fields are those of crontab(5): minute, hour, day
/// of the month, month, day of the week, each `*`, a number, a range, a list of those, or one of them with a step
/// (`*/15`); days of the week also as `mon` to `sun`. By local time.
public struct ConnectionWindow: Hashable, Sendable, CustomStringConvertible {
    /// How long it stays open, a day at most.
    public let length: Duration
    /// As it was written.
    public let description: String
    private let minutes: UInt64
    private let hours: UInt64
    private let days: UInt64
    private let months: UInt64
    private let weekdays: UInt64
    /// crontab(5): where both kinds of days are restricted, either will do.
    private let isEitherDay: Bool

    /// Why a text is no window.
    struct Problem: Error { let text: String }

    static let lengthRange = Duration.seconds(60) ... .seconds(86_400)

    init(_ text: String) throws(Problem) {
        let words = text.split(separator: " ").map(String.init)
        guard words.count == 7, words[5] == "for" else {
            throw Problem(text: "expected five fields of a crontab, \"for\" and a duration: \"0 2 * * * for 20m\"")
        }
        guard let length = DurationText.parse(words[6]), ConnectionWindow.lengthRange.contains(length) else {
            throw Problem(text: "\(words[6]) is no duration from 1m to 1d")
        }
        self.length = length
        description = words.joined(separator: " ")
        minutes = try ConnectionWindow.set(words[0], "minute", 0...59)
        hours = try ConnectionWindow.set(words[1], "hour", 0...23)
        days = try ConnectionWindow.set(words[2], "day of the month", 1...31)
        months = try ConnectionWindow.set(words[3], "month", 1...12)
        let week = try ConnectionWindow.set(words[4], "day of the week", 0...7)
        weekdays = week & 0x7F | week >> 7
        isEitherDay = !words[2].hasPrefix("*") && !words[4].hasPrefix("*")
    }

    /// When it opened last, if it is still open.
    func opening(before time: LocalTime) -> LocalTime? {
        var minute = time.minuteStart
        while time.seconds - minute.seconds < length.components.seconds {
            if opens(at: minute) { return minute }
            minute = minute.advanced(by: -60)
        }
        return nil
    }

    /// When it opens next; nil where no day of the next four years is one (30 February).
    func nextOpening(after time: LocalTime) -> LocalTime? {
        var minute = time.minuteStart.advanced(by: 60)
        let end = time.advanced(by: 4 * 366 * 86_400)
        while minute < end {
            guard opensOnDay(of: minute) else {
                minute = minute.nextDay
                continue
            }
            if opens(at: minute) { return minute }
            minute = minute.advanced(by: 60)
        }
        return nil
    }

    private func opens(at minute: LocalTime) -> Bool {
        minutes & 1 << minute.minute != 0 && hours & 1 << minute.hour != 0 && opensOnDay(of: minute)
    }

    private func opensOnDay(of time: LocalTime) -> Bool {
        let date = time.date
        guard months & 1 << date.month != 0 else { return false }
        let (isDay, isWeekday) = (days & 1 << date.day != 0, weekdays & 1 << time.weekday != 0)
        return isEitherDay ? isDay || isWeekday : isDay && isWeekday
    }

    // MARK: Reading a field

    private static let weekdayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    private static func set(_ text: String, _ name: String, _ range: ClosedRange<Int>) throws(Problem) -> UInt64 {
        var set: UInt64 = 0
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let numbers = numbers(part, range) else {
                throw Problem(
                    text: "\"\(part)\" is no \(name); allowed are \(range.lowerBound) to \(range.upperBound), *, "
                        + "ranges and steps")
            }
            for number in numbers { set |= 1 << number }
        }
        return set
    }

    private static func numbers(_ text: Substring, _ range: ClosedRange<Int>) -> [Int]? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2 else { return nil }
        let bounds = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        var low = range.lowerBound
        var high = range.upperBound
        if parts[0] != "*" {
            guard bounds.count <= 2, let first = number(bounds[0], range) else { return nil }
            low = first
            if bounds.count == 2 {
                guard let last = number(bounds[1], range), last >= first else { return nil }
                high = last
            } else if parts.count == 1 {
                high = first
            }
        }
        guard parts.count == 2 else { return Array(low...high) }
        guard let step = Int(parts[1]), step > 0, step <= range.upperBound else { return nil }
        return Array(stride(from: low, through: high, by: step))
    }

    private static func number(_ text: Substring, _ range: ClosedRange<Int>) -> Int? {
        if range == 0...7, let day = weekdayNames.firstIndex(of: text.lowercased()) { return day }
        guard let number = Int(text), range.contains(number), text.allSatisfy(\.isNumber) else { return nil }
        return number
    }
}
