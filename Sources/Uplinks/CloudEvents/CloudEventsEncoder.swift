import Records

/// Writes records, and word of losses, as CloudEvents 1.0 in the JSON Batch Format (JSON Event Format 1.0.2, section
/// 4).
///
/// ``bytes`` holds the result until the next call; its storage is used again when nobody else holds it. See
/// ``CloudEvents`` for the attributes.
///
/// A payload that is JSON, and that no content type calls anything else, stands in `data` as it is. One that its
/// content type calls text in UTF-8, or that its sender has marked as UTF-8, stands in `data` as a string. Everything
/// else goes as `data_base64`, also what claims to be JSON and is not.
public struct CloudEventsEncoder: BatchEncoder {
    private var writer: JSONWriter
    private var timestamps = TimestampWriter()
    /// The members that all events of a log share, then those made of the sequence number.
    private var members: [UInt8] = []
    private var sharedCount = 0
    private var log: (gateway: GatewayID, stream: StreamName, epoch: Epoch)?
    private var forms = PayloadForms()
    private var delivery = RecordBatch.Delivery.live

    /// - Parameter capacity: bytes to reserve for the text.
    public init(reservingCapacity capacity: Int = 0) { writer = JSONWriter(reservingCapacity: capacity) }

    /// `application/cloudevents-batch+json`
    public var contentType: String { CloudEvents.batchContentType }

    /// The JSON text of the last call.
    public var bytes: [UInt8] { writer.bytes }

    /// What an event takes, with room for a payload that must go as Base64 and with names of ordinary length.
    public static func sizeEstimate(of record: Record) -> Int {
        var size = 320 + record.topic.utf8.count + record.payload.count * 4 / 3
        guard let properties = record.properties else { return size }
        size += (properties.contentType?.utf8.count ?? 0) + (properties.correlationData?.count ?? 0)
        for property in properties.userProperties { size += property.name.utf8.count + property.value.utf8.count + 16 }
        return size
    }

    /// Writes an array of the events of some records of a batch.
    public mutating func encode(_ records: ArraySlice<Record>, of batch: RecordBatch) {
        share(batch.gateway, batch.stream, batch.epoch)
        delivery = batch.delivery
        writer.removeAll(keepingCapacity: true)
        writer.beginArray()
        for record in records { encode(record, previous: batch.previous(of: record)) }
        writer.endArray()
    }

    /// Writes an array of one event that says what was lost.
    public mutating func encode(_ loss: LostRange, of gateway: GatewayID) {
        writer.removeAll(keepingCapacity: true)
        writer.beginArray()
        writer.beginObject()
        writer.member("specversion", string: CloudEvents.version)
        writer.member("type", string: CloudEvents.lossType)
        writer.member("source", string: CloudEvents.source(of: gateway))
        writer.member("gateway", string: gateway.rawValue)
        writer.member("stream", string: loss.stream.rawValue)
        writer.member("epoch", string: loss.epoch.description)
        writer.member("id", string: LossIdentity(gateway: gateway, loss: loss).description)
        writer.key("time")
        timestamps.set(loss.wallMilliseconds)
        writer.string(utf8: timestamps.text)
        writer.key("data")
        Self.write(loss, into: &writer)
        writer.endObject()
        writer.endArray()
    }

