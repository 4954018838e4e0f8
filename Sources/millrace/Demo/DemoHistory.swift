import Uplinks

/// The last minute, second by second: what came in, what arrived, what was held.
struct DemoHistory: Sendable {
    /// One second.
    struct Sample: Sendable {
        var accepted: UInt64 = 0
        var arrived: UInt64 = 0
        var held: UInt64 = 0
    }

    private static let countMax = 240
    private static let interval = Duration.seconds(1)
    private(set) var samples: [Sample] = []
    /// The most that was ever held.
    private(set) var heldMax: UInt64 = 0
    private var last: (at: ContinuousClock.Instant, accepted: UInt64, arrived: UInt64)?

    /// Takes what the numbers are now; to be called several times a second.
    mutating func add(_ snapshot: DemoSnapshot, at now: ContinuousClock.Instant = .now) {
        heldMax = max(heldMax, snapshot.held)
        guard let last else {
            self.last = (now, snapshot.accepted, snapshot.centre.distinct)
            return
        }
        let passed = last.at.duration(to: now)
        guard passed >= Self.interval else { return }
        func perSecond(_ count: UInt64) -> UInt64 { UInt64((Double(count) / (passed / .seconds(1))).rounded()) }
        samples.append(
            Sample(
                accepted: perSecond(snapshot.accepted - min(snapshot.accepted, last.accepted)),
                arrived: perSecond(snapshot.centre.distinct - min(snapshot.centre.distinct, last.arrived)),
                held: snapshot.held))
        if samples.count > Self.countMax { samples.removeFirst() }
        self.last = (now, snapshot.accepted, snapshot.centre.distinct)
    }

    /// Records a second that come in now.
    var acceptedRate: UInt64 { samples.last?.accepted ?? 0 }

    /// Records a second that arrive at the centre now.
    var arrivedRate: UInt64 { samples.last?.arrived ?? 0 }
}
