import Records

/// What an audit wants to know of one delivered event: everything but its data.
public struct DeliveryNote: Hashable, Sendable {
    /// What it speaks of.
    public var identity: DeliveredIdentity
    /// The last record before those that a filter left out right before this one.
    public var previous: SequenceNumber?
    /// How it was sent.
    public var delivery = RecordBatch.Delivery.live
    /// When the gateway received it, or when it was measured, milliseconds since 1970; nil where nobody knows, or the
    /// gateway's clock was not synchronised.
    public var milliseconds: Int64?
    /// Of a loss: why.
    public var reason: LostRange.Reason?
}

/// The members of an event, in whatever format, while it is being read.
struct NoteMembers {
    var id: [UInt8]?
    var gateway: [UInt8]?
    var stream: [UInt8]?
    var epoch: [UInt8]?
    var sequence: [UInt8]?
    var previous: [UInt8]?
    var first: [UInt8]?
    var last: [UInt8]?
    var reason: [UInt8]?
    var time: [UInt8]?
    var quality: [UInt8]?
    var baseSeconds: Double?
    var seconds: Double?
    var isHistorical = false
    var isReplay = false

    /// Takes a member in its text form.
    mutating func set(_ name: some Collection<UInt8>, to value: [UInt8]) {
        switch name.count {
        case 1 where name.elementsEqual("t".utf8): seconds = Double(String(decoding: value, as: UTF8.self))
        case 2:
            if name.elementsEqual("id".utf8) { id = id ?? value }
            if name.elementsEqual("bt".utf8) { baseSeconds = Double(String(decoding: value, as: UTF8.self)) }
        case 4:
            if name.elementsEqual("time".utf8) { time = time ?? value }
            if name.elementsEqual("last".utf8) { last = value }
        case 5:
            if name.elementsEqual("epoch".utf8) { epoch = epoch ?? value }
            if name.elementsEqual("first".utf8) { first = value }
        case 6:
            if name.elementsEqual("stream".utf8) { stream = stream ?? value }
            if name.elementsEqual("replay".utf8) { isReplay = value.elementsEqual("true".utf8) }
            if name.elementsEqual("reason".utf8) { reason = value }
        case 7 where name.elementsEqual("gateway".utf8): gateway = gateway ?? value
        case 8:
            if name.elementsEqual("sequence".utf8) { sequence = sequence ?? value }
            if name.elementsEqual("previous".utf8) { previous = previous ?? value }
        case 10 where name.elementsEqual("historical".utf8): isHistorical = value.elementsEqual("true".utf8)
        case 11 where name.elementsEqual("timequality".utf8): quality = quality ?? value
        default: break
        }
    }

    /// What holds for the rest of a SenML pack.
    mutating func inherit(from before: NoteMembers) {
        gateway = gateway ?? before.gateway
        stream = stream ?? before.stream
        epoch = epoch ?? before.epoch
        baseSeconds = baseSeconds ?? before.baseSeconds
        isHistorical = isHistorical || before.isHistorical
        isReplay = isReplay || before.isReplay
    }

    /// The note that they make; nil where they carry no identity.
    ///
    /// - Parameter known: the last log that a sequence number was of: mostly also that of the next.
    func note(_ known: inout KnownLog?) -> DeliveryNote? {
        guard let identity = identity(&known) else { return nil }
        var note = DeliveryNote(identity: identity)
        note.previous = Self.number(previous).map { SequenceNumber($0) }
        note.delivery = isReplay ? .replay : isHistorical ? .historical : .live
        note.reason = reason.flatMap { LostRange.Reason(rawValue: String(decoding: $0, as: UTF8.self)) }
        if let quality, quality.elementsEqual("unsynchronised".utf8) { return note }
        if let time {
            note.milliseconds = TimestampReader.milliseconds(time)
        } else if baseSeconds != nil || seconds != nil {
            let sum = (baseSeconds ?? 0) + (seconds ?? 0)
            // Below, SenML counts from now (RFC 8428, 4.5.3).
            if sum >= PayloadValues.absoluteMin, sum < 1e12 { note.milliseconds = Int64((sum * 1000).rounded()) }
        }
        return note
    }

    /// A log whose names were parsed.
    struct KnownLog {
        let prefix: [UInt8]
        let gateway: GatewayID
        let stream: StreamName
        let epoch: Epoch
    }

    private func identity(_ known: inout KnownLog?) -> DeliveredIdentity? {
        if let id {
            let end = id.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
            if let log = known, id[..<end].elementsEqual(log.prefix), let number = Self.number(Array(id[end...])) {
                return .record(
                    RecordIdentity(
                        gateway: log.gateway, stream: log.stream,
                        position: Position(epoch: log.epoch, sequence: SequenceNumber(number))))
            }
            let identity = DeliveredIdentity(String(decoding: id, as: UTF8.self))
            if case .record(let record)? = identity {
                known = KnownLog(
                    prefix: Array(id[..<end]), gateway: record.gateway, stream: record.stream,
                    epoch: record.position.epoch)
            }
            return identity
        }
        guard let gateway = gateway.flatMap({ GatewayID(String(decoding: $0, as: UTF8.self)) }),
            let stream = stream.flatMap({ StreamName(String(decoding: $0, as: UTF8.self)) }),
            let epoch = epoch.flatMap({ Epoch(String(decoding: $0, as: UTF8.self)) })
        else { return nil }
        if let sequence = Self.number(sequence) {
            return .record(
                RecordIdentity(
                    gateway: gateway, stream: stream,
                    position: Position(epoch: epoch, sequence: SequenceNumber(sequence))))
        }
        guard let first = Self.number(first), let last = Self.number(last), first <= last else { return nil }
        return .loss(
            LossIdentity(
                gateway: gateway, stream: stream, epoch: epoch, first: SequenceNumber(first),
                last: SequenceNumber(last)))
    }

    private static func number(_ digits: [UInt8]?) -> UInt64? {
        digits.flatMap { $0.isEmpty ? nil : UInt64(String(decoding: $0, as: UTF8.self)) }
    }
}
