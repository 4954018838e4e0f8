import Records

/// Puts records, and word of losses, into one SenML pack (RFC 8428), in either notation; see docs/formats.md.
struct SenMLRecords<Writer: SenMLWriter>: Sendable {
    private var writer: Writer
    private var values = PayloadValues()
    private var forms = PayloadForms()

    /// The base name and base time that hold at this place of the pack.
    private var baseName: [UInt8] = []
    private var baseSeconds = 0.0
    /// The names of the next SenML record, in two parts.
    private var nameBase: [UInt8] = []
    private var nameRest: [UInt8] = []
    /// `<gateway>/` as a SenML name.
    private var gatewayName: (gateway: GatewayID, text: [UInt8])?
    private var isPackBegun = false

    init(writer: Writer) { self.writer = writer }

    /// The pack of the last call.
    var bytes: [UInt8] { writer.bytes }

    static func sizeEstimate(of record: Record) -> Int {
        96 + record.topic.utf8.count + (record.properties?.device?.utf8.count ?? 0)
            + record.payload.count * 4 / 3 + 16 * ValueCount.estimate(in: record.payload)
    }

    mutating func encode(_ records: ArraySlice<Record>, of batch: RecordBatch) {
        begin(gateway: batch.gateway)
        for record in records { encode(record, of: batch) }
        writer.endPack()
    }

    mutating func encode(_ loss: LostRange, of gateway: GatewayID) {
        begin(gateway: gateway)
        nameBase = gatewayName?.text ?? []
        nameBase.append(contentsOf: "millrace/lost/\(loss.stream)/".utf8)
        writer.beginRecord()
        setBase(seconds: Self.seconds(loss.wallMilliseconds))
        setLog(gateway: gateway, stream: loss.stream, epoch: loss.epoch)
        writer.set(.first, integer: loss.first.rawValue)
        writer.set(.last, integer: loss.last.rawValue)
        writer.set(.reason, text: loss.reason.rawValue)
        writer.set(.name, text: "records")
        writer.set(.value, integer: loss.count)
        writer.endRecord()
        writer.beginRecord()
        writer.set(.name, text: "bytes")
        writer.set(.unit, text: "B")
        writer.set(.value, integer: UInt64(max(0, loss.bytes)))
        writer.endRecord()
        writer.endPack()
    }

    // MARK: Records

    private mutating func begin(gateway: GatewayID) {
        writer.beginPack()
        baseName.removeAll(keepingCapacity: true)
        baseSeconds = 0
        isPackBegun = false
        if gatewayName?.gateway != gateway {
            gatewayName = (gateway, Array(SenMLPack.senMLName(gateway.rawValue).utf8) + [UInt8(ascii: "/")])
        }
    }

    private mutating func encode(_ record: Record, of batch: RecordBatch) {
        let properties = record.properties
        values.read(
            record.payload, media: forms.mediaType(of: properties), contentType: properties?.contentType,
            receivedMilliseconds: record.time.wallMilliseconds)
        let received = Self.seconds(record.time.wallMilliseconds)
        if case .none = values.kind {
            setName(of: record, ownName: [])
            beginFirst(record, of: batch, seconds: received)
            setWhole(record)
            writer.endRecord()
            return
        }
        for index in values.values.indices {
            let value = values.values[index]
            let seconds = value.seconds ?? received
            setName(of: record, value)
            if index == values.values.startIndex {
                beginFirst(record, of: batch, seconds: seconds)
            } else {
                writer.beginRecord()
                setBase(seconds: nil)
            }
            set(value, record.payload, seconds: seconds)
            writer.endRecord()
        }
    }

    /// Begins the first SenML record of a record of the log: it says which one that is.
    private mutating func beginFirst(_ record: Record, of batch: RecordBatch, seconds: Double) {
        writer.beginRecord()
        setBase(seconds: seconds)
        if !isPackBegun {
            setLog(gateway: batch.gateway, stream: batch.stream, epoch: batch.epoch)
            switch batch.delivery {
            case .live: break
            case .historical: writer.set(.historical, boolean: true)
            case .replay: writer.set(.replay, boolean: true)
            }
        }
        writer.set(.sequence, integer: record.sequence.rawValue)
        if let previous = batch.previous(of: record) { writer.set(.previous, integer: previous.rawValue) }
        if !nameShows(record.topic) { writer.set(.topic, text: record.topic) }
        if record.isRetained { writer.set(.retained, boolean: true) }
        guard record.time.quality != .synchronised else { return }
        writer.set(.timeQuality, text: CloudEvents.name(of: record.time.quality))
        guard record.time.quality == .unsynchronised else { return }
        writer.set(.bootID, text: record.time.boot.description)
        writer.set(.bootTime, integer: UInt64(clamping: record.time.bootMilliseconds))
    }

