import DeviceProfiles
import Records

/// Puts readings into records of one source: SenML packs (RFC 8428), one record each.
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

    /// What became of readings.
    enum Outcome { case taken, dropped, empty }

    /// Appends the readings of one device, measured when the first byte of their frame came, by the clock as it stands
    /// now. Values in secondary units go as primary ones (RFC 8798, section 3).
    func append(_ readings: [Reading], device: String, topic: String, bootMilliseconds: Int64) -> Outcome {
        let now = clock.read()
        let measured = now.isSynchronised ? bootMilliseconds + now.wallOffsetMilliseconds : nil
        let pack = SenMLPack(
            gateway: gateway, device: device, baseMilliseconds: measured, readings: readings.map(\.inPrimaryUnit))
        guard let payload = pack.encoded() else { return .empty }
        return append(
            payload, contentType: SenMLPack.contentType, device: device, topic: topic,
            bootMilliseconds: bootMilliseconds)
    }

    /// Appends a payload as it came.
    func append(
        _ payload: [UInt8], contentType: String?, device: String, topic: String, bootMilliseconds: Int64
    ) -> Outcome {
        let details = IntakeDetails(
            properties: RecordProperties(contentType: contentType, device: device), isRedeliverable: false,
            bootMilliseconds: bootMilliseconds)
        let topic = Array(topic.utf8)
        let isTaken = recorder.append(slot, topic: topic.span.bytes, payload: payload.span.bytes, details: details)
        return isTaken ? .taken : .dropped
    }
}
