/// How long to wait before the next attempt: exponential with full jitter, so that a thousand gateways that lost the
/// same broker do not come back in the same second.
///
/// Pure: it reads no clock and draws from the generator it is handed.
public struct BackOff: Sendable {
    /// The bounds of the waiting.
    public struct Limits: Sendable, Equatable {
        /// The first wait lies between nothing and this; the bound doubles with each failure in a row.
        public var delayMin: Duration
        /// The bound never grows beyond this.
        public var delayMax: Duration
        /// The shortest wait after an outcome that needs a person. Long, because asking more often changes nothing and
        /// some servers lock out an account that keeps failing.
        public var alarmDelayMin: Duration
        /// The longest wait that a destination can ask for; more is cut to it.
        public var requestedDelayMax: Duration

        /// From 0.2 s to a minute, a minute at least for an alarm, an hour at most where the destination asks for it.
        public init(
            delayMin: Duration = .milliseconds(200), delayMax: Duration = .seconds(60),
            alarmDelayMin: Duration = .seconds(60), requestedDelayMax: Duration = .seconds(3600)
        ) {
            precondition(delayMin > .zero, "a wait of nothing would spin")
            precondition(delayMin <= delayMax, "the first bound is the smallest")
            precondition(alarmDelayMin >= .zero, "a wait is not negative")
            precondition(requestedDelayMax >= .zero, "a wait is not negative")
            self.delayMin = delayMin
            self.delayMax = delayMax
            self.alarmDelayMin = alarmDelayMin
            self.requestedDelayMax = requestedDelayMax
        }
    }

    /// The bounds of the waiting.
    public let limits: Limits
    /// Failures in a row since the last success.
    public private(set) var failures = 0

    /// No failures yet.
    public init(limits: Limits = Limits()) { self.limits = limits }

    /// Forgets the failures: something was confirmed.
    public mutating func reset() { failures = 0 }

    /// Counts one failure and says how long to wait.
    ///
    /// - Parameters:
    ///   - after: what the destination asked for; the wait is at least that long, with the jitter on top.
    ///   - isAlarm: whether a person is needed; the wait is then at least ``Limits/alarmDelayMin``.
    public mutating func delay(
        after: Duration? = nil, isAlarm: Bool = false, using random: inout some RandomNumberGenerator
    ) -> Duration {
        let jitter = Self.random(below: bound, using: &random)
        failures += 1
        var floor = min(max(after ?? .zero, .zero), limits.requestedDelayMax)
        if isAlarm { floor = max(floor, limits.alarmDelayMin) }
        return floor + jitter
    }

    /// What the next jitter stays within.
    private var bound: Duration {
        var bound = limits.delayMin
        for _ in 0..<min(failures, 62) where bound < limits.delayMax { bound *= 2 }
        return min(bound, limits.delayMax)
    }

    private static func random(below bound: Duration, using random: inout some RandomNumberGenerator) -> Duration {
        let (seconds, attoseconds) = bound.components
        let nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        return .nanoseconds(Int64.random(in: 0...nanoseconds, using: &random))
    }
}
