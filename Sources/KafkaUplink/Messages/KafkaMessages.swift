import Records
import Synchronization
import Uplinks

/// Makes Kafka messages of records, in one format.
///
/// `raw`: one message per record, the payload as it came, the identity as CloudEvents in binary mode (Kafka Protocol
/// Binding 1.0.2, section 3.2): headers `ce_id`, `ce_source`, ... and `content-type`. What a sender of MQTT 5 gave
/// along as user properties become headers of their own name; one that has the name of one of ours is passed on as
/// `original-<name>`.
///
/// Batches: a message holds many records as its encoder writes them, and says what it is in `content-type`.
final class KafkaMessages: Sendable {
    /// The messages of a piece of a batch: which records each holds.
    enum Plan: Sendable {
        /// One record each.
        case single(Range<Int>)
        /// Many, without holes.
        case many([Range<Int>])

        var count: Int {
            switch self {
            case .single(let range): range.count
            case .many(let ranges): ranges.count
            }
        }

        subscript(index: Int) -> Range<Int> {
            switch self {
            case .single(let range): (range.lowerBound + index)..<(range.lowerBound + index + 1)
            case .many(let ranges): ranges[index]
            }
        }
    }

    private struct Tools {
        var attributes: BinaryAttributes
        var encoder: (any BatchEncoder)?
        var topic: (stream: StreamName, bound: KafkaTemplate.Bound)?
        var key: (stream: StreamName, bound: KafkaTemplate.Bound)?
    }

    private static let contentType = "content-type"
    private static let prefix = "ce_"
    private let gateway: GatewayID
    private let topic: KafkaTemplate
    private let key: KafkaTemplate
    /// Bytes that a record takes in a message of many; nil where a message holds one.
    private let sizeEstimate: (@Sendable (Record) -> Int)?
    /// Used by one thread at a time: messages are asked for one after the other.
    private let tools: Mutex<Tools>

    init(gateway: GatewayID, topic: KafkaTemplate, key: KafkaTemplate, encoder: sending (any BatchEncoder)?) {
        self.gateway = gateway
        self.topic = topic
        self.key = key
        sizeEstimate = encoder.map { Self.sizeEstimate($0) }
        tools = Mutex(Tools(attributes: BinaryAttributes(gateway: gateway, prefix: Self.prefix), encoder: encoder))
    }

    private static func sizeEstimate<Encoder: BatchEncoder>(_: Encoder) -> @Sendable (Record) -> Int {
        { Encoder.sizeEstimate(of: $0) }
    }

    /// Cuts a piece of a batch into messages.
    func plan(_ piece: Range<Int>, of batch: RecordBatch, recordsMax: Int, sizeTarget: Int) -> Plan {
        guard let sizeEstimate else { return .single(piece) }
        let plan = BatchPlan(
            batch.records, from: piece.lowerBound, upTo: piece.upperBound, recordsMax: recordsMax,
            sizeTarget: sizeTarget, sizeEstimate: sizeEstimate)
        return .many(plan.messages)
    }

    /// The first record of a piece that no topic can be made for, and why.
    func unfit(_ piece: Range<Int>, of batch: RecordBatch) -> (index: Int, reason: String)? {
        guard topic.isPerRecord else { return nil }
        let bound = topic.bound(gateway: gateway, stream: batch.stream)
        var text: [UInt8] = []
        for index in piece {
            bound.write(batch.records[index], to: &text)
            if let problem = KafkaTemplate.Bound.problem(withTopic: text) { return (index, problem) }
        }
        return nil
    }

    /// Fills a message with some records of a batch: with one where the format is raw.
    ///
    /// - Parameter isUndated: leaves Kafka's timestamp to the moment of sending.
    func fill(_ message: inout KafkaMessage, with range: Range<Int>, of batch: RecordBatch, isUndated: Bool) {
        tools.withLock { tools in
            prepare(&message, stream: batch.stream, record: batch.records[range.lowerBound], &tools)
            message.milliseconds = isUndated ? nil : Self.milliseconds(of: batch.records[range])
            message.headers.removeAll()
            if tools.encoder != nil {
                tools.encoder!.encode(batch.records[range], of: batch)
                message.payload = tools.encoder!.bytes[...]
                message.headers.append(Self.contentType, tools.encoder!.contentType)
                append(path: LoopGuard.path(of: batch.records[range.lowerBound]), to: &message.headers)
                message.headers.append(LoopGuard.propertyName, gateway.rawValue)
            } else {
                let record = batch.records[range.lowerBound]
                message.payload = record.payload
                tools.attributes.append(record, of: batch, to: &message.headers)
                if let properties = record.properties { append(properties, of: record, to: &message.headers) }
            }
        }
    }

    /// Fills a message with word of a loss.
    func fill(_ message: inout KafkaMessage, with loss: LostRange) {
        tools.withLock { tools in
            message.topic = topic.bound(gateway: gateway, stream: loss.stream).withoutRecord()
            message.key = key.bound(gateway: gateway, stream: loss.stream).withoutRecord()
            message.milliseconds = nil
            message.headers.removeAll()
            if tools.encoder != nil {
                tools.encoder!.encode(loss, of: gateway)
                message.payload = tools.encoder!.bytes[...]
                message.headers.append(Self.contentType, tools.encoder!.contentType)
                message.headers.append(LoopGuard.propertyName, gateway.rawValue)
            } else {
                message.payload = BinaryAttributes.data(of: loss)[...]
                tools.attributes.append(loss, to: &message.headers)
                message.headers.append(Self.contentType, "application/json")
            }
        }
    }

    private func prepare(
        _ message: inout KafkaMessage, stream: StreamName, record: Record, _ tools: inout Tools
    ) {
        if tools.topic?.stream != stream {
            tools.topic = (stream, topic.bound(gateway: gateway, stream: stream))
            tools.key = (stream, key.bound(gateway: gateway, stream: stream))
        }
        guard let topic = tools.topic?.bound, let key = tools.key?.bound else { return }
        if let constant = topic.constant { message.topic = constant } else { topic.write(record, to: &message.topic) }
        if let constant = key.constant { message.key = constant } else { key.write(record, to: &message.key) }
    }

    /// Kafka's timestamp, by which topics are kept and searched: that of the newest record. One of a boot that never
    /// saw the time would have the message expire at once, so it gets the time of sending; `ce_time` keeps its own.
    private static func milliseconds(of records: ArraySlice<Record>) -> Int64? {
        guard let time = records.last?.time, time.quality != .unsynchronised, time.wallMilliseconds > 0 else {
            return nil
        }
        return time.wallMilliseconds
    }

    private func append(_ properties: RecordProperties, of record: Record, to headers: inout AttributeList) {
        if let contentType = properties.contentType { headers.append(Self.contentType, contentType) }
        guard !properties.userProperties.isEmpty else { return }
        append(path: LoopGuard.path(of: record), to: &headers)
        for property in properties.userProperties where property.name != LoopGuard.propertyName {
            let isOurs = property.name == Self.contentType || property.name.hasPrefix(Self.prefix)
            headers.append(isOurs ? "original-" + property.name : property.name, property.value)
        }
    }

    private func append(path: [String], to headers: inout AttributeList) {
        for origin in path where origin != gateway.rawValue { headers.append(LoopGuard.propertyName, origin) }
    }
}
