import Records

/// Checks at the centre that what was sent arrived: feed it every identity in the order of arrival and it says, for
/// each stream of each gateway, what came twice, what is missing, what came out of order, what was announced as lost
/// and what a filter left out.
///
/// Exact, with memory bounded by the number of streams and of holes in them, not of records; see ``StreamAudit`` for
/// what becomes of more holes than are remembered.
public struct SequenceAudit: Sendable {
    /// The sums so far.
    public struct Summary: Hashable, Sendable {
        /// Records received, each delivery counted.
        public var received: UInt64 = 0
        /// Different records received.
        public var distinct: UInt64 = 0
        /// Deliveries of a record that had been received before, those of a replay left out.
        public var duplicates: UInt64 = 0
        /// Deliveries of a record that had been received before, marked as a replay.
        public var replayed: UInt64 = 0
        /// Deliveries of a record not seen before, below the highest one of its stream; of records of a backlog that is
        /// sent beside newer ones, below the highest of the backlog.
        public var outOfOrder: UInt64 = 0
        /// Records announced as lost, each counted once however often the word came, and also where the record was
        /// received after all.
        public var lost: UInt64 = 0
        /// Records that were both received and announced as lost: more was announced than was lost.
        public var lostButReceived: UInt64 = 0
        /// Records that a filter of the uplink left out, by its own word.
        public var filtered: UInt64 = 0
        /// Records below the highest known of their epoch, neither received nor announced as lost or left out.
        public var missing: UInt64 = 0

        /// Nothing yet, unless said otherwise.
        public init(
            received: UInt64 = 0, distinct: UInt64 = 0, duplicates: UInt64 = 0, replayed: UInt64 = 0,
            outOfOrder: UInt64 = 0, lost: UInt64 = 0, lostButReceived: UInt64 = 0, filtered: UInt64 = 0,
            missing: UInt64 = 0
        ) {
            self.received = received
            self.distinct = distinct
            self.duplicates = duplicates
            self.replayed = replayed
            self.outOfOrder = outOfOrder
            self.lost = lost
            self.lostButReceived = lostButReceived
            self.filtered = filtered
            self.missing = missing
        }

        /// Adds what is known of another stream.
        public static func += (left: inout Summary, right: Summary) {
            for path in paths { left[keyPath: path] &+= right[keyPath: path] }
        }

        private static var paths: [WritableKeyPath<Summary, UInt64>] {
            [
                \.received, \.distinct, \.duplicates, \.replayed, \.outOfOrder, \.lost, \.lostButReceived, \.filtered,
                \.missing,
            ]
        }
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

    /// Whose records they are.
    public struct Key: Hashable, Sendable, Comparable {
        /// The gateway.
        public let gateway: GatewayID
        /// One of its streams.
        public let stream: StreamName

        /// A stream of a gateway.
        public init(gateway: GatewayID, stream: StreamName) {
            self.gateway = gateway
            self.stream = stream
        }

        /// Whether it comes first by name.
        public static func < (left: Key, right: Key) -> Bool {
            (left.gateway.rawValue, left.stream) < (right.gateway.rawValue, right.stream)
        }
    }

    /// Streams that are looked at; what is of more is counted in ``untracked``.
    public static let streamsMax = 100_000

    private let isFromStart: Bool
    private var audits: [StreamAudit] = []
    private var indices: [Key: Int] = [:]
    /// The stream of the last event: mostly also that of the next.
    private var current: (key: Key, index: Int)?
    /// Events of streams beyond the number that is looked at.
    public private(set) var untracked: UInt64 = 0

    /// - Parameter isFromStart: whether every epoch is seen from its first record on; false for an audit that begins
    ///   in the middle: an epoch's first received or lost record is then where its gaps begin to count.
    public init(isFromStart: Bool = true) { self.isFromStart = isFromStart }

    /// Takes what one delivered event speaks of, where nothing else of it is known.
    public mutating func receive(_ identity: DeliveredIdentity) {
        switch identity {
        case .record(let record): receive(record)
        case .loss(let loss): receive(loss)
        }
    }

    /// Takes one delivered record.
    ///
    /// - Parameters:
    ///   - previous: the last record before those that a filter left out right before this one.
    ///   - delivery: how it was sent.
    public mutating func receive(
        _ identity: RecordIdentity, previous: SequenceNumber? = nil, delivery: RecordBatch.Delivery = .live
    ) {
        guard let index = index(of: identity.gateway, identity.stream) else { return }
        audits[index].receive(identity.position, previous: previous, delivery: delivery)
    }

    /// Takes word of a loss, or of what a filter left out. It does not move the highest position: only records have an
    /// order.
    public mutating func receive(_ loss: LossIdentity, reason: LostRange.Reason = .overwritten) {
        guard let index = index(of: loss.gateway, loss.stream) else { return }
        audits[index].receive(loss.epoch, loss.first.rawValue...loss.last.rawValue, reason: reason)
    }

    /// The sums of all streams; walks their ranges.
    public var summary: Summary { audits.reduce(into: Summary()) { $0 += $1.summary } }

    /// What is known of each stream, by name.
    public var streams: [(key: Key, audit: StreamAudit)] {
        indices.sorted { $0.key < $1.key }.map { ($0.key, audits[$0.value]) }
    }

    /// What is missing, in the order of the identities.
    public var gaps: [Gap] { streams.flatMap { key, audit in audit.gaps(of: key) } }

    private mutating func index(of gateway: GatewayID, _ stream: StreamName) -> Int? {
        if let current, current.key.stream == stream, current.key.gateway == gateway { return current.index }
        let key = Key(gateway: gateway, stream: stream)
        let index: Int
        if let known = indices[key] {
            index = known
        } else {
            guard audits.count < Self.streamsMax else {
                untracked += 1
                return nil
            }
            index = audits.count
            audits.append(StreamAudit(isFromStart: isFromStart))
            indices[key] = index
        }
        current = (key, index)
        return index
    }
}
