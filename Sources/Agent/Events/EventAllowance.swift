import Records

/// How many events may come: a few at once, then one for each interval, so that what flaps does not flood the flash.
struct EventAllowance: Sendable {
    private let burst: Int
    private let intervalMilliseconds: Int64
    private var left: Int
    private var countedFrom: Int64

    init(burst: Int, every interval: Duration, atMilliseconds now: Int64) {
        self.burst = burst
        intervalMilliseconds = interval.wholeMilliseconds
        left = burst
        countedFrom = now
    }

    /// Takes one, if there is one.
    mutating func take(atMilliseconds now: Int64) -> Bool {
        let gained = max(0, now - countedFrom) / intervalMilliseconds
        countedFrom += gained * intervalMilliseconds
        left = Int(min(Int64(burst), Int64(left) + gained))
        guard left > 0 else { return false }
        left -= 1
        return true
    }
}
