import LogStore
import Records

/// Puts what serial lines deliver into records of one source: readings as SenML packs (RFC 8428), and lines as they
/// come.
struct ReadingRecords: Sendable {
    private let gateway: GatewayID
    private let recorder: Recorder
    private let clock: any GatewayClock
    private let slot: Int

    init(gateway: GatewayID, stream: StreamName, recorder: Recorder, clock: any GatewayClock) {
        self.gateway = gateway
        self.recorder = recorder
        self.clock = clock
        slot = recorder.slot(of: stream)
    }

    /// What became of a record.
    enum Outcome {
        case taken
        /// The log takes nothing at present.
        case dropped
        /// It is larger than a record may be.
        case refused
        /// There was nothing to put into it.
        case empty
    }

    /// What all records of one device have in common, made once.
    final class Origin: Sendable {
        let device: String
        /// Earlier values of its readings, for the status.
        let history = ReadingHistory()
        fileprivate let topic: [UInt8]
        fileprivate let baseName: String
        fileprivate let propertiesOfPack: PackedProperties
        fileprivate let propertiesOfLine: PackedProperties
        /// Whether a record can have such a topic and such a device.
        fileprivate let isSound: Bool

        fileprivate init(device: String, topic: String, gateway: GatewayID) {
            self.device = device
            self.topic = Array(topic.utf8)
            baseName = SenMLPack.baseName(gateway: gateway, device: device)
            propertiesOfPack = PackedProperties(
                RecordProperties(contentType: SenMLPack.contentType, device: device))
            propertiesOfLine = PackedProperties(RecordProperties(device: device))
            isSound = topic.utf8.count <= Limits.topicSizeMax && device.utf8.count <= Limits.propertiesSizeMax / 2
        }
    }

    /// The origin of a device's records.
    func origin(device: String, topic: String) -> Origin { Origin(device: device, topic: topic, gateway: gateway) }

    /// Appends readings in primary units (RFC 8798, section 3), measured when the first byte of their frame came, by
    /// the clock as it stands now.
    ///
    /// - Parameter writer: where the pack is written; used again from one record to the next.
    func append(
        _ readings: [Reading], of origin: Origin, bootMilliseconds: Int64, writer: inout JSONWriter
    ) -> Outcome {
        let now = clock.read()
        let measured = now.isSynchronised ? bootMilliseconds + now.wallOffsetMilliseconds : nil
        let pack = SenMLPack(baseName: origin.baseName, baseMilliseconds: measured, readings: readings)
        writer.removeAll()
        guard pack.encode(into: &writer) else { return .empty }
        return append(writer.bytes.span, origin.propertiesOfPack, of: origin, bootMilliseconds)
    }

    /// Appends a line as it came.
    func append(line: Span<UInt8>, of origin: Origin, bootMilliseconds: Int64) -> Outcome {
        append(line, origin.propertiesOfLine, of: origin, bootMilliseconds)
    }

    private func append(
        _ payload: Span<UInt8>, _ properties: PackedProperties, of origin: Origin, _ bootMilliseconds: Int64
    ) -> Outcome {
        // What a device sends may be long, and what is made of it longer; so may be the name that it gives itself.
        guard origin.isSound, payload.count <= Limits.payloadSizeMax else { return .refused }
        let details = IntakeDetails(
            properties: properties, isRedeliverable: false, bootMilliseconds: bootMilliseconds)
        let topic = origin.topic
        let isTaken = recorder.append(slot, topic: topic.span.bytes, payload: payload.bytes, details: details)
        return isTaken ? .taken : .dropped
    }
}
