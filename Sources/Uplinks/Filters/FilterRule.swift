import MQTTTransport
import Records

/// What a filter does with the records of some topics. The first rule whose topics match decides; a record that no rule
/// matches is sent as it is.
public struct FilterRule: Hashable, Sendable {
    /// Which of the records are sent.
    public enum Selection: Hashable, Sendable {
        /// All.
        case all
        /// None.
        case none
        /// For each topic one, and then none for so long, by the times at which they were received.
        case sample(every: Duration)
        /// For each topic those whose values differ from what was sent last.
        ///
        /// - deadband: numbers count as the same while they are no further from what was sent last.
        /// - atLeast: one is sent all the same when so much time has passed since the last; nil: never.
        case changes(deadband: Double, atLeast: Duration?)
    }

    /// Those of the records that it is for, at least one.
    public var topics: [MQTTTopicFilter]
    /// Which of the records are sent.
    public var selection: Selection
    /// What is sent of their payloads; empty: all of it. See ``FieldSelection``.
    public var fields: [String]
    /// Values that count for nothing when changes are looked for: counters, the sender's own time.
    public var ignored: [String]

    /// A rule for some topics.
    public init(
        topics: [MQTTTopicFilter], selection: Selection = .all, fields: [String] = [], ignored: [String] = []
    ) {
        precondition(!topics.isEmpty, "a rule is for some topics")
        self.topics = topics
        self.selection = selection
        self.fields = fields
        self.ignored = ignored
    }

    /// Whether it is for the records of a topic.
    func matches(_ topic: String) -> Bool { topics.contains { $0.matches(topic) } }
}
