/// Counts as they stood at a row of moments: what rates and histories are worked out from. Pure.
struct RateWindow<Key: Hashable & Sendable>: Sendable {
    private struct Look: Sendable {
        let instant: ContinuousClock.Instant
        let counts: [Key: UInt64]
    }

    /// The shortest time between two looks that are kept.
    let interval: Duration
    private let looksMax: Int
    private var looks: [Look] = []

    /// - Parameter spans: how many intervals are kept.
    init(interval: Duration, spans: Int) {
        self.interval = interval
        looksMax = spans + 1
    }

    /// Whether the next look is due.
    func isDue(at now: ContinuousClock.Instant) -> Bool {
        looks.last.map { $0.instant + interval <= now } ?? true
    }

    /// Keeps the counts of a moment, if it is time; the oldest make room.
    mutating func note(_ counts: [Key: UInt64], at now: ContinuousClock.Instant) {
        guard isDue(at: now) else { return }
        if looks.count == looksMax { looks.removeFirst() }
        looks.append(Look(instant: now, counts: counts))
    }

    /// What was counted in a second, over all that is kept; nil before there are two looks with the key.
    func rate(of key: Key) -> Double? {
        guard let first = looks.first(where: { $0.counts[key] != nil }), let last = looks.last,
            let (from, to) = Self.counts(of: key, first, last), last.instant > first.instant
        else { return nil }
        return Double(to - min(from, to)) / (first.instant.duration(to: last.instant) / .seconds(1))
    }

    /// What was counted in each interval, the newest last.
    func history(of key: Key) -> [Double] {
        zip(looks, looks.dropFirst()).compactMap { earlier, later in
            Self.counts(of: key, earlier, later).map { Double($1 - min($0, $1)) }
        }
    }

    private static func counts(of key: Key, _ earlier: Look, _ later: Look) -> (UInt64, UInt64)? {
        guard let from = earlier.counts[key], let to = later.counts[key] else { return nil }
        return (from, to)
    }
}
