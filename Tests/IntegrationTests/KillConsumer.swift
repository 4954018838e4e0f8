import AgentTestKit
import MQTTTransport
import Records
import Synchronization
import Uplinks

/// The consumer at the centre: reads all that arrives and holds it against what was published.
final class KillConsumer: Sendable {
    /// What was found so far.
    struct Findings: Sendable {
        /// Of each device the number of its next reading that was not yet seen.
        var next = [Int](repeating: 0, count: KillLoad.deviceCount)
        /// Events that came again, under the same identity or another.
        var repeats = 0
        /// What breaks a promise; the first ones only.
        var problems: [String] = []
        var audit = SequenceAudit()
        /// What came under each identity, device and number packed.
        var seen: [RecordIdentity: Int] = [:]

        /// Different readings seen.
        var count: Int { next.reduce(0, +) }
        var epochs: Set<Epoch> { Set(seen.keys.map(\.position.epoch)) }

        mutating func report(_ problem: String) {
            if problems.count < 20 { problems.append(problem) }
        }
    }

    private final class Inbox: MQTTInlet {
        struct State {
            var reader = DeliveredEventReader()
            var findings = Findings()
        }

        let state = Mutex(State())

        func receive(topic: RawSpan, payload: RawSpan, details: MQTTMessageDetails) {
            let message = MQTTMessage(
                topic: topic.withUnsafeBytes { String(decoding: $0, as: UTF8.self) },
                payload: payload.withUnsafeBytes { Array($0) }[...], properties: details.properties)
            state.withLock { state in
                do {
                    for event in try state.reader.events(in: message) { state.findings.take(event) }
                } catch {
                    state.findings.report("\(error)")
                }
            }
        }

        func commit() -> Bool { true }
        var isAccepting: Bool { true }
        func connectionChanged(_ event: MQTTConnectionEvent) {}
    }

    private let inbox = Inbox()
    private let subscriber: MQTTSubscriber

    /// Subscribes, and returns when the broker has granted it.
    init(at broker: Broker) async throws {
        var configuration = MQTTConfiguration(host: "127.0.0.1", port: broker.port, clientID: "consumer")
        configuration.reconnectDelayMin = .milliseconds(50)
        configuration.reconnectDelayMax = .milliseconds(200)
        subscriber = try MQTTSubscriber(
            configuration: configuration, subscriptions: [MQTTSubscription(filter: "gateways/#")],
            linger: .milliseconds(2), inlet: inbox)
        try subscriber.start()
        guard await eventually({ self.subscriber.isSubscribed }) else {
            throw TestKitError("the consumer does not get its subscription")
        }
    }

    var findings: Findings { inbox.state.withLock { $0.findings } }

    /// Different readings seen.
    var count: Int { inbox.state.withLock { $0.findings.count } }

    private var receivedCount: UInt64 { inbox.state.withLock { $0.findings.audit.summary.received } }

    /// Waits until so many different readings were seen; gives up when nothing at all has come for a while.
    func waitUntilIdle(orHasSeen count: Int) async {
        var received = receivedCount
        while self.count < count {
            let before = received
            _ = await eventually {
                received = receivedCount
                return received > before
            }
            guard received > before else { return }
        }
    }

    func stop() async { await subscriber.stop() }
}

extension KillConsumer.Findings {
    fileprivate mutating func take(_ event: DeliveredEvent) {
        audit.receive(event.identity)
        guard case .record(let record) = event else { return report("a loss: \(event)") }
        guard let (device, number) = KillLoad.reading(record.payload) else {
            return report("\(record.identity) has the payload \(String(decoding: record.payload, as: UTF8.self))")
        }
        if record.topic != KillLoad.topic(device) { report("\(record.identity) came on \(record.topic)") }
        let packed = number * KillLoad.deviceCount + device
        if let known = seen.updateValue(packed, forKey: record.identity), known != packed {
            report("P7: \(record.identity) names two readings, \(known) and \(packed)")
        }
        if number == next[device] {
            next[device] += 1
        } else if number < next[device] {
            repeats += 1
        } else {
            report("\(record.identity): reading \(number) of device \(device) came before \(next[device])")
        }
    }
}
