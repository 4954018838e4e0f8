import Uplinks

/// What went over the wire of one uplink.
public struct LinkCounters: Sendable, Equatable {
    /// Everything, connections and keep-alives included.
    public internal(set) var traffic = LinkTraffic()
    /// Bytes for records that did not wait.
    public internal(set) var liveBytes: UInt64 = 0
    /// Bytes for records of a backlog.
    public internal(set) var backlogBytes: UInt64 = 0
    /// Time in which records waited because of a limit.
    public internal(set) var waited = Duration.zero

    /// Bytes towards the destination.
    public var sentBytes: UInt64 { traffic.bytesSent }
    /// Bytes from the destination.
    public var receivedBytes: UInt64 { traffic.bytesReceived }
}

/// Measures what an uplink costs on the wire, for each lane apart, and keeps to what the link may carry in a second.
struct LinkMeter: Sendable {
    private(set) var counters = LinkCounters()
    private var bytes: TokenBucket?
    private var messages: TokenBucket?
    private var backlogBytes: TokenBucket?
    private var backlogMessages: TokenBucket?
    /// What a record costs, learned from the last batches; nil before the first.
    private var costs: [Lane: Cost] = [:]

    private struct Cost {
        var bytes: Double
        var messages: Double

        mutating func learn(_ cost: Cost) {
            bytes += (cost.bytes - bytes) / 4
            messages += (cost.messages - messages) / 4
        }
    }

    /// Records of a first batch, while nobody knows what one costs.
    private static let recordsUnknown = 1
    /// How long a batch may use the link at its limit, alone, and while two lanes share it.
    private static let batchSeconds = (alone: 1.0, live: 0.5, backlog: 0.25)

    init(_ limits: LinkLimits, at now: ContinuousClock.Instant) {
        func bucket(_ rate: Int?) -> TokenBucket? { rate.map { TokenBucket(perSecond: $0, at: now) } }
        bytes = bucket(limits.bytes)
        messages = bucket(limits.messages)
        backlogBytes = bucket(limits.backlogBytes)
        backlogMessages = bucket(limits.backlogMessages)
    }

    /// Whether there is any limit.
    var isLimited: Bool {
        bytes != nil || messages != nil || backlogBytes != nil || backlogMessages != nil
    }

    /// Notes what the uplink has moved since the last call.
    ///
    /// - Parameters:
    ///   - lane: what it was moved for; nil for the connection itself.
    ///   - records: how many were confirmed by it.
    /// - Returns: how many bytes that is.
    @discardableResult
    mutating func note(_ traffic: LinkTraffic, for lane: Lane?, records: Int, at now: ContinuousClock.Instant) -> UInt64
    {
        let moved = traffic.bytes - min(traffic.bytes, counters.traffic.bytes)
        let sent = traffic.messages - min(traffic.messages, counters.traffic.messages)
        counters.traffic = traffic
        bytes?.spend(moved, at: now)
        messages?.spend(sent, at: now)
        guard let lane else { return moved }
        switch lane {
        case .live: counters.liveBytes += moved
        case .backlog:
            counters.backlogBytes += moved
            backlogBytes?.spend(moved, at: now)
            backlogMessages?.spend(sent, at: now)
        }
        if records > 0 {
            let cost = Cost(bytes: Double(moved) / Double(records), messages: Double(sent) / Double(records))
            costs[lane, default: cost].learn(cost)
        }
        return moved
    }

    /// Notes that something waited.
    mutating func waited(_ duration: Duration) { counters.waited += duration }

    /// How long a lane has to wait for its limits.
    mutating func wait(for lane: Lane, at now: ContinuousClock.Instant) -> Duration {
        let both = max(bytes?.wait(at: now) ?? .zero, messages?.wait(at: now) ?? .zero)
        guard lane == .backlog else { return both }
        return max(both, backlogBytes?.wait(at: now) ?? .zero, backlogMessages?.wait(at: now) ?? .zero)
    }

    /// How many records the next batch of a lane may have, so that none holds the link for long; nil without a limit.
    ///
    /// - Parameters:
    ///   - isShared: whether another lane waits meanwhile.
    ///   - latency: what a batch takes however small it is; the limit could not be used if batches held less.
    ///   - bytesLeft: of a budget.
    func recordsMax(
        for lane: Lane, isShared: Bool, latency: Duration = .zero, bytesLeft: UInt64? = nil
    ) -> Int? {
        guard isLimited || bytesLeft != nil else { return nil }
        guard let cost = costs[lane] ?? costs.values.first else { return LinkMeter.recordsUnknown }
        let shared = lane == .live ? LinkMeter.batchSeconds.live : LinkMeter.batchSeconds.backlog
        let seconds = max(isShared ? shared : LinkMeter.batchSeconds.alone, latency / .seconds(1) * 1.25)
        var count = Double(Int32.max)
        func fit(_ bucket: TokenBucket?, _ cost: Double) {
            if let bucket, cost > 0 { count = min(count, bucket.rate * seconds / cost) }
        }
        fit(bytes, cost.bytes)
        fit(messages, cost.messages)
        if lane == .backlog {
            fit(backlogBytes, cost.bytes)
            fit(backlogMessages, cost.messages)
        }
        if let bytesLeft, cost.bytes > 0 { count = min(count, Double(bytesLeft) / cost.bytes) }
        return max(1, Int(count))
    }
}
