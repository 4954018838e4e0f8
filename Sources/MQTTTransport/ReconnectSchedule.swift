/// How long to wait before the next attempt to connect: exponential, with full jitter, so that a thousand gateways do
/// not come back to a restarted broker in the same second.
struct ReconnectSchedule {
    let delayMin: Duration
    let delayMax: Duration
    private(set) var failures = 0

    init(delayMin: Duration, delayMax: Duration) {
        self.delayMin = delayMin
        self.delayMax = max(delayMin, delayMax)
    }

    /// The wait before the next attempt, between zero and ``ceiling``; the ceiling doubles with each call.
    mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        let nanoseconds = Int64(ceiling / .nanoseconds(1))
        failures += 1
        return .nanoseconds(Int64.random(in: 0...max(0, nanoseconds), using: &generator))
    }

    /// A connection has proved itself: the next wait is short again.
    mutating func reset() {
        failures = 0
    }

    /// The longest wait that ``next(using:)`` can give now.
    var ceiling: Duration {
        var delay = delayMin
        for _ in 0..<failures {
            delay = delay * 2
            if delay >= delayMax { return delayMax }
        }
        return min(delay, delayMax)
    }
}
