import FoundationEssentials
import Records

/// Requests to Confluent's REST API for Kafka: v3 "Produce records" in streaming mode, one JSON object after the other.
///
/// The response has a report for each message, in the same order, each with its own `error_code`: what Kafka did not
/// take is sent again alone, and what it will never take is rejected.
public struct ConfluentForm: RequestForm {
    /// Bytes of one message in Confluent Cloud, and of a request.
    public static let sizeMax = 8 << 20
    /// Bytes of a message beside payload and topic, its headers in Base64.
    private static let envelopeSize = 760
    /// Requests of more messages than that could have a report that is longer than what is read of a response.
    private static let recordsMax = 2000

    /// What one request may hold.
    public let limits: RequestLimits
    private let url: URLTemplate
    private let key: RecordTemplate?
    private let fields: HTTPFields
    private var messages: MessageWriter
    private var writer = JSONWriter()
    private var timestamps = TimestampWriter()

    /// - Parameters:
    ///   - url: of the API, `https://HOST`; what stands behind is made of the cluster and the topic.
    ///   - cluster: its id, such as `lkc-a1b2c3`.
    ///   - topic: the Kafka topic, for each record.
    ///   - key: the message's key; nil: none.
    ///   - fields: sent with each request.
    ///   - recordsMax: records in one request.
    public init(
        url: HTTPURL, cluster: String, topic: RecordTemplate, key: RecordTemplate? = nil,
        content: MessageContent = .records,
        gateway: GatewayID, fields: HTTPFields = [:], recordsMax: Int = 500, sizeTarget: Int = 512 << 10
    ) {
        var url = url
        if url.path.last == "/" { url.path.removeLast() }
        url.path += "/kafka/v3/clusters/\(HTTPURL.encode(cluster))/topics/"
        self.url = URLTemplate(url, appending: topic, then: "/records")
        self.key = key
        self.fields = fields
        limits = RequestLimits(
            recordsMax: min(recordsMax, Self.recordsMax), sizeTarget: min(sizeTarget, Self.sizeMax),
            sizeMax: Self.sizeMax)
        messages = MessageWriter(content, gateway: gateway, prefix: "ce_")
    }

    /// The payload in Base64 with its headers.
    public func sizeEstimate(of record: Record) -> Int {
        let size = messages.sizeEstimate(of: record) * 4 / 3
        return messages.isPerRecord ? size + record.topic.utf8.count * 4 / 3 + Self.envelopeSize : size
    }

    /// The topic, and where records share a message, its key.
    public func sharedKey(of record: Record, of batch: RecordBatch) -> String? {
        let own = messages.isPerRecord ? nil : key?.text(for: record, gateway: batch.gateway, stream: batch.stream)
        guard url.isPerRecord else { return own }
        return url.url(for: record, gateway: batch.gateway, stream: batch.stream).path + " " + (own ?? "")
    }

    /// Messages one behind the other.
    public mutating func request(for records: ArraySlice<Record>, of batch: RecordBatch) -> HTTPRequest {
        writer.removeAll()
        var body: [UInt8] = []
        if messages.isPerRecord {
            for index in records.indices {
                messages.make(records[index...index], of: batch)
                writeMessage(of: records[index], batch.gateway, batch.stream, into: &body)
            }
        } else {
            messages.make(records, of: batch)
            writeMessage(of: records.last, batch.gateway, batch.stream, into: &body)
        }
        return request(body, url.url(for: records.first, gateway: batch.gateway, stream: batch.stream))
    }

    /// One message.
    public mutating func request(for loss: LostRange, of gateway: GatewayID) -> HTTPRequest {
        var body: [UInt8] = []
        messages.make(loss, of: gateway)
        writeMessage(of: nil, gateway, loss.stream, into: &body)
        return request(body, url.url(for: nil, gateway: gateway, stream: loss.stream))
    }

