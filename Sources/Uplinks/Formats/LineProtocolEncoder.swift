import Records

/// Writes records, and word of losses, in InfluxDB's line protocol; see docs/formats.md.
public struct LineProtocolEncoder: BatchEncoder {
    private let measurement: [UInt8]
    private let lossMeasurement: [UInt8]
    /// The text of the last call.
    public private(set) var bytes: [UInt8] = []
    private var values = PayloadValues()
    private var forms = PayloadForms()
    /// `,gateway=...,stream=...` and `epoch="..."`, which all records of a log share.
    private var logTags: [UInt8] = []
    private var epochField: [UInt8] = []
    private var log: (gateway: GatewayID, stream: StreamName, epoch: Epoch)?
    /// What stands before the fields of a record's lines.
    private var head: [UInt8] = []
    /// Where the names of the line that is being written stand.
    private var seen: [Range<Int>] = []
    private var lineSeconds: Double?
    /// The name of the next value.
    private var name: [UInt8] = []

    /// - Parameters:
    ///   - measurement: the name of the measurement; that of word of a loss has `_lost` behind it.
    ///   - capacity: bytes to reserve for the text.
    public init(measurement: String = "readings", reservingCapacity capacity: Int = 0) {
        var name: [UInt8] = []
        LineProtocol.appendName(Array(measurement.utf8)[...], to: &name)
        self.measurement = name
        lossMeasurement = name + Array("_lost".utf8)
        bytes.reserveCapacity(capacity)
    }

    /// `text/plain; charset=utf-8`
    public var contentType: String { "text/plain; charset=utf-8" }

    /// Tags and fields of ours, the payload with its escapes, and a few bytes for each value.
    public static func sizeEstimate(of record: Record) -> Int {
        192 + 2 * record.topic.utf8.count + (record.properties?.device?.utf8.count ?? 0)
            + record.payload.count * 4 / 3 + 4 * ValueCount.estimate(in: record.payload)
    }

    /// Writes one line or more for each record.
    public mutating func encode(_ records: ArraySlice<Record>, of batch: RecordBatch) {
        bytes.removeAll(keepingCapacity: true)
        share(batch.gateway, batch.stream, batch.epoch)
        for record in records { encode(record, of: batch) }
    }

    /// Writes a line that says what was lost.
    public mutating func encode(_ loss: LostRange, of gateway: GatewayID) {
        bytes.removeAll(keepingCapacity: true)
        share(gateway, loss.stream, loss.epoch)
        bytes.append(contentsOf: lossMeasurement)
        bytes.append(contentsOf: logTags)
        bytes.append(UInt8(ascii: " "))
        bytes.append(contentsOf: epochField)
        append(
            ",first=\(loss.first)i,last=\(loss.last)i,records=\(loss.count)i,bytes=\(loss.bytes)i"
                + ",reason=\"\(loss.reason.rawValue)\"")
        append(" \(LineProtocol.nanoseconds(milliseconds: loss.wallMilliseconds, loss.first))\n")
    }

    // MARK: Records

    private mutating func share(_ gateway: GatewayID, _ stream: StreamName, _ epoch: Epoch) {
        if let log, log == (gateway, stream, epoch) { return }
        log = (gateway, stream, epoch)
        logTags.removeAll(keepingCapacity: true)
        LineProtocol.appendTag("gateway", gateway.rawValue, to: &logTags)
        LineProtocol.appendTag("stream", stream.rawValue, to: &logTags)
        epochField = Array("epoch=\"\(epoch)\"".utf8)
    }

    private mutating func encode(_ record: Record, of batch: RecordBatch) {
        let properties = record.properties
        values.read(
            record.payload, media: forms.mediaType(of: properties), contentType: properties?.contentType,
            receivedMilliseconds: record.time.wallMilliseconds)
        head.removeAll(keepingCapacity: true)
        head.append(contentsOf: measurement)
        LineProtocol.appendTag("device", BoundTopic.device(of: record), to: &head)
        head.append(contentsOf: logTags)
        LineProtocol.appendTag("topic", record.topic, to: &head)
        head.append(UInt8(ascii: " "))
        guard !values.values.isEmpty else { return encodeWhole(record, batch) }
        var isOpen = false
        for value in values.values {
            setName(of: value)
            if isOpen, value.seconds != lineSeconds || isNameSeen {
                endLine(record, batch)
                isOpen = false
            }
            if !isOpen { beginLine(seconds: value.seconds) }
            isOpen = true
            seen.append(bytes.count..<bytes.count + name.count)
            bytes.append(contentsOf: name)
            bytes.append(UInt8(ascii: "="))
            append(value.content, of: record.payload)
            bytes.append(UInt8(ascii: ","))
        }
        endLine(record, batch)
    }

