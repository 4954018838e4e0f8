import MQTTTransport
import Records
import Uplinks

/// What `[uplinks.NAME]` says of a broker.
public struct MQTTDestination: Equatable, Sendable {
    /// The form in which records travel.
    public enum Format: String, Hashable, Sendable, CaseIterable {
        /// One message per record, the payload as it came.
        case raw
        /// Messages of many records, in the forms of ``BatchFormat``.
        case cloudevents, json, senml
        case senmlCBOR = "senml-cbor"
        case influx
        /// One message per record, as values of an edge node of Eclipse Sparkplug B 3.0.
        case sparkplugB = "sparkplug-b"

        /// The form of messages of many records; nil where a message holds one.
        public var batch: BatchFormat? { BatchFormat(rawValue: rawValue) }
    }

    /// The names of an edge node in Sparkplug's namespace.
    public struct Sparkplug: Hashable, Sendable {
        /// The group that the node belongs to.
        public var group: String
        /// The node's name within its group.
        public var node: String
        /// The host without which nothing is sent; nil: none.
        public var primaryHost: String?

        /// A node of a group.
        public init(group: String, node: String, primaryHost: String? = nil) {
            self.group = group
            self.node = node
            self.primaryHost = primaryHost
        }
    }

    /// A broker that others run; nil: any.
    public var preset: Preset?
    /// How to reach and enter the broker.
    public var broker: BrokerConfiguration
    /// A valid template, such as `gateways/{gateway}/{topic}`.
    public var topic: String
    /// Where else records are published, by the topic that they came on; only for ``Format/raw``.
    public var mappings: [TopicMapping] = []
    /// The form in which records travel.
    public var format = Format.raw
    /// Set exactly where the format is that of Sparkplug.
    public var sparkplug: Sparkplug?
    /// What is published on each connection, so that others see that the gateway is there; nil: nothing.
    public var birth: MQTTMessage?
    /// How many records go together.
    public var batch = BatchLimits()
    /// Only for messages of many records and MQTT 5.
    public var compression = BodyCompression.none
    /// Messages that may be on the way without a confirmation; the broker's Receive Maximum may make it less.
    public var window = 100
    /// How long a confirmation may take before the connection is given up.
    public var acknowledgementTimeout = Duration.seconds(30)
    /// Whether the retained flag of a record is passed on.
    public var passesRetained = false

    /// A broker with the defaults for the rest.
    public init(broker: BrokerConfiguration, topic: String) {
        self.broker = broker
        self.topic = topic
    }

    /// What is published before an orderly end, for which the broker publishes no will: what that would say, where
    /// there is a birth to take back.
    public var farewell: MQTTMessage? {
        guard birth != nil, let will = broker.will else { return nil }
        return MQTTMessage(topic: will.topic, payload: will.payload[...], isRetained: will.isRetained)
    }

    /// The transport's form of it. An uplink keeps no session, but where a will waits: what is not confirmed is sent
    /// again from the log.
    ///
    /// - Parameter uplink: says how long to wait between attempts to connect.
    public func mqttConfiguration(of uplink: UplinkConfiguration) -> MQTTConfiguration {
        var configuration = broker.mqttConfiguration()
        configuration.sessionExpiry = .zero
        configuration.reconnectDelayMin = uplink.retryMin
        configuration.reconnectDelayMax = uplink.retryMax
        configuration.publishSizeMax = preset?.limits.messageMax.map { UInt32(clamping: $0.rawValue) }
        configuration.applicationProtocol = applicationProtocol
        return configuration
    }
}