    private mutating func setLog(gateway: GatewayID, stream: StreamName, epoch: Epoch) {
        isPackBegun = true
        writer.set(.gateway, text: gateway.rawValue)
        writer.set(.stream, text: stream.rawValue)
        writer.set(.epoch, text: epoch.description)
    }

    private mutating func set(_ value: PayloadValues.Value, _ payload: ArraySlice<UInt8>, seconds: Double) {
        if !nameRest.isEmpty { writer.set(.name, text: nameRest[...]) }
        writer.set(value, bytes: values.bytes, from: payload)
        if seconds != baseSeconds {
            // To the microsecond, below which a double has no digits left for times of today.
            writer.set(.time, number: ((seconds - baseSeconds) * 1e6).rounded() / 1e6)
        }
    }

    private mutating func setWhole(_ record: Record) {
        if !nameRest.isEmpty { writer.set(.name, text: nameRest[...]) }
        switch forms.form(of: record.payload, record.properties) {
        case .json, .text:
            writer.set(.stringValue, text: record.payload)
        case .binary:
            if let contentType = record.properties?.contentType { writer.set(.contentType, text: contentType) }
            writer.set(.dataValue, bytes: record.payload)
        }
    }

    // MARK: Base and names

    /// Sets base name and base time where others hold here. SenML has no times below 2^28 seconds: there the base time
    /// is 0, which is "now" (RFC 8428, section 4.5.3).
    private mutating func setBase(seconds: Double?) {
        if nameBase != baseName {
            swap(&nameBase, &baseName)
            writer.set(.baseName, text: baseName[...])
        }
        if let seconds, seconds != baseSeconds {
            baseSeconds = seconds
            writer.set(.baseTime, number: seconds)
        }
    }

    private static func seconds(_ milliseconds: Int64) -> Double {
        let seconds = Double(milliseconds) / 1000
        return seconds >= PayloadValues.absoluteMin ? seconds : 0
    }

    private mutating func setName(of record: Record, _ value: PayloadValues.Value) {
        guard case .senml(isNamed: true) = values.kind else {
            return setName(of: record, ownName: values.names[value.name])
        }
        nameBase.removeAll(keepingCapacity: true)
        nameRest.removeAll(keepingCapacity: true)
        SenMLName.append(values.names[value.name.lowerBound..<value.ownName.lowerBound], to: &nameBase)
        SenMLName.append(values.names[value.ownName], to: &nameRest)
        if nameBase.isEmpty { SenMLName.mendFirst(&nameRest) } else { SenMLName.mendFirst(&nameBase) }
    }

    /// `<gateway>/<device or topic>/` and the name of the value; without one, no slash at the end.
    private mutating func setName(of record: Record, ownName: ArraySlice<UInt8>) {
        nameBase.removeAll(keepingCapacity: true)
        nameRest.removeAll(keepingCapacity: true)
        if let gatewayName { nameBase.append(contentsOf: gatewayName.text) }
        if let device = record.properties?.device, !device.isEmpty {
            SenMLName.append(device, to: &nameBase)
        } else {
            SenMLName.append(record.topic, to: &nameBase)
        }
        SenMLName.mendFirst(&nameBase)
        guard !ownName.isEmpty else { return }
        nameBase.append(UInt8(ascii: "/"))
        SenMLName.append(ownName, to: &nameRest)
    }

    /// Whether the name that is set says the topic.
    private func nameShows(_ topic: String) -> Bool {
        guard let prefix = gatewayName?.text.count, baseName.count > prefix else { return false }
        var shown = baseName[prefix...]
        if !nameRest.isEmpty { shown = shown.dropLast() }
        guard shown.count == topic.utf8.count else { return false }
        return shown.withUnsafeBufferPointer { shown in
            topic.utf8.withContiguousStorageIfAvailable { shown.elementsEqual($0) } ?? shown.elementsEqual(topic.utf8)
        }
    }
}
