import AgentTestKit
import MQTTTransport
import Synchronization

/// Everything that is published at a broker, whatever it is.
final class MessageInbox: Sendable {
    struct Message: Sendable {
        let topic: String
        let payload: [UInt8]
        /// As the sender set it.
        let isRetained: Bool
        let contentType: String?
        let encoding: String?

        var text: String { String(decoding: payload, as: UTF8.self) }
    }

    private final class Inlet: MQTTInlet {
        let messages = Mutex<[Message]>([])

        func receive(topic: RawSpan, payload: RawSpan, details: MQTTMessageDetails) {
            let message = Message(
                topic: topic.withUnsafeBytes { String(decoding: $0, as: UTF8.self) },
                payload: payload.withUnsafeBytes { Array($0) }, isRetained: details.isRetained,
                contentType: details.properties?.contentType,
                encoding: details.properties?.userProperties.first { $0.name == "content-encoding" }?.value)
            messages.withLock { $0.append(message) }
        }

        func commit() -> Bool { true }
        var isAccepting: Bool { true }
        func connectionChanged(_ event: MQTTConnectionEvent) {}
    }

    private let inlet = Inlet()
    private let subscriber: MQTTSubscriber

    /// Subscribes, and returns when the broker has granted it.
    init(_ broker: Broker) async throws {
        subscriber = try MQTTSubscriber(
            configuration: .quick(port: broker.port, clientID: "inbox"),
            subscriptions: [MQTTSubscription(filter: "#", isRetainAsPublished: true)], linger: .zero, inlet: inlet)
        try subscriber.start()
        guard await eventually({ subscriber.isSubscribed }) else { throw TestKitError("no subscription") }
    }

    /// Its thread would go on for ever.
    deinit { Task { [subscriber] in await subscriber.stop() } }

    /// Whether what is published now arrives here.
    var isSubscribed: Bool { subscriber.isSubscribed }
    /// In the order of arrival.
    var all: [Message] { inlet.messages.withLock(\.self) }

    /// Waits for a message on a topic.
    func receives(_ topic: String, within limit: Duration = .seconds(60)) async -> Bool {
        await eventually(within: limit) { all.contains { $0.topic == topic } }
    }
}
