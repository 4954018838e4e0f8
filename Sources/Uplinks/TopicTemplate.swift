import Records

/// The topic that a record is published to, such as `gateways/{gateway}/{topic}`.
///
/// | placeholder | stands for |
/// |---|---|
/// | `{gateway}` | the gateway's id |
/// | `{stream}` | the stream's name |
/// | `{topic}` | the topic that the record came on; `millrace/lost` for word of a loss |
/// | `{device}` | the device of a serial reading, else the last level of the record's topic; see below |
///
/// A level that is empty is no device. Where there is none at all, and for word of a loss, `{device}` is `unknown`. A
/// device's name may hold what a topic level may not: `/`, `+`, `#` and NUL become `_` in the topic. The payload and
/// the properties keep the name as it is.
public struct TopicTemplate: Hashable, Sendable, CustomStringConvertible {
    /// What may stand between braces.
    public enum Placeholder: String, Hashable, Sendable, CaseIterable {
        case gateway, stream, topic, device

        /// Whether it can differ from record to record of one stream.
        public var isPerRecord: Bool { self == .topic || self == .device }
    }

    /// A piece of a template.
    public enum Part: Hashable, Sendable {
        /// Text that stands for itself.
        case literal(String)
        /// What is filled in.
        case placeholder(Placeholder)
    }

    /// The topic that stands for `{topic}` where there is no record: word of a loss.
    public static let lossTopic = "millrace/lost"
    /// Bytes of a template: with every placeholder a gateway of the longest name it still gives a topic.
    public static let sizeMax = 1024
    /// What stands for `{device}` where no device is known.
    public static let unknownDevice = "unknown"

    /// The template as it was written.
    public let description: String
    let parts: [Part]

    /// Reads a template.
    ///
    /// - Parameters:
    ///   - text: the template.
    ///   - allowed: the placeholders that make sense here. A message of many records has one topic, so a template for
    ///     batches allows only those that are not ``Placeholder/isPerRecord``.
    /// - Throws: ``UplinkError`` where it is empty or too long, has a wildcard, a NUL, an unknown or disallowed
    ///   placeholder or a brace without its other half, or begins with `$SYS` or `$share`.
    public init(_ text: String, allowing allowed: [Placeholder] = Placeholder.allCases) throws(UplinkError) {
        guard !text.isEmpty else { throw UplinkError(.topicTemplate, "the topic template is empty") }
        guard text.utf8.count <= Self.sizeMax else {
            throw UplinkError(.topicTemplate, "the topic template is longer than \(Self.sizeMax) bytes")
        }
        for (byte, name) in [(UInt8(ascii: "+"), "'+'"), (UInt8(ascii: "#"), "'#'"), (0, "a NUL")]
        where text.utf8.contains(byte) {
            throw UplinkError(
                .topicTemplate,
                "topic template '\(text)' contains \(name): nothing can be published to a wildcard or through a NUL")
        }
        let first = text.prefix { $0 != "/" }
        guard first != "$SYS", first != "$share" else {
            throw UplinkError(
                .topicTemplate, "topic template '\(text)' begins with \(first), which belongs to the broker")
        }
        parts = try Self.parse(text, allowing: allowed)
        description = text
    }

    /// Whether records of one stream may get different topics.
    public var isPerRecord: Bool {
        parts.contains { if case .placeholder(let placeholder) = $0 { placeholder.isPerRecord } else { false } }
    }

    /// What `{device}` stands for: the device that the source named, or the last level of the topic that is not empty.
    public static func device(of record: Record) -> String {
        if let device = record.properties?.device, !device.isEmpty { return device }
        let slash = UInt8(ascii: "/")
        let topic = record.topic.utf8
        guard let last = topic.lastIndex(where: { $0 != slash }) else { return unknownDevice }
        let first = topic[...last].lastIndex(of: slash).map { topic.index(after: $0) } ?? topic.startIndex
        return String(topic[first...last]) ?? unknownDevice
    }

    /// Fills in what is the same for all records of a stream.
    func bound(gateway: GatewayID, stream: StreamName, limits: TopicLimits = TopicLimits()) -> BoundTopic {
        BoundTopic(parts: parts, gateway: gateway, stream: stream, limits: limits)
    }

    /// Takes a template apart; knows nothing of what a topic may be, so that other templates can use it.
    ///
    /// - Parameter kind: what messages call it.
    /// - Throws: ``UplinkError`` where a placeholder is unknown or not allowed, or a brace lacks its other half.
    public static func parse(
        _ text: String, as kind: String = "topic template", allowing allowed: [Placeholder] = Placeholder.allCases
    ) throws(UplinkError) -> [Part] {
        let names = allowed.map { "{\($0.rawValue)}" }.joined(separator: ", ")
        var parts: [Part] = []
        var rest = text[...]
        while let open = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            guard rest[open] == "{", let close = rest[open...].firstIndex(of: "}") else {
                throw UplinkError(
                    .topicTemplate, "\(kind) '\(text)' has a brace without its other half; allowed are \(names)")
            }
            let name = String(rest[rest.index(after: open)..<close])
            guard let placeholder = Placeholder(rawValue: name) else {
                throw UplinkError(
                    .topicTemplate,
                    "\(kind) '\(text)' has an unknown placeholder {\(name)}; allowed are \(names)")
            }
            guard allowed.contains(placeholder) else {
                throw UplinkError(
                    .topicTemplate,
                    "\(kind) '\(text)' has {\(name)}, but a batch of records has one; allowed are \(names)"
                )
            }
            if open > rest.startIndex { parts.append(.literal(String(rest[..<open]))) }
            parts.append(.placeholder(placeholder))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { parts.append(.literal(String(rest))) }
        return parts
    }
}
