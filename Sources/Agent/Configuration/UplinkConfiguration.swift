import MQTTTransport
import Records

/// `[uplinks.NAME]`: a broker that records are forwarded to.
public struct UplinkConfiguration: Sendable {
    /// The form in which records travel.
    public enum Format: String, Hashable, Sendable, CaseIterable {
        /// One message per record, the payload as it came.
        case raw
        /// Messages of many records, as batches of CloudEvents 1.0 in JSON.
        case cloudevents
    }

    /// Whether messages are compressed.
    public enum Compression: String, Hashable, Sendable, CaseIterable { case none, zstd }

    /// How many records go together, whichever bound is reached first.
    public struct Batch: Hashable, Sendable {
        /// Records of one message or one send, 1...10,000.
        public var recordsMax = 500
        /// Bytes before compression.
        public var sizeMax = ByteCount.kibibytes(96)

        /// The defaults.
        public init() {}
    }

    /// The name; keys the cursors.
    public var name: UplinkName
    /// How to reach and enter the broker.
    public var broker: BrokerConfiguration
    /// A valid template, such as `gateways/{gateway}/{topic}`.
    public var topic: String
    /// The form in which records travel.
    public var format = Format.raw
    /// How many records go together.
    public var batch = Batch()
    /// Only for CloudEvents and MQTT 5.
    public var compression = Compression.none
    /// The streams that are forwarded, at least one, each once.
    public var streams: [StreamName]
    /// Messages that may be on the way without a confirmation; the broker's Receive Maximum may make it less.
    public var window = 100
    /// How long a confirmation may take before the connection is given up.
    public var acknowledgementTimeout = Duration.seconds(30)
    /// First wait between attempts; it doubles, with full jitter.
    public var retryMin = Duration.milliseconds(500)
    /// Longest wait between attempts.
    public var retryMax = Duration.seconds(60)
    /// Whether the retained flag of a record is passed on.
    public var passesRetained = false

    /// An uplink with the defaults for the rest.
    public init(name: UplinkName, broker: BrokerConfiguration, topic: String, streams: [StreamName]) {
        self.name = name
        self.broker = broker
        self.topic = topic
        self.streams = streams
    }

    /// The transport's form of it. An uplink keeps no session: what is not confirmed is sent again from the log.
    public var mqttConfiguration: MQTTConfiguration {
        var configuration = broker.mqttConfiguration()
        configuration.sessionExpiry = .zero
        configuration.reconnectDelayMin = retryMin
        configuration.reconnectDelayMax = retryMax
        return configuration
    }
}
