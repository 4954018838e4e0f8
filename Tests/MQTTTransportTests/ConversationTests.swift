import AgentTestKit
import MQTTTransport
import Synchronization
import Testing

/// What a publisher says by itself, and in which order.
@Suite struct ConversationTests {
    /// Says its number on each connection, and answers each word that it hears.
    private final class Talk: MQTTConversation {
        private struct State {
            var connection = 0
            var closings = 0
            var heard: [String] = []
        }

        private let state = Mutex(State())
        let subscriptions = [MQTTSubscription(filter: "to/us")]

        var heard: [String] { state.withLock { $0.heard } }
        var closings: Int { state.withLock { $0.closings } }

        func will() -> MQTTConfiguration.Will? {
            let number = state.withLock { state in
                state.connection += 1
                return state.connection
            }
            return .init(topic: "will", payload: Array("\(number)".utf8), isRetained: false, delay: .zero)
        }

        func opened() -> [MQTTMessage] {
            let number = state.withLock { $0.connection }
            return [message("born", "\(number)a"), message("born", "\(number)b")]
        }

        func received(topic: String, payload: [UInt8]) -> MQTTReply {
            let text = String(decoding: payload, as: UTF8.self)
            state.withLock { $0.heard.append("\(topic) \(text)") }
            return text == "leave" ? .leave(reason: "somebody said so") : .say([message("answer", text)])
        }

        func closing() -> [MQTTMessage] { [message("last", "words")] }
        func closed() { state.withLock { $0.closings += 1 } }
    }

    private func start(_ port: UInt16, _ talk: Talk, windowMax: Int = 1000, events: EventLog = EventLog()) throws
        -> MQTTPublisher
    {
        let publisher = try MQTTPublisher(
            configuration: testConfiguration(port, "out"), windowMax: windowMax, conversation: talk
        ) { events.append($0) }
        try publisher.start()
        return publisher
    }

    @Test func `what comes first comes before anything that is asked for, on every connection`() async throws {
        let broker = try await Broker()
        let inlet = RecordingInlet()
        let subscriber = try startSubscriber(
            testConfiguration(broker.port, "in"), [MQTTSubscription(filter: "#")], inlet)
        #expect(await eventually { subscriber.isSubscribed })
        let relay = try Relay(to: broker.port)
        let talk = Talk()
        // A window of one: nothing overtakes.
        let publisher = try start(relay.port, talk, windowMax: 1)
        #expect(await publisher.waitUntilConnected())
        #expect(await publisher.publish(count: 2) { message("data", "\($0)") }.confirmed == 2)
        #expect(await eventually { inlet.committed.count == 4 })
        #expect(inlet.committed.map(\.text) == ["1a", "1b", "0", "1"])

        relay.behaviour = .cut
        #expect(await eventually { inlet.committed.contains { $0.topic == "will" && $0.text == "1" } })
        relay.behaviour = .passing
        #expect(await publisher.waitUntilConnected())
        #expect(await publisher.publish(count: 1) { _ in message("data", "2") }.confirmed == 1)
        #expect(await eventually { inlet.committed.last?.text == "2" })
        let births = inlet.committed.filter { $0.topic == "born" }.map(\.text)
        #expect(births.count == 4)
        #expect(births[2].dropLast() == births[3].dropLast())
        #expect(births[2] != "1a")
        await publisher.stop()
        #expect(await eventually { inlet.committed.last?.topic == "last" })
        #expect(talk.closings >= 2)
        await subscriber.stop()
    }

    @Test func `what is heard is answered, and the connection is left in order when that is wanted`() async throws {
        let broker = try await Broker()
        let inlet = RecordingInlet()
        let subscriber = try startSubscriber(
            testConfiguration(broker.port, "in"), [MQTTSubscription(filter: "#")], inlet)
        #expect(await eventually { subscriber.isSubscribed })
        let talk = Talk()
        let events = EventLog()
        let publisher = try start(broker.port, talk, events: events)
        #expect(await publisher.waitUntilConnected())
        #expect(await eventually { inlet.committed.contains { $0.text == "1b" } })
        try await publish(["hello"], to: "to/us", through: broker.port)
        #expect(await eventually { inlet.committed.contains { $0.topic == "answer" && $0.text == "hello" } })
        try await publish(["leave"], to: "to/us", through: broker.port)
        #expect(await eventually { events.reasons.contains("somebody said so") })
        #expect(await eventually { inlet.committed.contains { $0.text == "2b" } })
        #expect(inlet.committed.contains { $0.topic == "last" })
        // Who leaves in order leaves no will behind.
        #expect(!inlet.committed.contains { $0.topic == "will" })
        #expect(talk.heard == ["to/us hello", "to/us leave"])
        await publisher.stop()
        await subscriber.stop()
    }

    @Test func `a server that refuses what comes first, or the subscription, is named`() async throws {
        let fake = try FakeBroker { _, connection in
            connection.acceptClient()
            _ = connection.acceptSubscription(code: 0x87)
            if let birth = connection.receive(type: 3) { connection.acknowledge(birth.packetID, code: 0x87) }
            connection.waitForClose()
        }
        let events = EventLog()
        let publisher = try start(fake.port, Talk(), events: events)
        #expect(
            await eventually { events.reasons.contains { $0.contains("refuses what comes first") } }, "\(events.all)")
        #expect(events.all.contains { if case .subscriptionRefused("to/us", _) = $0 { true } else { false } })
        await publisher.stop()
    }

    @Test func `a caller without more messages ends early, when the last one is confirmed`() async throws {
        let broker = try await Broker()
        let publisher = try await startPublisher(testConfiguration(broker.port, "out"))
        #expect(await publisher.waitUntilConnected())
        let report = await publisher.publish(count: 100) { $0 < 30 ? message("a", "\($0)") : nil }
        #expect(report == PublishReport(confirmed: 30, ending: .exhausted))
        #expect(await publisher.publish(count: 1) { _ in nil } == PublishReport(confirmed: 0, ending: .exhausted))
        #expect(await publisher.publish(count: 1) { _ in message("a", "") }.ending == .complete)
        await publisher.stop()
    }
}
