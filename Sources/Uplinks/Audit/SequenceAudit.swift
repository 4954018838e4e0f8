import Records

/// Checks at the centre that what was sent arrived: feed it every identity in the order of arrival and it says what
/// came twice, what is missing, what came out of order and what was announced as lost.
///
/// Exact, with memory bounded by the number of holes, not of records.
public struct SequenceAudit: Sendable {
    /// The sums so far.
    public struct Summary: Hashable, Sendable {
        /// Records received, each delivery counted.
        public var received: UInt64 = 0
        /// Different records received.
        public var distinct: UInt64 = 0
        /// Deliveries of a record that had been received before.
        public var duplicates: UInt64 { received - distinct }
        /// Deliveries of a record not seen before, below the highest one of its stream.
        public var outOfOrder: UInt64 = 0
        /// Records announced as lost, each counted once however often the word came, and also where the record was
        /// received after all.
        public var lost: UInt64 = 0
        /// Records that were both received and announced as lost: more was announced than was lost.
        public var lostButReceived: UInt64 = 0
        /// Records below the highest known of their epoch, neither received nor announced as lost.
        public var missing: UInt64 = 0
    }

    /// Records that should be there and are not.
    public struct Gap: Hashable, Sendable, CustomStringConvertible {
        /// Where they are missing.
        public let identity: LossIdentity
        /// How many records are missing.
        public var count: UInt64 { identity.last.rawValue - identity.first.rawValue + 1 }
        /// `<gateway>/<stream>/<epoch>/<first>-<last>`.
        public var description: String { identity.description }
    }

    private struct Log: Hashable {
        let gateway: GatewayID
        let stream: StreamName
        let epoch: Epoch
    }

    private struct Seen {
        var received = SequenceRanges()
        var lost = SequenceRanges()
    }

    private struct Stream: Hashable {
        let gateway: GatewayID
        let stream: StreamName
    }

    /// Whether the audit saw each epoch from its first record on. If not, an epoch's first received or lost record is
    /// where its gaps begin to count.
    private let isFromStart: Bool
    private var logs: [Seen] = []
    private var indices: [Log: Int] = [:]
    private var highest: [Stream: Position] = [:]
    private var counts = Summary()
    /// The log of the last identity, with its stream's highest position: mostly also that of the next.
    private var current: (log: Log, index: Int, highest: Position)?

    /// - Parameter isFromStart: whether every epoch is seen from its first record on; false for an audit that begins
    ///   in the middle.
    public init(isFromStart: Bool = true) { self.isFromStart = isFromStart }

    /// Takes what one delivered event speaks of.
    public mutating func receive(_ identity: DeliveredIdentity) {
        switch identity {
        case .record(let record): receive(record)
        case .loss(let loss): receive(loss)
        }
    }

    /// Takes one delivered record.
    public mutating func receive(_ identity: RecordIdentity) {
        let position = identity.position
        let index = select(Log(gateway: identity.gateway, stream: identity.stream, epoch: position.epoch))
        counts.received += 1
        guard logs[index].received.insert(position.sequence.rawValue) else { return }
        counts.distinct += 1
        if let highest = current?.highest, position < highest {
            counts.outOfOrder += 1
        } else {
            current?.highest = position
        }
        if !logs[index].lost.isEmpty, logs[index].lost.contains(position.sequence.rawValue) {
            counts.lostButReceived += 1
        }
    }

    /// Takes word of a loss. It does not move the highest position: only records have an order.
    public mutating func receive(_ loss: LossIdentity) {
        let index = select(Log(gateway: loss.gateway, stream: loss.stream, epoch: loss.epoch))
        let range = loss.first.rawValue...loss.last.rawValue
        for new in logs[index].lost.missing(in: range) {
            counts.lostButReceived &+= logs[index].received.count(in: new)
        }
        counts.lost &+= logs[index].lost.insert(range)
    }

    /// The sums so far; walks the ranges of all logs.
    public var summary: Summary {
        var summary = counts
        summary.missing = gaps.reduce(0) { $0 &+ $1.count }
        return summary
    }

    /// What is missing, in the order of the identities.
    public var gaps: [Gap] {
        let order = indices.sorted { left, right in
            (left.key.gateway.rawValue, left.key.stream, left.key.epoch)
                < (right.key.gateway.rawValue, right.key.stream, right.key.epoch)
        }
        return order.flatMap { log, index in
            missing(in: logs[index]).map { range in
                Gap(
                    identity: LossIdentity(
                        gateway: log.gateway, stream: log.stream, epoch: log.epoch,
                        first: SequenceNumber(range.lowerBound), last: SequenceNumber(range.upperBound)))
            }
        }
    }

    private func missing(in seen: Seen) -> [ClosedRange<UInt64>] {
        var known = seen.received
        for range in seen.lost.ranges { _ = known.insert(range) }
        guard let first = known.first, let last = known.last else { return [] }
        let start = isFromStart ? min(1, first) : first
        return known.missing(in: start...last)
    }

    /// Makes a log the current one and returns its index.
    private mutating func select(_ log: Log) -> Int {
        if let current, current.log == log { return current.index }
        if let current { highest[Stream(gateway: current.log.gateway, stream: current.log.stream)] = current.highest }
        let index: Int
        if let known = indices[log] {
            index = known
        } else {
            index = logs.count
            logs.append(Seen())
            indices[log] = index
        }
        let stream = Stream(gateway: log.gateway, stream: log.stream)
        let before = Position(epoch: Epoch(rawValue: 0), sequence: .zero)
        current = (log, index, highest[stream] ?? before)
        return index
    }
}
