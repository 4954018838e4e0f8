import Records
import Uplinks

/// The topic that records go to, or the key that chooses their partition, such as `telemetry` or `{device}`.
///
/// Placeholders are those of ``/Uplinks/TopicTemplate``. In a topic, what comes from a record is fitted to Kafka's
/// rules: `/` becomes `.`, and every other byte that is not a letter, a digit, `.`, `_` or `-` becomes `_`. A key takes
/// what comes as it is.
public struct KafkaTemplate: Hashable, Sendable, CustomStringConvertible {
    /// What a template is of.
    public enum Use: Hashable, Sendable { case topic, key }

    /// Bytes of a topic's name: Kafka's own limit.
    public static let topicSizeMax = 249

    /// The template as it was written.
    public let description: String
    /// What it is of.
    public let use: Use
    private let parts: [TopicTemplate.Part]

    /// Reads a template.
    ///
    /// - Parameter allowed: the placeholders that make sense here; for messages of many records those that are not per
    ///   record.
    /// - Throws: ``/Uplinks/UplinkError`` where it is empty or too long, has an unknown placeholder or one that is not
    ///   allowed, or, as a topic, a character that Kafka's topics cannot have.
    public init(
        _ text: String, for use: Use, allowing allowed: [TopicTemplate.Placeholder] = TopicTemplate.Placeholder.allCases
    ) throws(UplinkError) {
        let kind = use == .topic ? "topic template" : "key template"
        guard !text.isEmpty, text.utf8.count <= TopicTemplate.sizeMax else {
            throw UplinkError(
                .topicTemplate, "a \(kind) has 1 to \(TopicTemplate.sizeMax) bytes; '\(text.prefix(40))' has not")
        }
        parts = try TopicTemplate.parse(text, as: kind, allowing: allowed)
        if use == .topic {
            for case .literal(let literal) in parts {
                guard let byte = literal.utf8.first(where: { !Self.isTopicByte($0) }) else { continue }
                throw UplinkError(
                    .topicTemplate,
                    "topic template '\(text)' has '\(String(decoding: [byte], as: UTF8.self))'; Kafka's topics are "
                        + "made of letters, digits, '.', '_' and '-'")
            }
            guard text != ".", text != ".." else {
                throw UplinkError(.topicTemplate, "a topic cannot be called '\(text)'")
            }
        }
        description = text
        self.use = use
    }

    /// Whether records of one stream may get different texts.
    public var isPerRecord: Bool {
        parts.contains { if case .placeholder(let placeholder) = $0 { placeholder.isPerRecord } else { false } }
    }

    /// Fills in what is the same for all records of a stream.
    func bound(gateway: GatewayID, stream: StreamName) -> Bound {
        Bound(parts: parts, use: use, gateway: gateway, stream: stream)
    }

    /// What Kafka's topics are made of.
    static func isTopicByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }

    /// A template with the gateway and the stream filled in.
    struct Bound: Sendable {
        private enum Part {
            case literal([UInt8])
            case topic
            case device
        }

        private let use: Use
        private let parts: [Part]
        /// The whole text, where no part differs from record to record.
        let constant: [UInt8]?

        init(parts source: [TopicTemplate.Part], use: Use, gateway: GatewayID, stream: StreamName) {
            self.use = use
            parts = source.map { part in
                switch part {
                case .literal(let text): .literal(Array(text.utf8))
                case .placeholder(.gateway): .literal(Array(gateway.rawValue.utf8))
                case .placeholder(.stream): .literal(Array(stream.rawValue.utf8))
                case .placeholder(.topic): .topic
                case .placeholder(.device): .device
                }
            }
            var whole: [UInt8]? = []
            for part in parts {
                if case .literal(let bytes) = part { whole? += bytes } else { whole = nil }
            }
            constant = whole
        }

        /// Puts the text for a record in the place of what `bytes` held.
        func write(_ record: Record, to bytes: inout [UInt8]) {
            bytes.removeAll(keepingCapacity: true)
            for part in parts {
                switch part {
                case .literal(let literal): bytes.append(contentsOf: literal)
                case .topic: append(record.topic, to: &bytes)
                case .device: append(TopicTemplate.device(of: record), to: &bytes)
                }
            }
        }

        /// The text where there is no record: for word of a loss, and for messages of many.
        func withoutRecord() -> [UInt8] {
            var bytes: [UInt8] = []
            for part in parts {
                switch part {
                case .literal(let literal): bytes += literal
                case .topic: append(TopicTemplate.lossTopic, to: &bytes)
                case .device: append(TopicTemplate.unknownDevice, to: &bytes)
                }
            }
            return bytes
        }

        /// Why a text cannot be a topic; nil where it can, which is nearly always.
        static func problem(withTopic bytes: [UInt8]) -> String? {
            if bytes.isEmpty { return "it has no topic" }
            if bytes.count > KafkaTemplate.topicSizeMax {
                return "its topic would have \(bytes.count) bytes; Kafka allows \(KafkaTemplate.topicSizeMax)"
            }
            return bytes.count <= 2 && bytes.allSatisfy { $0 == UInt8(ascii: ".") }
                ? "its topic would be '\(String(decoding: bytes, as: UTF8.self))', which Kafka does not allow" : nil
        }

        private func append(_ text: String, to bytes: inout [UInt8]) {
            let start = bytes.count
            bytes.append(contentsOf: text.utf8)
            guard use == .topic else { return }
            for index in start..<bytes.count where !KafkaTemplate.isTopicByte(bytes[index]) {
                bytes[index] = bytes[index] == UInt8(ascii: "/") ? UInt8(ascii: ".") : UInt8(ascii: "_")
            }
        }
    }
}
