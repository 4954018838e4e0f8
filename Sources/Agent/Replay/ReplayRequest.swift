import Records

/// What somebody wants to be sent once more, and how far that is.
public struct ReplayRequest: Hashable, Sendable, Codable {
    /// Where a range begins or ends.
    public enum Bound: Hashable, Sendable {
        /// A place in the stream; without an epoch, in the newest.
        case sequence(SequenceNumber, of: Epoch?)
        /// Milliseconds since 1970, by the time of receipt.
        case time(Int64)

        /// Reads `<sequence>`, `<epoch>/<sequence>`, or a time as RFC 3339 writes it in UTC; nil for anything else.
        public init?(_ text: String, time: (String) -> Int64?) {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            if let number = parts.last.flatMap({ UInt64($0) }), number > 0, parts.count <= 2 {
                guard parts.count == 2 else {
                    self = .sequence(SequenceNumber(number), of: nil)
                    return
                }
                guard let epoch = Epoch(parts[0]) else { return nil }
                self = .sequence(SequenceNumber(number), of: epoch)
            } else if let milliseconds = time(text) {
                self = .time(milliseconds)
            } else {
                return nil
            }
        }
    }

    /// Whom to send it to.
    public var uplink: UplinkName
    /// Whose records.
    public var stream: StreamName
    /// The first record, or the time from which on; nil: the oldest that is held.
    public var from: Bound?
    /// The last record, or the time before which; nil: the newest when the request is taken up.
    public var to: Bound?
    /// Whether also what the uplink's filters leave out is sent.
    public var isUnfiltered = false
    /// Whether those records are meant that the uplink rejected and that are kept.
    public var isOfRejected = false
    /// Everything up to here is done.
    public var progress: Position?
    /// What has come of it so far.
    public var soFar: ReplayOutcome?

    /// Whether records between the first and the last may not be meant.
    var isSparse: Bool { [from, to].contains { $0?.isTime == true } }

    /// What is asked for, in words.
    var summary: String {
        let what = isOfRejected ? "what was rejected of \(stream) and is kept" : "\(stream)"
        let start = from.map(\.description) ?? "the oldest that is held"
        let end = to.map { $0.isTime ? "before \($0)" : "\($0)" } ?? "the newest"
        let filters = isUnfiltered ? ", whatever its filters leave out" : ""
        return "\(what) is sent to \(uplink) once more, from \(start) to \(end)\(filters)"
    }

    /// All that is held of a stream.
    public init(uplink: UplinkName, stream: StreamName, from: Bound? = nil, to: Bound? = nil) {
        self.uplink = uplink
        self.stream = stream
        self.from = from
        self.to = to
    }
}

/// What became of a request.
public struct ReplayOutcome: Hashable, Sendable, Codable {
    /// Records that the destination confirmed.
    public var sent: UInt64 = 0
    /// Records of the range that are in the log no more.
    public var missing: UInt64 = 0
    /// Records that the destination will not take.
    public var rejected: UInt64 = 0
    /// Why nothing was done; nil where it was.
    public var problem: String?

    /// Nothing yet.
    public init() {}

    /// A request that cannot be fulfilled.
    public init(problem: String) { self.problem = problem }
}

extension ReplayRequest.Bound: CustomStringConvertible {
    var isTime: Bool { if case .time = self { true } else { false } }

    /// As ``init(_:time:)`` reads it.
    public var description: String {
        switch self {
        case .sequence(let sequence, let epoch?): "\(epoch)/\(sequence)"
        case .sequence(let sequence, nil): "\(sequence)"
        case .time(let milliseconds): RecordLine.time(milliseconds)
        }
    }
}

extension ReplayRequest.Bound: Codable {
    private enum CodingKeys: CodingKey { case sequence, epoch, time }

    /// Reads an object with `sequence`, and `epoch` if there is one, or with `time`.
    ///
    /// - Throws: where it is none.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let time = try container.decodeIfPresent(Int64.self, forKey: .time) {
            self = .time(time)
        } else {
            self = .sequence(
                try container.decode(SequenceNumber.self, forKey: .sequence),
                of: try container.decodeIfPresent(Epoch.self, forKey: .epoch))
        }
    }

    /// Writes what ``init(from:)`` reads.
    ///
    /// - Throws: what the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .sequence(let sequence, let epoch):
            try container.encode(sequence, forKey: .sequence)
            try container.encodeIfPresent(epoch, forKey: .epoch)
        case .time(let time): try container.encode(time, forKey: .time)
        }
    }
}