    /// The reports of a response with status 200; else what the status says.
    public func verdict(on response: HTTPResponse, recordCount: Int) -> ResponseVerdict {
        guard response.status == 200 else { return ResponseVerdict(status: response) }
        let reports = ConfluentReport.read(response.body)
        guard messages.isPerRecord || recordCount == 1 else { return Self.verdict(on: reports.first) }
        return .each(reports.prefix(recordCount).map(\.recordVerdict))
    }

    /// What the report of a message says of all its records.
    private static func verdict(on report: ConfluentReport?) -> ResponseVerdict {
        switch report?.recordVerdict {
        case .accepted: .accepted
        case .refused(let reason): report?.status == 413 ? .tooLarge(reason: reason) : .refused(reason: reason)
        case .retry(let reason, let isAlarm): .retry(after: nil, reason: reason, isAlarm: isAlarm)
        case nil: .retry(after: nil, reason: "the response holds no report", isAlarm: false)
        }
    }

    private mutating func writeMessage(
        of record: Record?, _ gateway: GatewayID, _ stream: StreamName, into body: inout [UInt8]
    ) {
        writer.removeAll()
        writer.beginObject()
        writer.key("headers")
        writer.beginArray()
        if let type = messages.contentType { writeHeader("content-type", Array(type.utf8)) }
        for (name, value) in messages.attributes.pairs { writeHeader(name, Array(value.utf8)) }
        writer.endArray()
        if let key {
            writer.key("key")
            write(Array(key.text(for: record, gateway: gateway, stream: stream).utf8)[...])
        }
        writer.key("value")
        write(messages.payload)
        if let record {
            writer.key("timestamp")
            timestamps.set(record.time.wallMilliseconds)
            writer.string(utf8: timestamps.text)
        }
        writer.endObject()
        body += writer.bytes
        body.append(UInt8(ascii: "\n"))
    }

    private mutating func writeHeader(_ name: String, _ value: [UInt8]) {
        writer.beginObject()
        writer.member("name", string: name)
        writer.key("value")
        writer.base64(value)
        writer.endObject()
    }

    /// As `BINARY`, which arrives as the same bytes whatever they are.
    private mutating func write(_ value: ArraySlice<UInt8>) {
        writer.beginObject()
        writer.member("type", string: "BINARY")
        writer.key("data")
        writer.base64(value)
        writer.endObject()
    }

    private func request(_ body: [UInt8], _ url: HTTPURL) -> HTTPRequest {
        var request = HTTPRequest(url: url, fields: fields, body: body)
        request.fields["content-type"] = "application/json"
        request.isChunked = true
        return request
    }
}

/// What Confluent's API says of one message.
struct ConfluentReport: Hashable {
    /// As HTTP counts, also where it came as five digits, such as 40002.
    let status: Int
    let message: String

    /// All reports of a response, as far as it is well-formed.
    static func read(_ body: [UInt8]) -> [ConfluentReport] {
        var reports: [ConfluentReport] = []
        var skimmer = JSONSkimmer(body[...])
        while !skimmer.isAtEnd() {
            var code: Int?
            var message = ""
            do {
                try skimmer.forEachMember { skimmer, name in
                    let value = try skimmer.value()
                    switch String(decoding: name, as: UTF8.self) {
                    case "error_code": code = Int(String(decoding: value, as: UTF8.self))
                    case "message": message = ResponseVerdict.firstWords(of: value.dropFirst().dropLast())
                    default: return
                    }
                }
            } catch {
                // What is cut off or no JSON speaks of no message: those left are sent again.
                return reports
            }
            guard let code else { return reports }
            reports.append(ConfluentReport(status: code >= 10_000 ? code / 100 : code, message: message))
        }
        return reports
    }

    var recordVerdict: RecordVerdict {
        let reason = "error_code \(status)" + (message.isEmpty ? "" : ": \(message)")
        switch status {
        case 200..<300: return .accepted
        case 400, 413, 422: return .refused(reason: reason)
        default: return .retry(reason: reason, isAlarm: [401, 403, 404].contains(status))
        }
    }
}
