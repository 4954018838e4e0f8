import Synchronization

/// What a source took in and what it did not, since the start.
public struct SourceCounters: Sendable, Equatable {
    /// Messages or frames that were handed to the recorder.
    public var received: UInt64 = 0
    /// Refused for good: too large, an impossible topic. Acknowledged, so that they do not come again, and counted
    /// here.
    public var refused: UInt64 = 0
    /// Dropped because they came from this gateway.
    public var looped: UInt64 = 0
    /// Lost because the log took nothing and the source cannot send again.
    public var dropped: UInt64 = 0
    /// Lines or frames that could not be understood.
    public var rejected: UInt64 = 0
    /// Times that a commit failed and the source was made to send again.
    public var commitFailures: UInt64 = 0

    /// All zero.
    public init() {}

    /// Adds what another one counted.
    mutating func add(_ other: SourceCounters) {
        received += other.received
        refused += other.refused
        looped += other.looped
        dropped += other.dropped
        rejected += other.rejected
        commitFailures += other.commitFailures
    }
}
