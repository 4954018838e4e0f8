import AgentTestKit
import MQTTTransport
import Testing

/// A will that waits must not tell of a death at every interruption.
@Suite struct WillTests {
    private func watch(_ broker: Broker) async throws -> (MQTTSubscriber, RecordingInlet) {
        let inlet = RecordingInlet()
        let subscriber = try startSubscriber(
            testConfiguration(broker.port, "watcher"), [MQTTSubscription(filter: "#")], inlet)
        #expect(await eventually { subscriber.isSubscribed })
        return (subscriber, inlet)
    }

    private func configuration(_ port: UInt16, delay: Duration) -> MQTTConfiguration {
        var configuration = testConfiguration(port, "gateway")
        configuration.will = .init(topic: "state", payload: Array("gone".utf8), isRetained: false, delay: delay)
        return configuration
    }

    private func reconnect(_ publisher: MQTTPublisher, through relay: Relay, events: EventLog) async {
        let before = publisher.counters.reconnects
        relay.behaviour = .cut
        #expect(await eventually { !publisher.isConnected })
        relay.behaviour = .passing
        #expect(await eventually { publisher.counters.reconnects > before && publisher.isConnected })
    }

    @Test func `who comes back within the delay was never gone`() async throws {
        let broker = try await Broker()
        let (watcher, inlet) = try await watch(broker)
        let relay = try Relay(to: broker.port)
        let events = EventLog()
        let publisher = try await startPublisher(configuration(relay.port, delay: .seconds(60)), events: events)
        #expect(await publisher.waitUntilConnected())
        for _ in 1...3 { await reconnect(publisher, through: relay, events: events) }
        // What follows a will is seen after it.
        #expect(await publisher.publish(count: 1) { _ in message("marker", "here") }.ending == .complete)
        #expect(await eventually { inlet.committed.contains { $0.topic == "marker" } })
        #expect(inlet.committed.map(\.topic) == ["marker"])
        await publisher.stop()
        await watcher.stop()
    }

    @Test func `without a delay each interruption is told`() async throws {
        let broker = try await Broker()
        let (watcher, inlet) = try await watch(broker)
        let relay = try Relay(to: broker.port)
        let events = EventLog()
        let publisher = try await startPublisher(configuration(relay.port, delay: .zero), events: events)
        #expect(await publisher.waitUntilConnected())
        await reconnect(publisher, through: relay, events: events)
        #expect(await eventually { inlet.committed.contains { $0.topic == "state" } })
        await publisher.stop()
        await watcher.stop()
    }

    @Test func `who stays away is told when the delay is over`() async throws {
        let broker = try await Broker()
        let (watcher, inlet) = try await watch(broker)
        let relay = try Relay(to: broker.port)
        let publisher = try await startPublisher(configuration(relay.port, delay: .seconds(1)))
        #expect(await publisher.waitUntilConnected())
        relay.behaviour = .cut
        #expect(await eventually { inlet.committed.map(\.text) == ["gone"] })
        await publisher.stop()
        await watcher.stop()
    }
}
