import Records

/// Writes what goes beside the payload of one record in CloudEvents' binary mode: headers of Kafka (Kafka Protocol
/// Binding 1.0.2, section 3.2) or of whatever else has names and values.
///
/// See ``CloudEvents`` for the attributes. A value is used by one thread at a time.
public struct BinaryAttributes: Sendable {
    private struct Names {
        let id, subject, time, timeQuality, bootID, bootTime, historical, replay, retained, device, sourceTime: [UInt8]
        let expiryTime, responseTopic, correlation, previous: [UInt8]

        init(prefix: String) {
            func name(_ text: String) -> [UInt8] { Array((prefix + text).utf8) }
            id = name("id")
            subject = name("subject")
            time = name("time")
            timeQuality = name("timequality")
            bootID = name("bootid")
            bootTime = name("boottime")
            historical = name("historical")
            replay = name("replay")
            retained = name("retained")
            device = name("device")
            sourceTime = name("sourcetime")
            expiryTime = name("expirytime")
            responseTopic = name("responsetopic")
            correlation = name("correlationdata")
            previous = name("previous")
        }
    }

    private let gateway: GatewayID
    private let prefix: String
    private let names: Names
    /// `specversion`, `source` and `type`, which all records share.
    private let shared: AttributeList
    private var timestamps = TimestampWriter()
    /// The identity up to the sequence number, and the log that it is of.
    private var identity: [UInt8] = []
    private var log: (stream: StreamName, epoch: Epoch)?

    /// - Parameter prefix: what stands before the name of an attribute, such as `ce_`.
    public init(gateway: GatewayID, prefix: String) {
        self.gateway = gateway
        self.prefix = prefix
        names = Names(prefix: prefix)
        shared = Self.shared(type: CloudEvents.recordType, gateway: gateway, prefix: prefix)
    }

    /// Adds the attributes of a record of a batch, those that came with it from its sender apart.
    public mutating func append(_ record: Record, of batch: RecordBatch, to list: inout AttributeList) {
        if log == nil || log! != (batch.stream, batch.epoch) {
            log = (batch.stream, batch.epoch)
            identity = Array("\(gateway)/\(batch.stream)/\(batch.epoch)/".utf8)
        }
        list.append(contentsOf: shared)
        list.append(names.id, identity, number: record.sequence.rawValue)
        list.append(names.subject, record.topic.utf8)
        append(names.time, milliseconds: record.time.wallMilliseconds, to: &list)
        if record.time.quality != .synchronised {
            list.append(names.timeQuality, CloudEvents.name(of: record.time.quality).utf8)
        }
        if record.time.quality == .unsynchronised {
            list.append(names.bootID, record.time.boot.description.utf8)
            list.append(names.bootTime, String(record.time.bootMilliseconds).utf8)
        }
        if let previous = batch.previous(of: record) { list.append(names.previous, [], number: previous.rawValue) }
        switch batch.delivery {
        case .live: break
        case .historical: list.append(names.historical, "true".utf8)
        case .replay: list.append(names.replay, "true".utf8)
        }
        if record.isRetained { list.append(names.retained, "true".utf8) }
        if let properties = record.properties { append(properties, of: record, to: &list) }
    }

    /// Adds the attributes of word of a loss, whose data is ``data(of:)``.
    public mutating func append(_ loss: LostRange, to list: inout AttributeList) {
        list.append(contentsOf: Self.shared(type: CloudEvents.lossType, gateway: gateway, prefix: prefix))
        list.append(names.id, LossIdentity(gateway: gateway, loss: loss).description.utf8)
        append(names.time, milliseconds: loss.wallMilliseconds, to: &list)
    }

    /// The JSON object that tells of a loss.
    public static func data(of loss: LostRange) -> [UInt8] { CloudEventsEncoder.data(of: loss) }

    private mutating func append(_ properties: RecordProperties, of record: Record, to list: inout AttributeList) {
        if let device = properties.device { list.append(names.device, device.utf8) }
        if let milliseconds = properties.sourceMilliseconds {
            append(names.sourceTime, milliseconds: milliseconds, to: &list)
        }
        if let seconds = properties.messageExpirySeconds {
            let (time, overflow) = record.time.wallMilliseconds.addingReportingOverflow(Int64(seconds) * 1000)
            append(names.expiryTime, milliseconds: overflow ? .max : time, to: &list)
        }
        if let topic = properties.responseTopic { list.append(names.responseTopic, topic.utf8) }
        if let correlation = properties.correlationData {
            var writer = JSONWriter()
            writer.base64(correlation)
            list.append(names.correlation, writer.bytes.dropFirst().dropLast())
        }
    }

    private mutating func append(_ name: [UInt8], milliseconds: Int64, to list: inout AttributeList) {
        timestamps.set(milliseconds)
        list.append(name, timestamps.text)
    }

    private static func shared(type: String, gateway: GatewayID, prefix: String) -> AttributeList {
        var list = AttributeList()
        list.append(prefix + "specversion", CloudEvents.version)
        list.append(prefix + "source", CloudEvents.source(of: gateway))
        list.append(prefix + "type", type)
        return list
    }
}
