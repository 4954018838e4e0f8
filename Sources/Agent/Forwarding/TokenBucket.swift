/// Keeps to a rate: what is spent fills up again with time, a second's worth at most. What was spent beyond that is a
/// debt that is waited for, because what a batch costs on the wire is known only when it has been sent.
struct TokenBucket: Sendable {
    /// What fills up in a second.
    let rate: Double
    private var level = 0.0
    private var filled: ContinuousClock.Instant

    init(perSecond rate: Int, at now: ContinuousClock.Instant) {
        precondition(rate > 0, "a rate is above zero")
        self.rate = Double(rate)
        filled = now
    }

    mutating func spend(_ amount: UInt64, at now: ContinuousClock.Instant) {
        fill(at: now)
        level -= Double(amount)
    }

    /// How long until there is no debt.
    mutating func wait(at now: ContinuousClock.Instant) -> Duration {
        fill(at: now)
        return level >= 0 ? .zero : .seconds(-level / rate)
    }

    private mutating func fill(at now: ContinuousClock.Instant) {
        guard now > filled else { return }
        level = min(rate, level + rate * (filled.duration(to: now) / .seconds(1)))
        filled = now
    }
}
