import Records

/// What a stream holds and where, without any I/O: epochs, segments, and what follows a cursor.
struct StreamIndex: Sendable {
    /// One lifetime of the log.
    struct EpochEntry: Codable, Sendable, Equatable {
        var epoch: Epoch
        /// The last sequence number accepted in it.
        var last: SequenceNumber
    }

    /// One segment file.
    struct Segment: Sendable, Equatable {
        var name: SegmentName
        var last: SequenceNumber
        /// Bytes on the disk.
        var size: Int
        /// The records in it; nil where it is empty.
        var records: RecordRange? {
            last < name.first ? nil : RecordRange(epoch: name.epoch, first: name.first, last: last)
        }
    }

    /// Where the record behind a cursor is.
    enum Location: Equatable {
        /// In this segment, which is the active one or not.
        case segment(Segment, isActive: Bool)
        /// Nowhere any more: these sequence numbers of the cursor's epoch are gone.
        case gap(first: SequenceNumber, last: SequenceNumber, isOverwritten: Bool)
        /// The cursor's epoch is done with; go on from here.
        case next(Position)
        /// There is nothing behind the cursor yet.
        case upToDate
    }

    /// In order; the last one is current. Those before the oldest that anybody still needs are forgotten.
    private(set) var epochs: [EpochEntry]
    /// In the order of the log; the last one may be active.
    private(set) var segments: [Segment]
    /// Whether the last segment is still written.
    private(set) var hasActiveSegment = false
    /// Records accepted in epochs that were forgotten.
    private(set) var acceptedBefore: UInt64
    /// Everything up to here was overwritten or has expired.
    private(set) var evictedThrough: Position?

    init(epochs: [EpochEntry], segments: [Segment], acceptedBefore: UInt64, evictedThrough: Position?) {
        precondition(!epochs.isEmpty, "a stream is always in an epoch")
        self.epochs = epochs
        self.segments = segments
        self.acceptedBefore = acceptedBefore
        self.evictedThrough = evictedThrough
    }

    var current: EpochEntry { epochs[epochs.count - 1] }
    /// Where the newest record is.
    var end: Position { Position(epoch: current.epoch, sequence: current.last) }
    /// Bytes of all segments.
    var size: Int { segments.reduce(0) { $0 + $1.size } }
    /// The cursor that has everything still held before it.
    var start: Position {
        guard let oldest = segments.first else { return end }
        return Position(epoch: oldest.name.epoch, sequence: SequenceNumber(oldest.name.first.rawValue - 1))
    }

    /// Records accepted up to and including `position`, over all epochs.
    func accepted(through position: Position) -> UInt64 {
        epochs.reduce(acceptedBefore) { sum, entry in
            if entry.epoch < position.epoch { return sum + entry.last.rawValue }
            return entry.epoch == position.epoch ? sum + min(entry.last, position.sequence).rawValue : sum
        }
    }

    /// Records accepted in all.
    var accepted: UInt64 { accepted(through: end) }

    /// Records behind `position` that are in a segment.
    func held(behind position: Position) -> UInt64 {
        segments.reduce(0) { sum, segment in
            guard segment.name.epoch >= position.epoch, segment.last >= segment.name.first else { return sum }
            let first =
                segment.name.epoch == position.epoch
                ? max(segment.name.first, position.sequence.next) : segment.name.first
            return first > segment.last ? sum : sum + segment.last.rawValue - first.rawValue + 1
        }
    }

    /// Records of a range that are in a segment.
    func held(in range: RecordRange) -> UInt64 {
        segments.reduce(0) { sum, segment in
            guard segment.name.epoch == range.epoch else { return sum }
            let (first, last) = (max(segment.name.first, range.first), min(segment.last, range.last))
            return first > last ? sum : sum + last.rawValue - first.rawValue + 1
        }
    }

    /// Records that are in a segment and not done with.
    func held(for cursor: Cursor) -> UInt64 {
        held(behind: cursor.position) - cursor.ahead.reduce(0) { $0 + held(in: $1) }
    }

