import MQTTTransport
import Records
import Synchronization

/// Makes one MQTT message of each record: the payload as it came, the identity as CloudEvents in binary mode (MQTT
/// Protocol Binding 1.0.2, section 3.1), and what MQTT 5 carried passed on.
///
/// A sender's user property that has the name of one of ours is passed on as `original-<name>`, so that a device that
/// speaks CloudEvents itself loses nothing. In MQTT 3.1.1 only the payload and the topic travel: identity, time and
/// word of a device are lost there, and a consumer cannot see duplicates or gaps.
final class RawMessages: Sendable {
    private let gateway: GatewayID
    private let source: String
    private let keepsRetained: Bool
    private let hasProperties: Bool
    private let clock: any GatewayClock
    private let boot: BootID
    private let timestamps = Mutex(TimestampWriter())

    init(gateway: GatewayID, keepsRetained: Bool, hasProperties: Bool, clock: any GatewayClock) {
        self.gateway = gateway
        source = CloudEvents.source(of: gateway)
        self.keepsRetained = keepsRetained
        self.hasProperties = hasProperties
        self.clock = clock
        boot = clock.read().boot
    }

    /// The message for a record of a batch; `prefix` is the identity up to the sequence number.
    func message(
        for record: Record, of batch: RecordBatch, topic: String, identityPrefix prefix: String
    ) -> MQTTMessage {
        let id = prefix + String(record.sequence.rawValue)
        return MQTTMessage(
            topic: topic, payload: record.payload, isRetained: keepsRetained && record.isRetained,
            properties: hasProperties ? properties(of: record, id: id, batch) : nil)
    }

    /// The message for word of a loss.
    func message(for loss: LostRange, topic: String) -> MQTTMessage {
        var properties: MQTTProperties?
        if hasProperties {
            properties = MQTTProperties(contentType: "application/json")
            properties?.userProperties = [
                .init(name: "specversion", value: CloudEvents.version),
                .init(name: "id", value: LossIdentity(gateway: gateway, loss: loss).description),
                .init(name: "source", value: source),
                .init(name: "type", value: CloudEvents.lossType),
                .init(name: "time", value: timestamps.withLock { $0.string(loss.wallMilliseconds) }),
            ]
        }
        return MQTTMessage(topic: topic, payload: CloudEventsEncoder.data(of: loss)[...], properties: properties)
    }

    private func properties(of record: Record, id: String, _ batch: RecordBatch) -> MQTTProperties {
        let time = record.time
        let text = timestamps.withLock { $0.string(time.wallMilliseconds) }
        var own: [MQTTProperties.UserProperty] = []
        own.reserveCapacity(8)
        own.append(.init(name: "specversion", value: CloudEvents.version))
        own.append(.init(name: "id", value: id))
        own.append(.init(name: "source", value: source))
        own.append(.init(name: "type", value: CloudEvents.recordType))
        own.append(.init(name: "subject", value: record.topic))
        own.append(.init(name: "time", value: text))
        if time.quality != .synchronised {
            own.append(.init(name: "timequality", value: CloudEvents.name(of: time.quality)))
        }
        if let previous = batch.previous(of: record) {
            own.append(.init(name: "previous", value: previous.description))
        }
        if batch.delivery != .live { own.append(.init(name: batch.delivery.rawValue, value: "true")) }
        if record.isRetained { own.append(.init(name: "retained", value: "true")) }
        guard let kept = record.properties else { return MQTTProperties(userProperties: own) }
        if let device = kept.device { own.append(.init(name: "device", value: device)) }
        if let milliseconds = kept.sourceMilliseconds {
            own.append(.init(name: "sourcetime", value: timestamps.withLock { $0.string(milliseconds) }))
        }
        LoopGuard.append(path: LoopGuard.path(of: record), before: gateway, to: &own)
        for property in kept.userProperties where property.name != LoopGuard.propertyName {
            let name = Self.ownNames.contains(property.name) ? "original-" + property.name : property.name
            own.append(.init(name: name, value: property.value))
        }
        return MQTTProperties(
            isPayloadUTF8: kept.isPayloadUTF8, messageExpirySeconds: remainingExpiry(of: record),
            contentType: kept.contentType, responseTopic: kept.responseTopic, correlationData: kept.correlationData,
            userProperties: own)
    }

    /// What is left of a message's life (MQTT 5.0, 3.3.2.3.3) after the time that it lay in the log. At least one
    /// second: what has expired is for the centre to drop, not for us in silence.
    ///
    /// Measured by `CLOCK_BOOTTIME`. Across a restart of the machine the time since that restart is all that is known
    /// for certain, so only that is taken off.
    private func remainingExpiry(of record: Record) -> UInt32? {
        guard let expiry = record.properties?.messageExpirySeconds else { return nil }
        let now = clock.bootMilliseconds()
        let residence = record.time.boot == boot ? now - record.time.bootMilliseconds : now
        let left = Int64(expiry) - max(0, residence) / 1000
        return UInt32(clamping: max(1, left))
    }

    private static let ownNames: Set<String> = [
        "specversion", "id", "source", "type", "subject", "time", "timequality", "retained", "device", "sourcetime",
        "historical", "replay", "previous",
    ]
}
