import Records

/// What a log holds and how far each uplink is: the numbers of promise P3.
public struct LogStatistics: Sendable {
    /// One stream.
    public struct Stream: Sendable {
        /// Records accepted since the log was begun.
        public let accepted: UInt64
        /// The oldest first.
        public let segments: [Segment]
        /// Bytes of all segments on the disk, without the write-ahead log of the active one.
        public let size: ByteCount
        /// What it may take at most, as configured.
        public let capacity: ByteCount
        /// Where the oldest record still held is, one before it.
        public let start: Position
        /// Where the newest record is.
        public let end: Position
        /// Records held, forwarded or not.
        public let held: UInt64

        init(_ index: StreamIndex, capacity: ByteCount) {
            accepted = index.accepted
            segments = index.segments.map(Segment.init)
            size = .bytes(index.size)
            self.capacity = capacity
            start = index.start
            end = index.end
            held = index.held(behind: index.start)
        }
    }

    /// One file of a stream.
    public struct Segment: Sendable {
        /// The name of the file.
        public let name: String
        /// The first sequence number.
        public let first: SequenceNumber
        /// Below ``first`` where it is empty.
        public let last: SequenceNumber
        /// Bytes on the disk.
        public let size: ByteCount

        init(_ segment: StreamIndex.Segment) {
            name = segment.name.description
            first = segment.name.first
            last = segment.last
            size = .bytes(segment.size)
        }
    }

    /// One uplink and one stream. `accepted = forwarded + held + lost + rejected`, always.
    public struct Uplink: Sendable {
        /// Everything up to here is done with.
        public let position: Position
        /// What is done with ahead of it, while a backlog drains beside newer records.
        public let ahead: [RecordRange]
        /// Records accepted since the uplink was there, with those that were held already then.
        public let accepted: UInt64
        /// Records that the destination has confirmed.
        public let forwarded: UInt64
        /// Records that are in the log and not yet confirmed.
        public let held: UInt64
        /// Records that were gone before they were confirmed.
        public let lost: UInt64
        /// Records that the destination will never take.
        public let rejected: UInt64
        /// Lost ranges, told upstream or not, the newest last; bounded.
        public let lostRanges: [LostRange]

        init(_ progress: UplinkProgress, index: StreamIndex) {
            position = progress.cursor.position
            ahead = progress.cursor.ahead
            accepted = index.accepted - min(index.accepted, progress.acceptedBefore)
            forwarded = progress.forwarded
            held = index.held(for: progress.cursor)
            let covered = index.accepted(through: position) + progress.cursor.aheadCount
            let open = index.accepted - min(index.accepted, covered)
            lost = progress.lostTotal + (open - min(open, held))
            rejected = progress.rejected
            lostRanges = progress.told + progress.pending
        }
    }

    /// By name.
    public internal(set) var streams: [StreamName: Stream] = [:]
    /// By uplink and stream.
    public internal(set) var uplinks: [UplinkName: [StreamName: Uplink]] = [:]

    /// Of nothing.
    public init() {}
}
