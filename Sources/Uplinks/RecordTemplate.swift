import Records

/// A text that is made for each record, such as a partition key or the path of a url: what ``TopicTemplate`` is to
/// topics, without what a topic may not be.
public struct RecordTemplate: Hashable, Sendable, CustomStringConvertible {
    /// The template as it was written.
    public let description: String
    private let parts: [TopicTemplate.Part]

    /// Reads a template with the placeholders of ``TopicTemplate``.
    ///
    /// - Parameters:
    ///   - kind: what messages call it, such as `partition key`.
    ///   - allowed: the placeholders that make sense here.
    /// - Throws: ``UplinkError`` where a placeholder is unknown or not allowed, or a brace lacks its other half.
    public init(
        _ text: String, as kind: String,
        allowing allowed: [TopicTemplate.Placeholder] = TopicTemplate.Placeholder.allCases
    ) throws(UplinkError) {
        parts = try TopicTemplate.parse(text, as: kind, allowing: allowed)
        description = text
    }

    /// A text that stands for itself, then another template, then a text again.
    ///
    /// - Parameter write: how the other template's own text is spelled.
    init(
        literal: String, _ template: RecordTemplate? = nil, literal suffix: String = "",
        writing write: (String) -> String = { $0 }
    ) {
        description = literal + (template?.description ?? "") + suffix
        var parts: [TopicTemplate.Part] = [.literal(literal)]
        for part in template?.parts ?? [] {
            if case .literal(let text) = part { parts.append(.literal(write(text))) } else { parts.append(part) }
        }
        if !suffix.isEmpty { parts.append(.literal(suffix)) }
        self.parts = parts
    }

    /// Whether records of one stream may get different texts.
    public var isPerRecord: Bool {
        parts.contains { if case .placeholder(let placeholder) = $0 { placeholder.isPerRecord } else { false } }
    }

    /// The text for a record; nil stands for word of a loss.
    ///
    /// - Parameter write: how what stands for a placeholder is spelled.
    public func text(
        for record: Record?, gateway: GatewayID, stream: StreamName,
        writing write: (String, TopicTemplate.Placeholder) -> String = { text, _ in text }
    ) -> String {
        if parts.count == 1, case .literal(let whole) = parts[0] { return whole }
        var text = ""
        for part in parts {
            switch part {
            case .literal(let literal): text += literal
            case .placeholder(.gateway): text += write(gateway.rawValue, .gateway)
            case .placeholder(.stream): text += write(stream.rawValue, .stream)
            case .placeholder(.topic): text += write(record?.topic ?? TopicTemplate.lossTopic, .topic)
            case .placeholder(.device):
                text += write(record.map { TopicTemplate.device(of: $0) } ?? TopicTemplate.unknownDevice, .device)
            }
        }
        return text
    }
}
