import MQTTTransport
import Records

/// `[mqtt.NAME]`: a broker whose messages are taken in.
public struct MQTTSourceConfiguration: Equatable, Sendable {
    /// Messages of one topic filter and the stream they go to.
    public struct Route: Hashable, Sendable {
        /// A valid filter (OASIS MQTT 5.0, 4.7), with or without `$share/GROUP/`.
        public var filter: String
        /// Where its messages go.
        public var stream: StreamName
        /// A topic of the filter is silent when nothing came on it for longer; nil: never.
        public var silentAfter: Duration?

        /// Subscribed at QoS 1: 2 cannot be received crash-safe, and 0 would promise nothing.
        public init(filter: String, stream: StreamName, silentAfter: Duration? = nil) {
            self.filter = filter
            self.stream = stream
            self.silentAfter = silentAfter
        }
    }

    /// The name, unique among all sources.
    public var name: SourceName
    /// How to reach and enter the broker.
    public var broker: BrokerConfiguration
    /// At least one; where two match a message, the first counts.
    public var routes: [Route]
    /// How long the broker keeps what it holds for us while we are away.
    public var sessionExpiry = Duration.seconds(7 * 24 * 3600)
    /// Unacknowledged messages that the broker may have on the way to us: the most that one commit can hold.
    public var receiveMaximum: UInt16 = 2000
    /// The largest payload that is taken.
    public var payloadMax = ByteCount(rawValue: Limits.payloadSizeMax)
    /// Whether retained messages are taken in.
    public var retained = MQTTSubscription.Retained.once
    /// Whether the retained flag of a record is the sender's, for an uplink that passes it on, instead of the broker's
    /// word that it had kept the message.
    public var isRetainAsPublished = false

    /// A source with the defaults for the rest.
    public init(name: SourceName, broker: BrokerConfiguration, routes: [Route]) {
        self.name = name
        self.broker = broker
        self.routes = routes
    }

    /// The transport's form of it. The packet may be as large as a largest payload with topic and properties.
    public var mqttConfiguration: MQTTConfiguration {
        var configuration = broker.mqttConfiguration()
        configuration.sessionExpiry = sessionExpiry
        configuration.receiveMaximum = receiveMaximum
        configuration.packetSizeMax = UInt32(
            payloadMax.rawValue + Limits.topicSizeMax + Limits.propertiesSizeMax + 1024)
        return configuration
    }

    /// One subscription per route. A shared one goes without No Local, which MQTT 5.0 forbids there (3.8.3.1).
    public var subscriptions: [MQTTSubscription] {
        routes.map { route in
            MQTTSubscription(
                filter: route.filter, retained: retained, isNoLocal: !route.filter.hasPrefix("$share/"),
                isRetainAsPublished: isRetainAsPublished)
        }
    }
}
