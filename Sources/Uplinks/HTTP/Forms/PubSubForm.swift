import Records

/// Requests to Google Cloud Pub/Sub: `publish` of its REST API, version 1.
///
/// Attributes are those of CloudEvents' binding for Pub/Sub, in binary mode: `ce-id`, `ce-source`, …, `content-type`. A
/// record with an attribute that is too long for Pub/Sub goes in structured mode, as one event in JSON. Where there is
/// an ordering key, records of one key share a request, as Pub/Sub wants it.
public struct PubSubForm: RequestForm {
    /// Messages of a request.
    public static let recordsMax = 1000
    /// Bytes of a request.
    public static let sizeMax = 10_000_000
    /// Bytes of an ordering key, and of the value of an attribute.
    private static let valueSizeMax = 1024
    /// Bytes that a message takes beside payload and topic.
    private static let envelopeSize = 420

    /// What one request may hold.
    public let limits: RequestLimits
    private let url: URLTemplate
    private let key: RecordTemplate?
    private let fields: HTTPFields
    private var messages: MessageWriter
    private var events: MessageWriter
    private var writer = JSONWriter()

    /// - Parameters:
    ///   - url: of the service, `https://pubsub.googleapis.com`, or of an emulator.
    ///   - project: the id of the project that the topic is in.
    ///   - topic: its name, for each record.
    ///   - key: the ordering key; nil: none, and no order at the consumer.
    ///   - fields: sent with each request.
    public init(
        url: HTTPURL, project: String, topic: RecordTemplate, key: RecordTemplate? = nil,
        content: MessageContent = .records, gateway: GatewayID, fields: HTTPFields = [:],
        recordsMax: Int = Self.recordsMax, sizeTarget: Int = 512 << 10
    ) {
        var url = url
        if url.path.last == "/" { url.path.removeLast() }
        url.path += "/v1/projects/\(HTTPURL.encode(project))/topics/"
        self.url = URLTemplate(url, appending: topic, then: ":publish")
        self.key = key
        self.fields = fields
        limits = RequestLimits(
            recordsMax: min(recordsMax, Self.recordsMax), sizeTarget: min(sizeTarget, Self.sizeMax),
            sizeMax: Self.sizeMax)
        messages = MessageWriter(content, gateway: gateway, prefix: "ce-")
        events = MessageWriter(.events, gateway: gateway, prefix: "")
    }

    /// The payload in Base64 with its attributes.
    public func sizeEstimate(of record: Record) -> Int {
        let size = messages.sizeEstimate(of: record) * 4 / 3
        return messages.isPerRecord ? size + record.topic.utf8.count + Self.envelopeSize : size
    }

    /// The topic and the ordering key.
    public func sharedKey(of record: Record, of batch: RecordBatch) -> String? {
        let own = key.map { bounded($0.text(for: record, gateway: batch.gateway, stream: batch.stream)) }
        guard url.isPerRecord else { return own }
        return url.url(for: record, gateway: batch.gateway, stream: batch.stream).path + " " + (own ?? "")
    }

    /// An object with all messages.
    public mutating func request(for records: ArraySlice<Record>, of batch: RecordBatch) -> HTTPRequest {
        let key = key.map { bounded($0.text(for: records.first, gateway: batch.gateway, stream: batch.stream)) }
        begin()
        if messages.isPerRecord {
            for index in records.indices { writeMessage(records[index...index], of: batch, key) }
        } else {
            writeMessage(records, of: batch, key)
        }
        return finish(url.url(for: records.first, gateway: batch.gateway, stream: batch.stream))
    }

    /// An object with one message.
    public mutating func request(for loss: LostRange, of gateway: GatewayID) -> HTTPRequest {
        begin()
        messages.make(loss, of: gateway)
        write(messages, key.map { bounded($0.text(for: nil, gateway: gateway, stream: loss.stream)) })
        return finish(url.url(for: nil, gateway: gateway, stream: loss.stream))
    }

    /// All, where the response has an id for each message; else what the status says. Of "400" only
    /// `INVALID_ARGUMENT` speaks of the records.
    public func verdict(on response: HTTPResponse, recordCount: Int) -> ResponseVerdict {
        switch response.status {
        case 200:
            let count = messages.isPerRecord ? recordCount : 1
            guard Self.messageCount(in: response.body) == count else {
                return .retry(after: nil, reason: "the response does not speak of every message", isAlarm: true)
            }
            return .accepted
        case 400:
            let reason = ResponseVerdict.reason(of: response)
            guard JSONMembers(response.body)?["status"] == "INVALID_ARGUMENT" else {
                return .retry(after: nil, reason: reason, isAlarm: true)
            }
            return .refused(reason: reason)
        default: return ResponseVerdict(status: response)
        }
    }

    private mutating func begin() {
        writer.removeAll()
        writer.beginObject()
        writer.key("messages")
        writer.beginArray()
    }

    private mutating func writeMessage(_ records: ArraySlice<Record>, of batch: RecordBatch, _ key: String?) {
        messages.make(records, of: batch)
        var isTooLong = (messages.contentType?.utf8.count ?? 0) > Self.valueSizeMax
        messages.attributes.forEach { _, value in isTooLong = isTooLong || value.count > Self.valueSizeMax }
        if isTooLong {
            events.make(records, of: batch)
            write(events, key)
        } else {
            write(messages, key)
        }
    }

    private mutating func write(_ message: MessageWriter, _ key: String?) {
        writer.beginObject()
        writer.key("data")
        writer.base64(message.payload)
        writer.key("attributes")
        writer.beginObject()
        if let type = message.contentType { writer.member("content-type", string: type) }
        message.attributes.forEach { name, value in
            writer.key(String(decoding: name, as: UTF8.self))
            writer.string(utf8: value)
        }
        writer.endObject()
        if let key { writer.member("orderingKey", string: key) }
        writer.endObject()
    }

    private mutating func finish(_ url: HTTPURL) -> HTTPRequest {
        writer.endArray()
        writer.endObject()
        var request = HTTPRequest(url: url, fields: fields, body: writer.bytes)
        request.fields["content-type"] = "application/json"
        return request
    }

    private func bounded(_ key: String) -> String {
        guard key.utf8.count > Self.valueSizeMax else { return key }
        // Cut between characters, whatever the last of them is.
        var bytes = Array(key.utf8.prefix(Self.valueSizeMax))
        while let last = bytes.popLast(), last & 0xC0 == 0x80 {}
        return String(decoding: bytes, as: UTF8.self)
    }

    /// How many messages a response has ids for.
    private static func messageCount(in body: [UInt8]) -> Int {
        var count = 0
        var skimmer = JSONSkimmer(body[...])
        // What is no JSON has no ids.
        try? skimmer.forEachMember { skimmer, name in
            guard String(decoding: name, as: UTF8.self) == "messageIds" else {
                _ = try skimmer.value()
                return
            }
            try skimmer.forEachElement { skimmer in
                _ = try skimmer.value()
                count += 1
            }
        }
        return count
    }
}
