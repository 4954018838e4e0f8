import FoundationEssentials
import Records

/// Requests to Azure Event Hubs: "Send batch events", `application/vnd.microsoft.servicebus.json`.
///
/// A body of such a message is text. A payload that is none goes as Base64, and the property `payloadencoding` says so.
/// Attributes are those of CloudEvents' AMQP Protocol Binding 1.0.2, section 3.1, as a consumer over AMQP reads them.
/// Where there is a partition key, records of one key share a request, so that the order within a key is kept.
public struct EventHubsForm: RequestForm {
    /// A batch may have a mebibyte; that much is not quite used, for the service counts properties in its own way.
    public static let sizeMax = 1_000_000
    /// Bytes that a message takes beside payload and topic.
    private static let envelopeSize = 420

    /// What one request may hold.
    public let limits: RequestLimits
    private let url: HTTPURL
    private let key: RecordTemplate?
    private let fields: HTTPFields
    private var messages: MessageWriter
    private var writer = JSONWriter()

    /// - Parameters:
    ///   - url: of the hub, `https://NAMESPACE.servicebus.windows.net/HUB`.
    ///   - key: the partition key; nil: the service spreads requests over the partitions.
    ///   - fields: sent with each request.
    ///   - recordsMax: records in one request.
    public init(
        url: HTTPURL, key: RecordTemplate? = nil, content: MessageContent = .records, gateway: GatewayID,
        fields: HTTPFields = [:], recordsMax: Int = 500, sizeTarget: Int = 256 << 10
    ) {
        var url = url
        if url.path.last == "/" { url.path.removeLast() }
        if !url.path.hasSuffix("/messages") { url.path += "/messages" }
        url.query = url.query ?? "timeout=60&api-version=2014-01"
        self.url = url
        self.key = key
        self.fields = fields
        limits = RequestLimits(
            recordsMax: recordsMax, sizeTarget: min(sizeTarget, Self.sizeMax), sizeMax: Self.sizeMax)
        messages = MessageWriter(content, gateway: gateway, prefix: "cloudEvents_")
    }

    /// The payload as a string in JSON, with its properties.
    public func sizeEstimate(of record: Record) -> Int {
        let size = messages.sizeEstimate(of: record) * 4 / 3
        return messages.isPerRecord ? size + record.topic.utf8.count + Self.envelopeSize : size
    }

    /// The partition key.
    public func sharedKey(of record: Record, of batch: RecordBatch) -> String? {
        key.map { Self.bounded($0.text(for: record, gateway: batch.gateway, stream: batch.stream)) }
    }

    /// An array of messages.
    public mutating func request(for records: ArraySlice<Record>, of batch: RecordBatch) -> HTTPRequest {
        let key = records.first.flatMap { sharedKey(of: $0, of: batch) }
        writer.removeAll()
        writer.beginArray()
        if messages.isPerRecord {
            for index in records.indices {
                messages.make(records[index...index], of: batch)
                writeMessage(key)
            }
        } else {
            messages.make(records, of: batch)
            writeMessage(key)
        }
        writer.endArray()
        return request(key)
    }

    /// An array of one message.
    public mutating func request(for loss: LostRange, of gateway: GatewayID) -> HTTPRequest {
        let key = key.map { Self.bounded($0.text(for: nil, gateway: gateway, stream: loss.stream)) }
        writer.removeAll()
        writer.beginArray()
        messages.make(loss, of: gateway)
        writeMessage(key)
        writer.endArray()
        return request(key)
    }

    private mutating func writeMessage(_ key: String?) {
        let isText = String(validating: messages.payload, as: UTF8.self) != nil
        writer.beginObject()
        writer.key("Body")
        if isText { writer.string(utf8: messages.payload) } else { writer.base64(messages.payload) }
        if let key {
            writer.key("BrokerProperties")
            writer.beginObject()
            writer.member("PartitionKey", string: key)
            writer.endObject()
        }
        writer.key("UserProperties")
        writer.beginObject()
        var properties = messages.attributes.pairs
        if let type = messages.contentType { properties.append(("contenttype", type)) }
        if !isText { properties.append(("payloadencoding", "base64")) }
        for property in properties {
            writer.key(property.name)
            writer.string(property.value)
        }
        writer.endObject()
        writer.endObject()
    }

    private func request(_ key: String?) -> HTTPRequest {
        var request = HTTPRequest(url: url, fields: fields, body: writer.bytes)
        request.fields["content-type"] = "application/vnd.microsoft.servicebus.json"
        if let key {
            // A field holds ASCII only; JSON can say everything in it.
            request.fields["BrokerProperties"] = Self.ascii(["PartitionKey": key])
        }
        return request
    }

    /// A partition key has 128 characters at most.
    private static func bounded(_ key: String) -> String { String(key.prefix(128)) }

    private static func ascii(_ members: [String: String]) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        for (name, value) in members {
            writer.key(name)
            writer.string(value)
        }
        writer.endObject()
        var text = ""
        for unit in String(decoding: writer.bytes, as: UTF8.self).utf16 {
            if unit < 0x7F, let scalar = Unicode.Scalar(unit) {
                text.unicodeScalars.append(scalar)
            } else {
                let digits = String(unit, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return text
    }
}
