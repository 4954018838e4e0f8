import Records

/// Durations as people write them in a configuration: `50ms`, `1s`, `1.5s`, `5m`, `2h`, `7d`.
public enum DurationText {
    /// Milliseconds of each unit, the largest first. A day has 24 hours.
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    /// Reads a number and its unit; one space may stand between. Nil for anything else, for what is no whole number of
    /// milliseconds, and beyond 100,000 days.
    public static func parse(_ text: String) -> Duration? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty else { return nil }
        var rest = text[digits.endIndex...]
        var fraction: Substring = ""
        if rest.first == "." {
            fraction = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
            rest = rest[fraction.endIndex...]
            guard (1...3).contains(fraction.count) else { return nil }
        }
        if rest.first == " " { rest.removeFirst() }
        guard let number = Int64(digits + fraction), let unit = units.first(where: { $0.name == rest }) else {
            return nil
        }
        let (milliseconds, overflow) = number.multipliedReportingOverflow(by: unit.milliseconds)
        let divisor: Int64 = [1, 10, 100, 1000][fraction.count]
        guard !overflow, milliseconds % divisor == 0, milliseconds / divisor <= 100_000 * units[0].milliseconds else {
            return nil
        }
        return .milliseconds(milliseconds / divisor)
    }

    /// The duration in the largest unit in which it is whole; what is below a millisecond is left out.
    public static func format(_ duration: Duration) -> String {
        let milliseconds = duration.wholeMilliseconds
        guard milliseconds != 0 else { return "0s" }
        for unit in units where milliseconds % unit.milliseconds == 0 {
            return "\(milliseconds / unit.milliseconds)\(unit.name)"
        }
        return "\(milliseconds)ms"
    }
}
