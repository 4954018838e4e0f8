import Records
import Uplinks

/// What ``KafkaProducerUplink`` sends, and as what.
public struct KafkaUplinkConfiguration: Sendable {
    /// The form in which records travel.
    public enum Format: Sendable {
        /// One message per record, the payload as it came, its identity in headers.
        case raw
        /// Messages of many records, as the encoder writes them.
        case batched(Batching)
    }

    /// How records are put together in one message.
    public struct Batching: Sendable {
        /// Records in one message.
        public var recordsMax: Int
        /// Bytes in one message, before compression; a target, which only a record that is larger by itself exceeds.
        public var sizeTarget: ByteCount
        /// Makes the encoder that writes the messages.
        public var encoder: @Sendable () -> any BatchEncoder

        /// Messages of CloudEvents in JSON, unless said otherwise.
        public init(
            recordsMax: Int = 500, sizeTarget: ByteCount = .kibibytes(96),
            encoder: @escaping @Sendable () -> any BatchEncoder = { CloudEventsEncoder() }
        ) {
            precondition(recordsMax > 0, "a message has at least one record")
            precondition(sizeTarget.rawValue > 0, "a message has a size")
            self.recordsMax = recordsMax
            self.sizeTarget = sizeTarget
            self.encoder = encoder
        }
    }

    /// Where records go.
    public let topic: KafkaTemplate
    /// What chooses their partition: records of one key stay in order.
    public let key: KafkaTemplate
    /// The form in which records travel.
    public let format: Format

    /// - Throws: ``/Uplinks/UplinkError`` where the parts do not fit: a topic or key per record for a message of many
    ///   records.
    public init(topic: KafkaTemplate, key: KafkaTemplate, format: Format) throws(UplinkError) {
        precondition(topic.use == .topic && key.use == .key, "a topic is a topic and a key a key")
        if case .batched = format {
            for template in [topic, key] where template.isPerRecord {
                throw UplinkError(
                    .format,
                    "template '\(template)' differs from record to record, but a message holds many; allowed are "
                        + "{gateway} and {stream}, or format \"raw\"")
            }
        }
        self.topic = topic
        self.key = key
        self.format = format
    }
}