    func locate(behind position: Position) -> Location {
        guard let number = epochs.firstIndex(where: { $0.epoch >= position.epoch }) else { return .next(start) }
        let entry = epochs[number]
        guard entry.epoch == position.epoch else { return .next(Position(epoch: entry.epoch, sequence: .zero)) }
        let wanted = position.sequence.next
        guard wanted <= entry.last else {
            guard number + 1 < epochs.count else {
                // A cursor ahead of its log belongs to another one: begin again rather than wait for ever.
                return position.sequence > entry.last ? .next(start) : .upToDate
            }
            return .next(Position(epoch: epochs[number + 1].epoch, sequence: .zero))
        }
        if let index = segments.lastIndex(where: { $0.name <= SegmentName(epoch: entry.epoch, first: wanted) }),
            segments[index].name.epoch == entry.epoch, wanted <= segments[index].last
        {
            return .segment(segments[index], isActive: hasActiveSegment && index == segments.count - 1)
        }
        let next = segments.first { $0.name.epoch == entry.epoch && $0.name.first > wanted }
        return gap(from: wanted, in: entry, before: next?.name.first)
    }

    private func gap(from first: SequenceNumber, in entry: EpochEntry, before next: SequenceNumber?) -> Location {
        let last = next.map { SequenceNumber($0.rawValue - 1) } ?? entry.last
        guard let evictedThrough, Position(epoch: entry.epoch, sequence: first) <= evictedThrough else {
            return .gap(first: first, last: last, isOverwritten: false)
        }
        let overwrittenLast = evictedThrough.epoch == entry.epoch ? min(last, evictedThrough.sequence) : last
        return .gap(first: first, last: overwrittenLast, isOverwritten: true)
    }

    // MARK: Changes

    /// Notes records that were committed to the active segment.
    mutating func didAppend(through last: SequenceNumber, segmentSize: Int) {
        precondition(hasActiveSegment && last > current.last)
        epochs[epochs.count - 1].last = last
        segments[segments.count - 1].last = last
        segments[segments.count - 1].size = segmentSize
    }

    /// Notes a new, empty active segment.
    mutating func didBegin(_ name: SegmentName) {
        precondition(!hasActiveSegment && name.epoch == current.epoch && name.first == current.last.next)
        segments.append(Segment(name: name, last: current.last, size: 0))
        hasActiveSegment = true
    }

    /// Notes that the last segment was opened again to be written on.
    mutating func didReopen() { hasActiveSegment = true }

    /// Notes that the active segment is written no more.
    mutating func didSeal(size: Int) {
        precondition(hasActiveSegment)
        segments[segments.count - 1].size = size
        hasActiveSegment = false
    }

    /// Notes that the newest segment is unusable for writing, whether or not it can still be read.
    mutating func didLoseActiveSegment() { hasActiveSegment = false }

    /// Notes what a salvage left of a segment: nil for nothing.
    mutating func didSalvage(_ name: SegmentName, last: SequenceNumber?, size: Int) {
        guard let index = segments.firstIndex(where: { $0.name == name }) else { return }
        if last == nil { segments.remove(at: index) } else { segments[index].size = size }
    }

    /// Takes the oldest segment out.
    mutating func evictOldest() -> Segment {
        precondition(segments.count > (hasActiveSegment ? 1 : 0), "the active segment is never evicted")
        let segment = segments.removeFirst()
        evictedThrough = Position(epoch: segment.name.epoch, sequence: segment.last)
        return segment
    }

    /// Begins an epoch; the one before is closed at what was accepted in it.
    mutating func begin(_ epoch: Epoch) {
        precondition(!hasActiveSegment && epoch > current.epoch)
        epochs.append(EpochEntry(epoch: epoch, last: .zero))
    }

    /// Forgets epochs that no segment and no cursor needs any more.
    mutating func forgetEpochs(before cursors: [Position]) {
        let needed = ([start.epoch, current.epoch] + cursors.map(\.epoch)).min() ?? current.epoch
        while let oldest = epochs.first, oldest.epoch < needed {
            acceptedBefore += oldest.last.rawValue
            epochs.removeFirst()
        }
    }
}
