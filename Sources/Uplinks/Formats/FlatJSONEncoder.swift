import Records

/// Writes records, and word of losses, as a JSON array of objects that people and simple programs can read; see
/// docs/formats.md.
public struct FlatJSONEncoder: BatchEncoder {
    private var writer: JSONWriter
    private var timestamps = TimestampWriter()
    private var values = PayloadValues()
    private var forms = PayloadForms()
    /// The members that say which log a record is from, up to the digits of its sequence.
    private var identity: [UInt8] = []
    private var log: (gateway: GatewayID, stream: StreamName, epoch: Epoch)?

    /// - Parameter capacity: bytes to reserve for the text.
    public init(reservingCapacity capacity: Int = 0) { writer = JSONWriter(reservingCapacity: capacity) }

    /// `application/json`
    public var contentType: String { "application/json" }

    /// The JSON text of the last call.
    public var bytes: [UInt8] { writer.bytes }

    /// Without what repeats a payload: 300 bytes, and room for Base64.
    public static func sizeEstimate(of record: Record) -> Int {
        var size = 300 + 2 * record.topic.utf8.count + record.payload.count * 4 / 3
        guard let properties = record.properties else { return size }
        size += (properties.contentType?.utf8.count ?? 0) + (properties.device?.utf8.count ?? 0)
        return size
    }

    /// Writes an array of objects, one per record.
    public mutating func encode(_ records: ArraySlice<Record>, of batch: RecordBatch) {
        share(batch.gateway, batch.stream, batch.epoch)
        writer.removeAll(keepingCapacity: true)
        writer.beginArray()
        for record in records { encode(record, of: batch) }
        writer.endArray()
    }

    /// Writes an array of one object that says what was lost.
    public mutating func encode(_ loss: LostRange, of gateway: GatewayID) {
        writer.removeAll(keepingCapacity: true)
        writer.beginArray()
        writer.beginObject()
        writeTime("time", loss.wallMilliseconds)
        writer.key("lost")
        writer.beginObject()
        writer.member("first", integer: loss.first.rawValue)
        writer.member("last", integer: loss.last.rawValue)
        writer.member("records", integer: loss.count)
        writer.member("bytes", integer: loss.bytes)
        writer.member("reason", string: loss.reason.rawValue)
        writer.endObject()
        writer.member("gateway", string: gateway.rawValue)
        writer.member("stream", string: loss.stream.rawValue)
        writer.member("epoch", string: loss.epoch.description)
        writer.endObject()
        writer.endArray()
    }

    // MARK: Parts of an object

    private mutating func share(_ gateway: GatewayID, _ stream: StreamName, _ epoch: Epoch) {
        if let log, log == (gateway, stream, epoch) { return }
        log = (gateway, stream, epoch)
        identity = Array("\"gateway\":\"\(gateway)\",\"stream\":\"\(stream)\",\"epoch\":\"\(epoch)\"".utf8)
    }

    private mutating func encode(_ record: Record, of batch: RecordBatch) {
        let properties = record.properties
        values.read(
            record.payload, media: forms.mediaType(of: properties), contentType: properties?.contentType,
            receivedMilliseconds: record.time.wallMilliseconds, takesJSON: false)
        writer.beginObject()
        writer.member("device", string: TopicTemplate.device(of: record))
        writer.member("topic", string: record.topic)
        writeTime("time", record.time.wallMilliseconds)
        if let readings = Readings(values) {
            if let own = readings.milliseconds ?? properties?.sourceMilliseconds,
                own != record.time.wallMilliseconds
            {
                writeTime("sourcetime", own)
            }
            write(readings, record.payload)
        } else {
            if let own = properties?.sourceMilliseconds { writeTime("sourcetime", own) }
            writeWhole(record)
        }
        writer.raw(identity)
        writer.member("sequence", integer: record.sequence.rawValue)
        if let previous = batch.previous(of: record) { writer.member("previous", integer: previous.rawValue) }
        writeQuality(record.time)
        if batch.delivery != .live {
            writer.key(batch.delivery.rawValue)
            writer.boolean(true)
        }
        if record.isRetained { writer.member("retained", boolean: true) }
        writer.endObject()
    }

    private mutating func writeTime(_ name: StaticString, _ milliseconds: Int64) {
        writer.key(name)
        timestamps.set(milliseconds)
        writer.string(utf8: timestamps.text)
    }

    private mutating func writeQuality(_ time: RecordTime) {
        guard time.quality != .synchronised else { return }
        writer.member("timequality", string: CloudEvents.name(of: time.quality))
        guard time.quality == .unsynchronised else { return }
        writer.member("bootid", string: time.boot.description)
        writer.member("boottime", integer: time.bootMilliseconds)
    }

    private mutating func writeWhole(_ record: Record) {
        switch forms.form(of: record.payload, record.properties) {
        case .json:
            writer.key("payload")
            writer.raw(record.payload)
        case .text:
            writer.key("payload")
            writer.string(utf8: record.payload)
        case .binary:
            writer.key("payload_base64")
            writer.base64(record.payload)
        }
        if let contentType = record.properties?.contentType { writer.member("contenttype", string: contentType) }
    }

    private mutating func write(_ readings: Readings, _ payload: ArraySlice<UInt8>) {
        // A range of a string is what is between its quotes, which are in the payload.
        func slice(_ range: Range<Int>, quotes: Int = 0) -> ArraySlice<UInt8> {
            payload[payload.startIndex + range.lowerBound - quotes..<payload.startIndex + range.upperBound + quotes]
        }
        writer.key("readings")
        writer.beginObject()
        for reading in readings.values {
            writer.key(readings.name(of: reading))
            switch reading.content {
            case .number(let range): writer.raw(slice(range))
            case .sum(let number): writer.number(number)
            case .string(let range): writer.raw(slice(range, quotes: 1))
            case .literal(let range): writer.string(utf8: slice(range))
            case .boolean(let boolean): writer.boolean(boolean)
            case .bytes: preconditionFailure("readings hold no bytes")
            }
        }
        writer.endObject()
        guard readings.values.contains(where: { $0.unit != nil }) else { return }
        writer.key("units")
        writer.beginObject()
        for reading in readings.values {
            guard let unit = reading.unit else { continue }
            writer.key(readings.name(of: reading))
            writer.raw(slice(unit, quotes: 1))
        }
        writer.endObject()
    }
}

/// The values of a SenML pack that can stand in one object: names that differ, one time, no bytes.
private struct Readings {
    let values: [PayloadValues.Value]
    /// When they were measured by the pack's own word.
    let milliseconds: Int64?
    private let names: [UInt8]

    init?(_ payload: PayloadValues) {
        guard case .senml = payload.kind else { return nil }
        let seconds = payload.values[0].seconds
        var seen: Set<ArraySlice<UInt8>> = []
        for value in payload.values {
            if case .bytes = value.content { return nil }
            guard value.seconds == seconds, seen.insert(payload.names[value.ownName]).inserted else { return nil }
        }
        values = payload.values
        names = payload.names
        milliseconds = seconds.map { Int64(($0 * 1000).rounded()) }
    }

    /// `value` for the value of a pack that gives none.
    func name(of value: PayloadValues.Value) -> String {
        value.ownName.isEmpty ? "value" : String(decoding: names[value.ownName], as: UTF8.self)
    }
}
