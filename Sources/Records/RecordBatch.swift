/// Records of one stream and epoch, in order: what a forwarder hands to an uplink. Where the uplink has filters, some
/// may be left out between them.
public struct RecordBatch: Sendable {
    /// Whose records these are.
    public let gateway: GatewayID
    /// The stream that they are in.
    public let stream: StreamName
    /// The epoch that they are in.
    public let epoch: Epoch
    /// At least one; the sequence numbers count up, by one where nothing was left out.
    public let records: [Record]
    /// Whether they are sent as they come, or later.
    public var delivery: Delivery
    /// The last record before those that filters left out directly before the first one; nil: none were.
    public var previous: SequenceNumber?

    /// What a consumer should know of when records are sent; formats that carry attributes say it with each.
    public enum Delivery: String, Hashable, Sendable, CaseIterable {
        /// In their turn.
        case live
        /// From a backlog, while newer records go on in a lane of their own: attribute `historical`.
        case historical
        /// Once more, because somebody asked for it: attribute `replay`.
        case replay
    }

    /// Records that follow one another.
    public init(
        gateway: GatewayID, stream: StreamName, epoch: Epoch, records: [Record], delivery: Delivery = .live
    ) {
        self.delivery = delivery
        precondition(!records.isEmpty, "a batch has at least one record")
        self.gateway = gateway
        self.stream = stream
        self.epoch = epoch
        self.records = records
    }

    /// The first record's sequence number.
    public var first: SequenceNumber { records[0].sequence }
    /// The last record's sequence number.
    public var last: SequenceNumber { records[records.count - 1].sequence }

    /// The last record before those that filters left out directly before this one, which is in the batch; nil: none
    /// were. So a consumer tells what was left out from what is missing: it travels as the attribute `previous`.
    public func previous(of record: Record) -> SequenceNumber? {
        // A replay is of what somebody asked for: it says nothing of what is between.
        guard delivery != .replay, previous != nil || last.rawValue - first.rawValue >= UInt64(records.count) else {
            return nil
        }
        let index = records.partitioningIndex { $0.sequence >= record.sequence }
        guard let before = index == 0 ? previous : records[index - 1].sequence else { return nil }
        return before.next == record.sequence ? nil : before
    }

    /// The identity of one of the records.
    public func identity(of record: Record) -> RecordIdentity {
        RecordIdentity(gateway: gateway, stream: stream, position: Position(epoch: epoch, sequence: record.sequence))
    }
}

extension Array {
    /// The first element from which on a predicate holds, which holds for all behind one that it holds for.
    fileprivate func partitioningIndex(where predicate: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if predicate(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// Records that were accepted and can no longer be forwarded: promise P3. It is kept, counted, shown, and sent
/// upstream in the place of the records it speaks of.
public struct LostRange: Hashable, Sendable, Codable {
    /// Why the records are gone.
    public enum Reason: String, Sendable, Codable {
        /// The ring made room for newer records before these were forwarded.
        case overwritten
        /// The stream's retention time passed before these were forwarded.
        case expired
        /// A chunk, a segment or a write-ahead log was damaged, truncated or missing.
        case damaged
        /// Nothing is gone: filters of the uplink left these out, and no record follows that could say so itself.
        case filtered
    }

    /// The stream that they were in.
    public var stream: StreamName
    /// The epoch that they were in.
    public var epoch: Epoch
    /// The first that is gone.
    public var first: SequenceNumber
    /// The last that is gone.
    public var last: SequenceNumber
    /// Bytes that the records took on disk, as far as known.
    public var bytes: Int
    /// Why they are gone.
    public var reason: Reason
    /// When the loss was noticed, milliseconds since 1970 as the clock stood.
    public var wallMilliseconds: Int64

    /// A range of at least one record.
    public init(
        stream: StreamName, epoch: Epoch, first: SequenceNumber, last: SequenceNumber, bytes: Int, reason: Reason,
        wallMilliseconds: Int64
    ) {
        precondition(first <= last)
        self.stream = stream
        self.epoch = epoch
        self.first = first
        self.last = last
        self.bytes = bytes
        self.reason = reason
        self.wallMilliseconds = wallMilliseconds
    }

    /// How many records it stands for.
    public var count: UInt64 { last.rawValue - first.rawValue + 1 }
}
