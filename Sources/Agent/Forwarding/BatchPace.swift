/// How many records the next batch may hold, so that a destination confirms about once a second.
///
/// A cursor moves when a whole batch is confirmed. Over a slow link, large batches would let it stand still for
/// minutes, and a break would send all of it again. Where the link is fast, large batches cost least.
struct BatchPace: Sendable {
    /// What a batch may hold at least and at most.
    static let recordsRange = 64...2048
    private static let durationRange = Duration.milliseconds(500) ... .seconds(2)

    /// Of the next batch.
    private(set) var recordsMax = 256

    /// Learns from a batch that was confirmed.
    mutating func confirmed(records: Int, in duration: Duration) {
        if duration > Self.durationRange.upperBound {
            recordsMax = max(Self.recordsRange.lowerBound, recordsMax / 2)
        } else if duration < Self.durationRange.lowerBound, records >= recordsMax {
            recordsMax = min(Self.recordsRange.upperBound, recordsMax * 2)
        }
    }
}
