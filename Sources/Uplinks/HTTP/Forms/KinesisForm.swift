import Records

/// Requests to Amazon Kinesis Data Streams: PutRecords.
///
/// A Kinesis record has nothing beside its bytes and its partition key, so it holds CloudEvents or another format that
/// carries the identity. Where it holds many records, a request has one Kinesis record for each key: then the order
/// within a key is kept also where Kinesis takes a part of a request only.
public struct KinesisForm: RequestForm {
    /// Kinesis records in one request, and so records.
    public static let recordsMax = 500
    /// Bytes of a request.
    public static let sizeMax = 5 << 20
    /// Bytes of a body that may all be of one key: as one Kinesis record, of a mebibyte at most, it stays below that.
    private static let batchSizeMax = 700_000
    /// Bytes of a Kinesis record beside its data, and characters of its partition key.
    private static let envelopeSize = 100
    private static let keyLengthMax = 256

    /// What one request may hold.
    public let limits: RequestLimits
    private let url: HTTPURL
    private let stream: RecordTemplate
    private let key: RecordTemplate
    private let fields: HTTPFields
    private var messages: MessageWriter
    private var writer = JSONWriter()
    /// For each record of the request that was made last, which of its Kinesis records holds it.
    private var places: [Int] = []

    /// - Parameters:
    ///   - url: of the service in the stream's region.
    ///   - stream: the name of the stream of Kinesis, or its ARN.
    ///   - key: the partition key.
    ///   - content: not ``MessageContent/records``, which would lose the identity.
    ///   - fields: sent with each request.
    public init(
        url: HTTPURL, stream: RecordTemplate, key: RecordTemplate, content: MessageContent = .events,
        gateway: GatewayID, fields: HTTPFields = [:], recordsMax: Int = Self.recordsMax, sizeTarget: Int = 512 << 10
    ) {
        if case .records = content { preconditionFailure("a Kinesis record has no place for the identity beside it") }
        self.url = url
        self.stream = stream
        self.key = key
        self.fields = fields
        messages = MessageWriter(content, gateway: gateway, prefix: "")
        limits = RequestLimits(
            recordsMax: min(recordsMax, Self.recordsMax),
            sizeTarget: min(sizeTarget, messages.isPerRecord ? Self.sizeMax : Self.batchSizeMax), sizeMax: Self.sizeMax)
    }

    /// The event in Base64.
    public func sizeEstimate(of record: Record) -> Int {
        messages.sizeEstimate(of: record) * 4 / 3 + (messages.isPerRecord ? Self.envelopeSize : 0)
    }

    /// The records of a request, each alone or with the others of its key.
    public mutating func request(for records: ArraySlice<Record>, of batch: RecordBatch) -> HTTPRequest {
        begin(batch.gateway, batch.stream)
        places.removeAll(keepingCapacity: true)
        let keys = records.map { bounded(key.text(for: $0, gateway: batch.gateway, stream: batch.stream)) }
        if messages.isPerRecord {
            for (index, key) in zip(records.indices, keys) {
                messages.make(records[index...index], of: batch)
                writeMessage(key)
            }
            places.append(contentsOf: 0..<records.count)
        } else {
            var groups: [(key: String, records: [Record])] = []
            var placeOfKey: [String: Int] = [:]
            for (record, key) in zip(records, keys) {
                let place = placeOfKey[key, default: groups.count]
                if place == groups.count {
                    groups.append((key, []))
                    placeOfKey[key] = place
                }
                groups[place].records.append(record)
                places.append(place)
            }
            for group in groups {
                messages.make(group.records[...], of: batch)
                writeMessage(group.key)
            }
        }
        return finish()
    }

    /// One Kinesis record.
    public mutating func request(for loss: LostRange, of gateway: GatewayID) -> HTTPRequest {
        begin(gateway, loss.stream)
        places = [0]
        messages.make(loss, of: gateway)
        writeMessage(bounded(key.text(for: nil, gateway: gateway, stream: loss.stream)))
        return finish()
    }

    /// What is said of each Kinesis record, for the records that it holds; else what the error means.
    public func verdict(on response: HTTPResponse, recordCount: Int) -> ResponseVerdict {
        guard response.status == 200 else { return AmazonError(response).verdict }
        let results = KinesisResult.read(response.body)
        return .each(
            places.prefix(recordCount).map { place in
                place < results.count
                    ? results[place].verdict : .retry(reason: "the response does not speak of every record")
            })
    }

    private mutating func begin(_ gateway: GatewayID, _ stream: StreamName) {
        let name = self.stream.text(for: nil, gateway: gateway, stream: stream)
        writer.removeAll()
        writer.beginObject()
        if name.hasPrefix("arn:") {
            writer.member("StreamARN", string: name)
        } else {
            writer.member("StreamName", string: name)
        }
        writer.key("Records")
        writer.beginArray()
    }

    private mutating func writeMessage(_ key: String) {
        writer.beginObject()
        writer.key("Data")
        writer.base64(messages.payload)
        writer.member("PartitionKey", string: key)
        writer.endObject()
    }

    private mutating func finish() -> HTTPRequest {
        writer.endArray()
        writer.endObject()
        var request = HTTPRequest(url: url, fields: fields, body: writer.bytes)
        request.fields["content-type"] = "application/x-amz-json-1.1"
        request.fields["x-amz-target"] = "Kinesis_20131202.PutRecords"
        return request
    }

    private func bounded(_ key: String) -> String {
        key.isEmpty
            ? TopicTemplate.unknownDevice
            : String(String.UnicodeScalarView(key.unicodeScalars.prefix(Self.keyLengthMax)))
    }
}

/// What Kinesis says of one of its records.
struct KinesisResult: Hashable {
    /// Nil: it was taken.
    let errorCode: String?
    let message: String

    /// All results of a response, as far as it is well-formed.
    static func read(_ body: [UInt8]) -> [KinesisResult] {
        var results: [KinesisResult] = []
        var skimmer = JSONSkimmer(body[...])
        // What is cut off or no JSON speaks of no record: those left are sent again.
        try? skimmer.forEachMember { skimmer, name in
            guard String(decoding: name, as: UTF8.self) == "Records" else {
                _ = try skimmer.value()
                return
            }
            try skimmer.forEachElement { skimmer in
                guard let members = JSONMembers(Array(try skimmer.value())) else { return }
                let code = members["ErrorCode"]
                guard code != nil || members["SequenceNumber"] != nil else { return }
                let words = ResponseVerdict.firstWords(of: (members["ErrorMessage"] ?? "").utf8)
                results.append(KinesisResult(errorCode: code, message: words))
            }
        }
        return results
    }

    /// Nothing that Kinesis says of a single record is the record's own fault.
    var verdict: RecordVerdict {
        guard let errorCode else { return .accepted }
        return .retry(
            reason: errorCode + (message.isEmpty ? "" : ": \(message)"), isAlarm: AmazonError.needsPerson(errorCode))
    }
}
