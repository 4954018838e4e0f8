import Records

/// A topic template with the gateway and the stream filled in: what is left differs from record to record.
struct BoundTopic: Sendable {
    private enum Part {
        case literal(String)
        case topic
        case device
    }

    private let parts: [Part]
    private let limits: TopicLimits
    /// Whether the first character comes from the record. A `$` at the front that the operator wrote, as AWS IoT Basic
    /// Ingest wants it, is the operator's wish; one that a record brings is an accident.
    private let beginsWithRecord: Bool

    init(parts source: [TopicTemplate.Part], gateway: GatewayID, stream: StreamName, limits: TopicLimits) {
        self.limits = limits
        var parts: [Part] = []
        var literal = ""
        func add(_ part: Part) {
            if !literal.isEmpty { parts.append(.literal(literal)) }
            literal = ""
            parts.append(part)
        }
        for part in source {
            switch part {
            case .literal(let text): literal += text
            case .placeholder(.gateway): literal += gateway.rawValue
            case .placeholder(.stream): literal += stream.rawValue
            case .placeholder(.topic): add(.topic)
            case .placeholder(.device): add(.device)
            }
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
        self.parts = parts
        if case .literal? = parts.first { beginsWithRecord = false } else { beginsWithRecord = true }
    }

    /// The topic for a record. Call it for records that ``problem(with:)`` has nothing against.
    func topic(for record: Record) -> String {
        expand(topic: record.topic) { Self.device(of: record) }
    }

    /// The topic for word of a loss, or of a batch, which has no per-record parts.
    func topicWithoutRecord() -> String {
        expand(topic: TopicTemplate.lossTopic) { TopicTemplate.unknownDevice }
    }

    /// Why the record cannot be published under this template; nil where it can, which is nearly always.
    func problem(with record: Record) -> String? {
        if case .literal(let whole)? = parts.first, parts.count == 1 {
            return limits.problem(withLength: whole.utf8.count)
        }
        for byte in record.topic.utf8
        where byte == UInt8(ascii: "+") || byte == UInt8(ascii: "#") || byte == 0 {
            return "its topic '\(record.topic)' contains a wildcard or a NUL"
        }
        var length = 0
        for part in parts {
            switch part {
            case .literal(let text): length += text.utf8.count
            case .topic: length += record.topic.utf8.count
            case .device: length += Self.device(of: record).utf8.count
            }
        }
        if let problem = limits.problem(withLength: length) { return problem }
        if limits.levelsMax != nil, let problem = limits.problem(withLevelsOf: topic(for: record)) { return problem }
        if beginsWithRecord, topic(for: record).utf8.first == UInt8(ascii: "$") {
            return "its topic '\(record.topic)' begins with '$', which belongs to the broker"
        }
        return nil
    }

    private func expand(topic: String, device: () -> String) -> String {
        if parts.count == 1, case .literal(let whole) = parts[0] { return whole }
        var expanded = ""
        expanded.reserveCapacity(64 + topic.utf8.count)
        for part in parts {
            switch part {
            case .literal(let text): expanded += text
            case .topic: expanded += topic
            case .device: expanded += Self.level(device())
            }
        }
        return expanded
    }

    static func device(of record: Record) -> String { TopicTemplate.device(of: record) }

    /// A name without what a topic level cannot hold.
    private static func level(_ name: String) -> String {
        let isUnfit = { (byte: UInt8) in
            byte == UInt8(ascii: "/") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "#") || byte == 0
        }
        guard name.utf8.contains(where: isUnfit) else { return name }
        return String(decoding: name.utf8.map { isUnfit($0) ? UInt8(ascii: "_") : $0 }, as: UTF8.self)
    }
}
