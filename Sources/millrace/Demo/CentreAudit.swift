import MQTTTransport
import Simulation
import Synchronization
import Uplinks

/// A subscriber at the centre that checks the identity of everything that arrives.
final class CentreAudit: Sendable {
    private let subscriber: MQTTSubscriber
    private let inbox = Inbox()

    /// Connects to the central broker itself, not over the link.
    ///
    /// - Parameter port: of the broker, on 127.0.0.1.
    init(port: UInt16) throws {
        subscriber = try MQTTSubscriber(
            configuration: MQTTConfiguration(host: "127.0.0.1", port: port, clientID: "centre"),
            subscriptions: [MQTTSubscription(filter: "gateways/#")], linger: .zero, inlet: inbox)
        try subscriber.start()
    }

    /// Whether everything that is published from now on is seen.
    var isListening: Bool { subscriber.isSubscribed }

    /// The sums so far.
    var summary: SequenceAudit.Summary { inbox.state.withLock { $0.audit.summary } }

    /// Messages that carried no identity, or were damaged.
    var unreadableCount: UInt64 { inbox.state.withLock { $0.unreadable } }

    /// Takes leave of the broker.
    func close() async { await subscriber.stop() }

    private final class Inbox: MQTTInlet {
        struct State {
            var reader = DeliveredEventReader()
            var audit = SequenceAudit()
            var unreadable: UInt64 = 0
        }

        let state = Mutex(State())

        func receive(topic: RawSpan, payload: RawSpan, details: MQTTMessageDetails) {
            let bytes = payload.withUnsafeBytes { Array($0) }
            let message = MQTTMessage(
                topic: topic.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }, payload: bytes[...],
                isRetained: details.isRetained, properties: details.properties)
            state.withLock { state in
                do {
                    var identities: [DeliveredIdentity] = []
                    try state.reader.forEachIdentity(in: message) { identities.append($0) }
                    for identity in identities { state.audit.receive(identity) }
                } catch {
                    state.unreadable += 1
                }
            }
        }

        // Nothing is kept: the centre is there to count.
        func commit() -> Bool { true }
        var isAccepting: Bool { true }
        func connectionChanged(_ event: MQTTConnectionEvent) {}
    }
}
