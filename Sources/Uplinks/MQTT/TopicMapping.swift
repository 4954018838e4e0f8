import MQTTTransport
import Records

/// Another topic for what came on some topics, as a bridge between two brokers has it: the beginning of a topic is
/// removed, and what is left goes into a template.
///
/// `topic # out 1 local/ remote/` of a bridge of mosquitto (mosquitto.conf(5)) is the filter `local/#`, the prefix
/// `local/` and the template `remote/{topic}`.
public struct TopicMapping: Hashable, Sendable, CustomStringConvertible {
    /// The topics that it takes.
    public let filter: MQTTTopicFilter
    /// What is removed from the front of a topic that begins with it; empty: nothing.
    public let removedPrefix: String
    /// Where to publish; `{topic}` stands for what is left.
    public let topic: TopicTemplate

    /// - Throws: ``UplinkError`` where the filter, or the template, is none.
    public init(filter: String, removing prefix: String = "", topic: String = "{topic}") throws(UplinkError) {
        guard let valid = MQTTTopicFilter(filter), !filter.hasPrefix("$share/") else {
            throw UplinkError(
                .topicTemplate, "'\(filter)' is no topic filter (MQTT 5.0, section 4.7), or a shared subscription")
        }
        self.filter = valid
        removedPrefix = prefix
        self.topic = try TopicTemplate(topic)
    }

    /// `local/# -> remote/{topic}, without local/`
    public var description: String {
        "\(filter) -> \(topic)" + (removedPrefix.isEmpty ? "" : ", without \(removedPrefix)")
    }

    /// What `{topic}` stands for. A filter such as `local/#` also takes `local`, which does not begin with `local/` and
    /// stays as it is.
    func remainder(of topic: String) -> String {
        topic.utf8.starts(with: removedPrefix.utf8)
            ? String(decoding: topic.utf8.dropFirst(removedPrefix.utf8.count), as: UTF8.self) : topic
    }
}

extension MQTTUplinkConfiguration {
    /// Fills in what is the same for all records of a stream.
    func mapped(gateway: GatewayID, stream: StreamName) -> MappedTopics {
        MappedTopics(
            mappings: mappings.map { ($0, $0.topic.bound(gateway: gateway, stream: stream, limits: topicLimits)) },
            standard: topic.bound(gateway: gateway, stream: stream, limits: topicLimits))
    }
}

/// Mappings, and the template for what none of them takes, with the gateway and the stream filled in.
struct MappedTopics: Sendable {
    let mappings: [(mapping: TopicMapping, bound: BoundTopic)]
    let standard: BoundTopic

    /// The topic for a record. Call it for records that ``problem(with:)`` has nothing against.
    func topic(for record: Record) -> String {
        guard let (mapping, bound) = mapping(of: record) else { return standard.topic(for: record) }
        return bound.topic(for: record, as: mapping.remainder(of: record.topic))
    }

    /// Why the record cannot be published; nil where it can, which is nearly always.
    func problem(with record: Record) -> String? {
        guard let (mapping, bound) = mapping(of: record) else { return standard.problem(with: record) }
        return bound.problem(with: record, as: mapping.remainder(of: record.topic))
    }

    private func mapping(of record: Record) -> (mapping: TopicMapping, bound: BoundTopic)? {
        mappings.first { $0.mapping.filter.matches(record.topic) }
    }
}
