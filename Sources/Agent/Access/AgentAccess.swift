import MQTTTransport
import Records

/// What programs beside the agent may see of it and do with it: what the admin server offers.
public protocol AgentAccess: Sendable {
    /// How the agent stands; cheap.
    var status: AgentStatus { get }
    /// The configuration in force as one JSON object, with `"***"` for what may be secret.
    func maskedConfiguration() -> [UInt8]
    /// Records of a stream in their order.
    ///
    /// - Parameters:
    ///   - recordsMax: a page has no more.
    ///   - bytesMax: a page ends when topics and payloads reach this.
    /// - Throws: ``AccessFailure`` where the stream or the place is not there.
    func records(
        of stream: StreamName, from start: RecordStart, recordsMax: Int, bytesMax: Int
    ) async throws -> RecordPage
    /// How often something was committed.
    var commits: UInt64 { get }
    /// Returns at the first commit after `seen`, or when the task is cancelled.
    func waitForCommit(after seen: UInt64) async
    /// Writes a record; on return it is on the disk.
    ///
    /// - Throws: ``AccessFailure``; what was to be written is not in the log then.
    func append(_ record: LocalRecord) async throws -> RecordIdentity
    /// Does something that changes what the agent does.
    ///
    /// - Throws: ``AccessFailure``.
    func perform(_ action: AdminAction) async throws -> ActionOutcome
}

/// Why something that was asked for is not done.
public struct AccessFailure: Error, Hashable, CustomStringConvertible {
    /// What kind of refusal it is.
    public enum Kind: Hashable, Sendable {
        /// What was asked is not valid in itself.
        case invalid
        /// There is no such thing.
        case notFound
        /// It cannot be done as things are.
        case conflict
        /// Not now: try again later.
        case unavailable
    }

    /// What kind of refusal it is.
    public let kind: Kind
    /// What is the matter, and the next step.
    public let description: String

    /// A refusal with its reason.
    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

/// Where in a stream to begin.
public enum RecordStart: Hashable, Sendable {
    /// At the oldest record that is held.
    case oldest
    /// Behind the newest.
    case newest
    /// With the last so many.
    case last(UInt64)
    /// With this one of the present epoch.
    case sequence(SequenceNumber)
    /// With this one.
    case position(Position)

    /// Reads `oldest`, `newest`, `-N`, `SEQUENCE` and `EPOCH/SEQUENCE`; nil for anything else.
    public init?(_ text: String) {
        switch text {
        case "oldest": self = .oldest
        case "newest": self = .newest
        default:
            if text.hasPrefix("-"), let count = Self.number(text.dropFirst()) {
                self = .last(count)
            } else if let sequence = Self.number(text[...]), sequence > 0 {
                self = .sequence(SequenceNumber(sequence))
            } else if let position = Position(text), position.sequence > .zero {
                self = .position(position)
            } else {
                return nil
            }
        }
    }
}

extension RecordStart {
    /// Decimal digits and nothing else.
    private static func number(_ text: Substring) -> UInt64? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt64(text) : nil
    }
}

extension Position {
    /// Reads `EPOCH/SEQUENCE`, as ``description`` writes it.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let epoch = Epoch(parts[0]), let sequence = UInt64(parts[1]) else { return nil }
        self.init(epoch: epoch, sequence: SequenceNumber(sequence))
    }
}

/// Records that follow one another, and what is gone before them.
public struct RecordPage: Sendable {
    /// What is gone, in order; all of it stands before ``batch``.
    public var lost: [LostRange] = []
    /// What is there; nil where nothing follows.
    public var batch: RecordBatch?
    /// The first place behind the page, where the next one begins.
    public var next: Position

    /// An empty page before a place.
    public init(next: Position) { self.next = next }
}

/// A record that a local program writes.
public struct LocalRecord: Sendable {
    /// As if it were published there: no wildcard.
    public var topic: String
    /// Where it goes.
    public var stream: StreamName
    /// The bytes as they are.
    public var payload: [UInt8]
    /// MIME type of the payload.
    public var contentType: String?

    /// A record.
    public init(topic: String, stream: StreamName, payload: [UInt8], contentType: String? = nil) {
        self.topic = topic
        self.stream = stream
        self.payload = payload
        self.contentType = contentType
    }
}

/// Something that a person may ask the agent to do.
public enum AdminAction: Hashable, Sendable {
    /// Ends the link of an uplink until ``resume(_:)``, or until the agent ends.
    case pause(UplinkName)
    /// Goes on.
    case resume(UplinkName)
    /// Sends a part of a stream once more, beside what is new.
    case replay(ReplayRequest)
    /// Reads the configuration again.
    case reload
    /// Finds out what is at a port.
    case identify(port: String)
}

/// What came of an ``AdminAction``.
public struct ActionOutcome: Hashable, Sendable, CustomStringConvertible {
    /// In words.
    public let description: String
    /// The name of the request that was left for later, where one was.
    public let request: String?

    /// An outcome in words.
    public init(_ description: String, request: String? = nil) {
        self.description = description
        self.request = request
    }
}

/// Topics that an MQTT topic filter matches (OASIS MQTT 5.0, 4.7).
public struct TopicSelection: Sendable {
    private let filter: MQTTTopicFilter

    /// Nil where the text is no topic filter.
    public init?(_ text: String) {
        guard let filter = MQTTTopicFilter(text) else { return nil }
        self.filter = filter
    }

    /// Whether it has a topic in it.
    public func contains(_ topic: String) -> Bool { filter.matches(topic) }
}
