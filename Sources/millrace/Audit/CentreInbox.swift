import Compression
import MQTTTransport
import Records
import Synchronization
import Uplinks

/// Takes what arrives at the centre and keeps account of it. It keeps no records.
final class CentreInbox: MQTTInlet {
    /// What is known so far.
    struct Findings {
        fileprivate var reader: DeliveryNoteReader
        var audit: SequenceAudit
        var delays: [SequenceAudit.Key: DelayHistogram] = [:]
        var messages: UInt64 = 0
        /// Messages that carry no identity, or are damaged.
        var unreadable: UInt64 = 0
        /// What is wrong with the last of them.
        var problem: String?
        /// When the last message came; nil before the first.
        var lastArrival: ContinuousClock.Instant?
        /// Why there is no connection; nil while there is one.
        var disconnection: String?
        /// Why nothing will arrive for a topic filter.
        var refusal: String?
    }

    private let findings: Mutex<Findings>
    private let clock: any GatewayClock

    init(isFromStart: Bool, dictionaries: [ZstandardDictionary], clock: any GatewayClock) {
        findings = Mutex(
            Findings(
                reader: DeliveryNoteReader(dictionaries: dictionaries), audit: SequenceAudit(isFromStart: isFromStart)))
        self.clock = clock
    }

    /// Looks at what is known.
    func read<Result: Sendable>(_ body: (borrowing Findings) -> Result) -> Result {
        findings.withLock { body($0) }
    }

    /// A report of what is known.
    func report() -> AuditReport { findings.withLock { AuditReport($0) } }

    func receive(topic: RawSpan, payload: RawSpan, details: MQTTMessageDetails) {
        let bytes = payload.withUnsafeBytes { Array($0) }
        take(
            MQTTMessage(
                topic: topic.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }, payload: bytes[...],
                isRetained: details.isRetained, properties: details.properties))
    }

    /// Takes one that came another way.
    func take(_ message: MQTTMessage) {
        let now = clock.read().wallMilliseconds
        findings.withLock { findings in
            findings.messages += 1
            findings.lastArrival = .now
            do throws(UplinkError) {
                for note in try findings.reader.notes(in: message) { findings.take(note, at: now) }
            } catch {
                findings.unreadable += 1
                findings.problem = error.message
            }
        }
    }

    /// Notes why nothing comes; nil: it comes.
    func disconnected(_ reason: String?) { findings.withLock { $0.disconnection = reason } }

    /// Nothing is kept: an audit counts.
    func commit() -> Bool { true }
    var isAccepting: Bool { true }

    func connectionChanged(_ event: MQTTConnectionEvent) {
        findings.withLock { findings in
            switch event {
            case .connected: findings.disconnection = nil
            case .disconnected(let reason, _): findings.disconnection = reason
            case .subscriptionRefused(let filter, let reason):
                findings.refusal = "the broker refuses '\(filter)': \(reason)"
            case .subscriptionDowngraded(let filter, let qos):
                findings.refusal = "the broker delivers '\(filter)' at QoS \(qos): what is lost on the way is missing"
            case .sessionTakenOver: findings.disconnection = "another client took our id"
            case .leftover, .unsubscribed, .unsubscriptionFailed: break
            case .messageRefused(let topic, let reason):
                findings.unreadable += 1
                findings.problem = "the message on '\(topic)' was refused: \(reason)"
            }
        }
    }
}

extension CentreInbox.Findings {
    fileprivate mutating func take(_ note: DeliveryNote, at now: Int64) {
        switch note.identity {
        case .record(let identity):
            audit.receive(identity, previous: note.previous, delivery: note.delivery)
            // How late a backlog or a replay is says nothing of the link.
            guard note.delivery == .live, let milliseconds = note.milliseconds else { return }
            let key = SequenceAudit.Key(gateway: identity.gateway, stream: identity.stream)
            guard delays.count < SequenceAudit.streamsMax || delays[key] != nil else { return }
            delays[key, default: DelayHistogram()].note(now - milliseconds)
        case .loss(let loss):
            audit.receive(loss, reason: note.reason ?? .overwritten)
        }
    }
}