    /// The JSON object that is the data of word of a loss, in either format.
    static func data(of loss: LostRange) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 200)
        write(loss, into: &writer)
        return writer.bytes
    }

    private static func write(_ loss: LostRange, into writer: inout JSONWriter) {
        var timestamps = TimestampWriter()
        writer.beginObject()
        writer.member("stream", string: loss.stream.rawValue)
        writer.member("epoch", string: loss.epoch.description)
        writer.member("first", integer: loss.first.rawValue)
        writer.member("last", integer: loss.last.rawValue)
        writer.member("records", integer: loss.count)
        writer.member("bytes", integer: loss.bytes)
        writer.member("reason", string: loss.reason.rawValue)
        writer.member("time", string: timestamps.string(loss.wallMilliseconds))
        writer.endObject()
    }

    // MARK: Parts of an event

    /// Prepares what is the same for all records of a log.
    private mutating func share(_ gateway: GatewayID, _ stream: StreamName, _ epoch: Epoch) {
        if let log, log == (gateway, stream, epoch) { return }
        log = (gateway, stream, epoch)
        let text = """
            "specversion":"\(CloudEvents.version)","type":"\(CloudEvents.recordType)",\
            "source":"\(CloudEvents.source(of: gateway))","gateway":"\(gateway)","stream":"\(stream)",\
            "epoch":"\(epoch)","id":"\(gateway)/\(stream)/\(epoch)/
            """
        members = Array(text.utf8)
        sharedCount = members.count
        members.reserveCapacity(sharedCount + 64)
    }

    private mutating func encode(_ record: Record, previous: SequenceNumber?) {
        members.removeLast(members.count - sharedCount)
        appendSequence(record.sequence.rawValue)
        if let previous { appendPrevious(previous.rawValue) }
        writer.beginObject()
        writer.raw(members)
        writer.member("subject", string: record.topic)
        writer.key("time")
        writeTime(record.time.wallMilliseconds)
        if record.time.quality != .synchronised { writeQuality(record.time) }
        switch delivery {
        case .live: break
        case .historical: writer.member("historical", boolean: true)
        case .replay: writer.member("replay", boolean: true)
        }
        if record.isRetained {
            writer.member("retained", boolean: true)
        }
        if let properties = record.properties { write(properties, of: record) }
        write(record.payload, properties: record.properties)
        writer.endObject()
    }

    /// The rest of the `id`, and `sequence` with leading zeros, so that it sorts as text.
    private mutating func appendSequence(_ value: UInt64) {
        var digits: InlineArray<20, UInt8> = InlineArray(repeating: UInt8(ascii: "0"))
        var rest = value
        var first = 20
        repeat {
            first -= 1
            digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        for index in first..<20 { members.append(digits[index]) }
        members.append(contentsOf: Self.sequenceKey)
        for index in 0..<20 { members.append(digits[index]) }
        members.append(UInt8(ascii: "\""))
    }

    /// `previous`, in the form of `sequence`.
    private mutating func appendPrevious(_ value: UInt64) {
        let digits = String(value).utf8
        members.append(contentsOf: Self.previousKey)
        members.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 20 - digits.count))
        members.append(contentsOf: digits)
        members.append(UInt8(ascii: "\""))
    }

    private static let sequenceKey = Array("\",\"sequence\":\"".utf8)
    private static let previousKey = Array(",\"previous\":\"".utf8)

    private mutating func writeTime(_ milliseconds: Int64) {
        timestamps.set(milliseconds)
        writer.string(utf8: timestamps.text)
    }

    private mutating func writeQuality(_ time: RecordTime) {
        writer.member("timequality", string: CloudEvents.name(of: time.quality))
        guard time.quality == .unsynchronised else { return }
        writer.member("bootid", string: time.boot.description)
        writer.member("boottime", string: String(time.bootMilliseconds))
    }

    private mutating func write(_ properties: RecordProperties, of record: Record) {
        if let device = properties.device {
            writer.member("device", string: device)
        }
        if let milliseconds = properties.sourceMilliseconds {
            writer.key("sourcetime")
            writeTime(milliseconds)
        }
        if let seconds = properties.messageExpirySeconds {
            writer.key("expirytime")
            let (time, overflow) = record.time.wallMilliseconds.addingReportingOverflow(Int64(seconds) * 1000)
            writeTime(overflow ? .max : time)
        }
        if let topic = properties.responseTopic {
            writer.member("responsetopic", string: topic)
        }
        if let data = properties.correlationData {
            writer.key("correlationdata")
            writer.base64(data)
        }
        if !properties.userProperties.isEmpty {
            writer.key("userproperties")
            writer.string(utf8: Self.text(of: properties.userProperties))
        }
        if let contentType = properties.contentType {
            writer.member("datacontenttype", string: contentType)
        }
    }

    /// An attribute's value has no structure, so the pairs go as JSON text in a string.
    static func text(of userProperties: [RecordProperties.UserProperty]) -> [UInt8] {
        var pairs = JSONWriter()
        pairs.beginArray()
        for property in userProperties {
            pairs.beginArray()
            pairs.string(property.name)
            pairs.string(property.value)
            pairs.endArray()
        }
        pairs.endArray()
        return pairs.bytes
    }

    private mutating func write(_ payload: ArraySlice<UInt8>, properties: RecordProperties?) {
        switch forms.declaredForm(of: payload, properties) {
        case .json:
            writer.key("data")
            writer.raw(payload)
        case .text:
            writer.key("data")
            writer.string(utf8: payload)
        case .binary:
            writer.key("data_base64")
            writer.base64(payload)
        }
    }
}
