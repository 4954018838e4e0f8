import KafkaUplink
import MQTTTransport
import Records
import Synchronization

/// Where an audit's messages come from.
protocol CentreFeed: Sendable {
    /// Whether everything that was asked for is being read.
    var isListening: Bool { get }
    /// Begins; a failure says what is wrong with the arguments.
    func start() throws
    /// Ends.
    func stop() async
}

/// A broker that gateways publish to.
struct BrokerFeed: CentreFeed {
    let subscriber: MQTTSubscriber

    init(_ configuration: MQTTConfiguration, topics: [String], into inbox: CentreInbox) throws {
        subscriber = try MQTTSubscriber(
            configuration: configuration, subscriptions: topics.map { MQTTSubscription(filter: $0, retained: .ignore) },
            linger: .zero, inlet: inbox)
    }

    var isListening: Bool { subscriber.isSubscribed }
    func start() throws { try subscriber.start() }
    func stop() async { await subscriber.stop() }
}

/// Topics of a Kafka cluster, from their oldest message on.
final class ClusterFeed: CentreFeed {
    private let reader: KafkaReader
    private let isReading: Flag

    /// Set by the reader's thread.
    private final class Flag: Sendable {
        let value = Atomic(false)
    }

    init(_ configuration: KafkaConfiguration, topics: [String], into inbox: CentreInbox) {
        let flag = Flag()
        isReading = flag
        reader = KafkaReader(configuration, topics: topics) { message in
            inbox.take(MQTTMessage(message))
        } onProblem: { problem in
            if problem == nil { flag.value.store(true, ordering: .relaxed) }
            inbox.disconnected(problem)
        }
    }

    var isListening: Bool { isReading.value.load(ordering: .relaxed) }
    func start() throws { try reader.start() }
    func stop() async { await reader.stop() }
}

extension MQTTMessage {
    /// The same event: CloudEvents has headers `ce_id` in Kafka what is a property `id` in MQTT.
    fileprivate init(_ message: KafkaReader.Message) {
        var properties = MQTTProperties()
        for (name, value) in message.headers {
            if name == "content-type" {
                properties.contentType = value
            } else {
                let plain = name.hasPrefix("ce_") ? String(name.dropFirst(3)) : name
                properties.userProperties.append(.init(name: plain, value: value))
            }
        }
        self.init(topic: message.topic, payload: message.payload[...], properties: properties)
    }
}