    private mutating func encodeWhole(_ record: Record, _ batch: RecordBatch) {
        beginLine(seconds: nil)
        switch forms.form(of: record.payload, record.properties) {
        case .json, .text:
            append("text=")
            LineProtocol.appendText(record.payload, to: &bytes)
        case .binary:
            var text = JSONWriter(reservingCapacity: record.payload.count * 4 / 3 + 8)
            text.base64(record.payload)
            append("base64=")
            bytes.append(contentsOf: text.bytes)
        }
        bytes.append(UInt8(ascii: ","))
        endLine(record, batch)
    }

    private mutating func beginLine(seconds: Double?) {
        seen.removeAll(keepingCapacity: true)
        lineSeconds = seconds
        bytes.append(contentsOf: head)
    }

    /// The fields of ours, and the time.
    private mutating func endLine(_ record: Record, _ batch: RecordBatch) {
        bytes.append(contentsOf: epochField)
        append(",sequence=")
        append(integer: Int64(clamping: record.sequence.rawValue))
        bytes.append(UInt8(ascii: "i"))
        if let previous = batch.previous(of: record) { append(",previous=\(previous)i") }
        if record.time.quality != .synchronised {
            append(",timequality=\"\(CloudEvents.name(of: record.time.quality))\"")
        }
        if record.time.quality == .unsynchronised {
            append(",bootid=\"\(record.time.boot)\",boottime=\(record.time.bootMilliseconds)i")
        }
        if batch.delivery != .live { append(",\(batch.delivery.rawValue)=true") }
        if record.isRetained { append(",retained=true") }
        let time =
            lineSeconds.map { LineProtocol.nanoseconds(seconds: $0, record.sequence) }
            ?? LineProtocol.nanoseconds(milliseconds: record.time.wallMilliseconds, record.sequence)
        bytes.append(UInt8(ascii: " "))
        append(integer: time)
        bytes.append(UInt8(ascii: "\n"))
    }

    private mutating func append(integer: Int64) {
        var writer = JSONWriter()
        writer.integer(integer)
        bytes.append(contentsOf: writer.bytes)
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    // MARK: Values

    private mutating func setName(of value: PayloadValues.Value) {
        name.removeAll(keepingCapacity: true)
        guard !value.ownName.isEmpty else { return name.append(contentsOf: "value".utf8) }
        let own = values.names[value.ownName]
        if LineProtocol.isReserved(own) { name.append(contentsOf: "original-".utf8) }
        LineProtocol.appendName(own, to: &name)
    }

    /// Whether the line that is being written has the name already.
    private var isNameSeen: Bool {
        seen.contains { $0.count == name.count && bytes[$0].elementsEqual(name) }
    }

    private mutating func append(_ content: PayloadValues.Content, of payload: ArraySlice<UInt8>) {
        func slice(_ range: Range<Int>) -> ArraySlice<UInt8> {
            payload[payload.startIndex + range.lowerBound..<payload.startIndex + range.upperBound]
        }
        switch content {
        case .number(let range):
            bytes.append(contentsOf: slice(range))
        case .sum(let number):
            append(number.description)
        case .boolean(let boolean):
            append(boolean ? "true" : "false")
        case .literal(let range):
            LineProtocol.appendText(slice(range), to: &bytes)
        case .string(let range):
            let text = slice(range)
            if text.contains(UInt8(ascii: "\\")) {
                LineProtocol.appendText(Array(JSONText.unescape(text.span).utf8)[...], to: &bytes)
            } else {
                LineProtocol.appendText(text, to: &bytes)
            }
        case .bytes(let index):
            var text = JSONWriter(reservingCapacity: values.bytes[index].count * 4 / 3 + 8)
            text.base64(values.bytes[index])
            bytes.append(contentsOf: text.bytes)
        }
    }
}
