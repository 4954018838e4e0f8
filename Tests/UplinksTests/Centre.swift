import AgentTestKit
import MQTTTransport
import Records
import Synchronization
import Uplinks

/// The far side: a real broker, and a subscriber that reads everything that arrives there.
final class Centre: Sendable {
    private final class Inbox: MQTTInlet {
        let messages = Mutex<[MQTTMessage]>([])
        let isConnected = Mutex(false)

        func receive(topic: RawSpan, payload: RawSpan, details: MQTTMessageDetails) {
            let message = MQTTMessage(
                topic: String(decoding: Self.bytes(topic), as: UTF8.self), payload: Self.bytes(payload)[...],
                isRetained: details.isRetained, properties: details.properties)
            messages.withLock { $0.append(message) }
        }

        func commit() -> Bool { true }
        var isAccepting: Bool { true }

        func connectionChanged(_ event: MQTTConnectionEvent) {
            if case .connected = event { isConnected.withLock { $0 = true } }
        }

        private static func bytes(_ span: RawSpan) -> [UInt8] { span.withUnsafeBytes { Array($0) } }
    }

    /// The port of the server.
    let port: UInt16
    private let ownBroker: Broker?
    private let version: MQTTConfiguration.ProtocolVersion
    private let inbox = Inbox()
    private let subscriber: MQTTSubscriber

    /// With a mosquitto of its own.
    convenience init(
        _ options: Broker.Options = Broker.Options(), version: MQTTConfiguration.ProtocolVersion = .v5
    ) async throws {
        let broker = try await Broker(options)
        try await self.init(port: broker.port, broker: broker, version: version)
    }

    /// At any server.
    init(
        port: UInt16, broker: Broker? = nil, clientID: String = "centre", filter: String = "#",
        version: MQTTConfiguration.ProtocolVersion
    ) async throws {
        self.port = port
        self.version = version
        ownBroker = broker
        let configuration = Self.configuration(port: port, clientID: clientID, version: version)
        subscriber = try MQTTSubscriber(
            configuration: configuration, subscriptions: [MQTTSubscription(filter: filter, isNoLocal: version == .v5)],
            linger: .zero, inlet: inbox)
        try subscriber.start()
        _ = await eventually { self.subscriber.isConnected }
        try await awaitSubscription()
    }

    /// Its own mosquitto; only where it has one.
    var broker: Broker {
        guard let ownBroker else { preconditionFailure("this centre is at a server of somebody else") }
        return ownBroker
    }

    /// Everything that has arrived.
    var messages: [MQTTMessage] { inbox.messages.withLock { $0 }.filter { $0.topic != Self.probeTopic } }

    /// What arrived, read as events.
    func events() throws -> [DeliveredEvent] {
        var reader = DeliveredEventReader()
        return try messages.flatMap { try reader.events(in: $0) }
    }

    func stop() async throws {
        await subscriber.stop()
        try await ownBroker?.stop()
    }

    /// A publisher to the broker and an uplink over it; waits until they are connected.
    func uplink(
        _ format: MQTTUplinkConfiguration.Format, topic: String = "g/{gateway}/{stream}",
        version: MQTTConfiguration.ProtocolVersion = .v5, connectionWait: Duration = .seconds(30)
    ) async throws -> MQTTUplink {
        let publisher = try publisher(clientID: "gateway", version: version)
        var configuration = try MQTTUplinkConfiguration(
            topic: TopicTemplate(topic), format: format, version: version)
        configuration.connectionWait = connectionWait
        _ = await publisher.waitUntilConnected()
        return MQTTUplink(
            gateway: Sample.gateway, configuration: configuration, publisher: publisher, clock: StandingClock())
    }

    /// Publishes until something comes through: only then is the subscription in place.
    private func awaitSubscription() async throws {
        let publisher = try publisher(clientID: "probe", version: version)
        _ = await eventually {
            _ = await publisher.publish(count: 1) { _ in MQTTMessage(topic: Self.probeTopic, payload: []) }
            return inbox.messages.withLock { !$0.isEmpty }
        }
        await publisher.stop()
    }

    private func publisher(
        clientID: String, version: MQTTConfiguration.ProtocolVersion
    ) throws -> MQTTPublisher {
        let publisher = try MQTTPublisher(
            configuration: Self.configuration(port: port, clientID: clientID, version: version),
            onEvent: { _ in })
        try publisher.start()
        return publisher
    }

    private static let probeTopic = "g/probe"

    private static func configuration(
        port: UInt16, clientID: String, version: MQTTConfiguration.ProtocolVersion
    ) -> MQTTConfiguration {
        var configuration = MQTTConfiguration(host: "127.0.0.1", port: port, clientID: clientID)
        configuration.version = version
        configuration.reconnectDelayMin = .milliseconds(10)
        configuration.reconnectDelayMax = .milliseconds(100)
        return configuration
    }
}
