import MQTTTransport
import Records

/// What ``MQTTUplink`` sends, and as what.
public struct MQTTUplinkConfiguration: Sendable {
    /// The form in which records travel.
    public enum Format: Sendable, Equatable {
        /// One message per record, the payload as it came. `keepsRetained` publishes with the retain flag what came
        /// with it.
        case raw(keepsRetained: Bool)
        /// Messages of many records.
        case batches(BatchFormat, Batching)
    }

    /// How records are put together in one message.
    public struct Batching: Sendable, Equatable {
        /// Records in one message.
        public var recordsMax: Int
        /// Bytes of one message, before compression; a target, which only a record that is larger by itself
        /// exceeds. The default stays below the 128 KiB that some hosted brokers allow.
        public var sizeTarget: ByteCount
        /// How messages are compressed, said by a user property `content-encoding`.
        public var compression: BodyCompression

        /// 500 records or 96 KiB, uncompressed, unless said otherwise.
        public init(
            recordsMax: Int = 500, sizeTarget: ByteCount = .kibibytes(96), compression: BodyCompression = .none
        ) {
            precondition(recordsMax > 0, "a message has at least one record")
            precondition(sizeTarget.rawValue > 0, "a message has a size")
            self.recordsMax = recordsMax
            self.sizeTarget = sizeTarget
            self.compression = compression
        }
    }

    /// Where to publish.
    public let topic: TopicTemplate
    /// The form in which records travel.
    public let format: Format
    /// The protocol version that the publisher speaks: decides whether there are properties.
    public let version: MQTTConfiguration.ProtocolVersion
    /// What the server allows topics to be; a record whose topic would be more is rejected.
    public var topicLimits = TopicLimits()
    /// How long a send waits for a connection before it answers `retry`.
    public var connectionWait = Duration.seconds(30)

    /// - Throws: ``UplinkError`` where the parts do not fit: a topic per record for a message of many records, or
    ///   compression in MQTT 3.1.1, which has no place to say so.
    public init(
        topic: TopicTemplate, format: Format, version: MQTTConfiguration.ProtocolVersion = .v5
    ) throws(UplinkError) {
        if case .batches(let kind, let batching) = format {
            guard !topic.isPerRecord else {
                throw UplinkError(
                    .format,
                    "topic template '\(topic)' differs from record to record, but a \(kind.rawValue) message "
                        + "holds many; allowed are {gateway} and {stream}, or format \"raw\"")
            }
            guard batching.compression == .none || version == .v5 else {
                throw UplinkError(
                    .format, "compression needs MQTT 5: 3.1.1 cannot say that a payload is compressed")
            }
        }
        self.topic = topic
        self.format = format
        self.version = version
    }
}
