/// How many records the next batch may hold, so that a destination confirms about once a second; three times a second
/// while two lanes share the link.
///
/// A cursor moves when a whole batch is confirmed. Over a slow link, large batches would let it stand still for
/// minutes, and a break would send all of it again; a live record waits for the batch of the backlog that is under way.
/// Where the link is fast, large batches cost least.
struct BatchPace: Sendable {
    /// What a batch may hold at least and at most.
    static let recordsRange = 64...2048
    /// Likewise while two lanes share the link.
    static let sharedRecordsRange = 8...2048
    private static let durationRange = Duration.milliseconds(500) ... .seconds(2)
    private static let sharedDurationRange = Duration.milliseconds(125) ... .milliseconds(400)
    private static let behindDurationRange = Duration.seconds(1) ... .seconds(2)
    private static let latencyMax = Duration.seconds(1)

    /// Of the next batch.
    private(set) var recordsMax = recordsRange.lowerBound
    /// How long a batch takes however small it is, as batches that were small have shown lately. Lanes must not make
    /// batches smaller because the way is long.
    private(set) var latency = Duration.zero

    /// Learns from a batch that was confirmed.
    ///
    /// - Parameters:
    ///   - isShared: whether another lane waited meanwhile.
    ///   - isBehind: whether a live lane has more than goes into a batch. Then large batches, which make more of a long
    ///     way, shorten its delay, and small ones would not.
    mutating func confirmed(records: Int, in duration: Duration, isShared: Bool, isBehind: Bool = false) {
        learnLatency(records: records, duration)
        let records = max(1, records)
        let limits = isShared ? Self.sharedRecordsRange : Self.recordsRange
        let isUrgent = isShared && !isBehind
        let allowed =
            isUrgent ? Self.sharedDurationRange : isShared ? Self.behindDurationRange : Self.durationRange
        let time = isUrgent ? duration - latency : duration
        if time > allowed.upperBound {
            let fitting = Double(records) * (allowed.upperBound * 3 / 4 / time)
            recordsMax = max(limits.lowerBound, min(recordsMax, Int(fitting)))
        } else if time < allowed.lowerBound, records >= recordsMax {
            recordsMax = min(limits.upperBound, recordsMax * 2)
        }
        if !isShared { recordsMax = max(recordsMax, limits.lowerBound) }
    }

    /// Begins with small batches again: nobody knows what the link is like after a break.
    mutating func restart() { recordsMax = min(recordsMax, Self.recordsRange.lowerBound) }

    private mutating func learnLatency(records: Int, _ duration: Duration) {
        if duration < latency {
            latency = duration
        } else if records <= recordsMax / 4 {
            latency = min(Self.latencyMax, latency == .zero ? duration : latency + (duration - latency) / 8)
        } else {
            // Without small batches it is forgotten: it was measured on another link, perhaps.
            latency -= latency / 16
        }
    }
}
