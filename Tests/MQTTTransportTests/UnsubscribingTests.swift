import AgentTestKit
import MQTTTransport
import Synchronization
import Testing

/// Filters that are not wanted any more, in a session that the broker has kept.
@Suite struct UnsubscribingTests {
    typealias Version = MQTTConfiguration.ProtocolVersion

    /// Keeps in memory what an agent keeps on its disk, and all that it was ever told.
    private final class Memory: MQTTSubscriptionMemory {
        private let told: Mutex<[Set<String>]>

        init(_ filters: Set<String> = []) { told = Mutex([filters]) }

        var filters: Set<String> { told.withLock { $0[$0.count - 1] } }
        var all: [Set<String>] { told.withLock { Array($0.dropFirst()) } }
        func remember(_ filters: Set<String>) { told.withLock { $0.append(filters) } }
    }

    /// What the session of a client gets that asks for nothing but a mark, up to the mark.
    private func leftInSession(_ configuration: MQTTConfiguration) async throws -> [String] {
        let inlet = RecordingInlet()
        let subscriber = try startSubscriber(configuration, [MQTTSubscription(filter: "mark")], inlet)
        #expect(await eventually { subscriber.isSubscribed })
        try await publish(["mark"], to: "mark", through: configuration.port)
        #expect(await eventually { inlet.committed.contains { $0.text == "mark" } })
        await subscriber.stop()
        return inlet.committed.map(\.text).filter { $0 != "mark" }
    }

    @Test(arguments: [Version.v5, .v311])
    func `a filter that is gone is ended at the next connection, and the kept one loses and repeats nothing`(
        version: Version
    ) async throws {
        let broker = try await Broker()
        let configuration = testConfiguration(broker.port, "in", version)
        let memory = Memory()
        func subscribe(_ filters: String..., to inlet: RecordingInlet) throws -> MQTTSubscriber {
            try startSubscriber(configuration, filters.map { MQTTSubscription(filter: $0) }, inlet, memory: memory)
        }
        let before = RecordingInlet()
        let first = try subscribe("kept/#", "$share/g/gone/#", "gone too/+", to: before)
        #expect(await eventually { first.isSubscribed })
        #expect(memory.all == [["kept/#", "$share/g/gone/#", "gone too/+"]], "before it was asked for, once")
        let feeder = try await startPublisher(testConfiguration(broker.port, "feeder"))
        #expect(await feeder.waitUntilConnected())
        async let report = feeder.publish(count: 3000) { message("kept/\($0 % 7)", "\($0)") }
        #expect(await eventually { before.committed.count > 100 })
        await first.stop()
        let after = RecordingInlet()
        let second = try subscribe("kept/#", to: after)
        #expect(await eventually { second.isSubscribed && memory.filters == ["kept/#"] })
        #expect(await report.ending == .complete)
        #expect(after.events.contains(.leftover(filters: ["$share/g/gone/#", "gone too/+"])))
        #expect(after.events.contains(.unsubscribed(filter: "$share/g/gone/#")))
        try await publish(["not wanted"], to: "gone/a", through: broker.port)
        try await publish(["not wanted"], to: "gone too/a", through: broker.port)
        try await publish(["last"], to: "kept/last", through: broker.port)
        #expect(await eventually { after.committed.contains { $0.text == "last" } })
        await second.stop()
        await feeder.stop()
        #expect((before.committed + after.committed).map(\.text) == (0..<3000).map { "\($0)" } + ["last"])
    }

    @Test(arguments: [Version.v5, .v311])
    func `a filter that is added to a session gets what is retained, and the others do not get it again`(
        version: Version
    ) async throws {
        let broker = try await Broker()
        let configuration = testConfiguration(broker.port, "in", version)
        let memory = Memory()
        try await publish(["old"], to: "old/a", through: broker.port, isRetained: true)
        try await publish(["new"], to: "new/a", through: broker.port, isRetained: true)
        let inlet = RecordingInlet()
        for filters in [["old/#"], ["old/#", "new/#"]] {
            let subscriber = try startSubscriber(
                configuration, filters.map { MQTTSubscription(filter: $0, retained: .once) }, inlet, memory: memory)
            #expect(await eventually { subscriber.isSubscribed })
            try await publish(["mark \(filters.count)"], to: "old/mark", through: broker.port)
            #expect(await eventually { inlet.committed.contains { $0.text == "mark \(filters.count)" } })
            await subscriber.stop()
        }
        #expect(inlet.committed.map(\.text) == ["old", "mark 1", "new", "mark 2"])
    }

    @Test(arguments: [Version.v5, .v311])
    func `a topic of an old and a new filter is covered all the time`(version: Version) async throws {
        let broker = try await Broker()
        let configuration = testConfiguration(broker.port, "in", version)
        let memory = Memory()
        let inlet = RecordingInlet()
        let feeder = try await startPublisher(testConfiguration(broker.port, "feeder"))
        #expect(await feeder.waitUntilConnected())
        let wide = try startSubscriber(configuration, [MQTTSubscription(filter: "a/#")], inlet, memory: memory)
        #expect(await eventually { wide.isSubscribed })
        async let report = feeder.publish(count: 3000) { message("a/b", "\($0)") }
        #expect(await eventually { inlet.committed.count > 100 })
        await wide.stop()
        let narrow = try startSubscriber(configuration, [MQTTSubscription(filter: "a/b")], inlet, memory: memory)
        #expect(await eventually { narrow.isSubscribed && memory.filters == ["a/b"] })
        #expect(await report.ending == .complete)
        #expect(await eventually { Set(inlet.committed.map(\.text)).count == 3000 })
        await narrow.stop()
    }

    @Test(arguments: [Version.v5, .v311])
    func `an UNSUBACK that does not come is waited for over the next connection`(version: Version) async throws {
        let fake = try FakeBroker { number, connection in
            connection.acceptClient(isSessionPresent: true)
            if number == 1 {
                connection.acceptSubscription()
                // The end of the connection, in the place of an answer.
                _ = connection.receive(type: 10)
            } else {
                connection.acceptUnsubscription()
                connection.waitForClose()
            }
        }
        let memory = Memory(["old", "new"])
        let inlet = RecordingInlet()
        let subscriber = try startSubscriber(
            testConfiguration(fake.port, "in", version), [MQTTSubscription(filter: "new")], inlet, memory: memory)
        #expect(await eventually { memory.filters == ["new"] })
        #expect(inlet.events.filter { $0 == .leftover(filters: ["old"]) }.count == 2)
        #expect(inlet.events.filter { $0 == .unsubscribed(filter: "old") }.count == 1)
        #expect(memory.all == [["new"]], "forgotten when it was answered, and not before")
        await subscriber.stop()
    }

    @Test func `in a session that the broker has forgotten there is nothing to end`() async throws {
        let broker = try await Broker()
        let memory = Memory(["old"])
        let inlet = RecordingInlet()
        let subscriber = try startSubscriber(
            testConfiguration(broker.port, "in"), [MQTTSubscription(filter: "new")], inlet, memory: memory)
        #expect(await eventually { subscriber.isSubscribed })
        await subscriber.stop()
        #expect(memory.filters == ["new"])
        #expect(inlet.events == [.connected(isSessionPresent: false, isFirst: true)])
    }

    @Test(arguments: [Version.v5, .v311])
    func `who leaves for good leaves no subscription behind, and takes nothing with it that is not on the disk`(
        version: Version
    ) async throws {
        let broker = try await Broker()
        let configuration = testConfiguration(broker.port, "in", version)
        let memory = Memory(["from an earlier run"])
        let inlet = RecordingInlet()
        let subscriber = try startSubscriber(
            configuration, [MQTTSubscription(filter: "a/#"), MQTTSubscription(filter: "$share/g/b")], inlet,
            memory: memory)
        #expect(await eventually { subscriber.isSubscribed })
        let feeder = try await startPublisher(testConfiguration(broker.port, "feeder"))
        #expect(await feeder.waitUntilConnected())
        async let report = feeder.publish(count: 3000) { message("a/b", "\($0)") }
        #expect(await eventually { inlet.committed.count > 100 })
        await subscriber.stop(forGood: true)
        #expect(await report.ending == .complete)
        await feeder.stop()
        #expect(memory.filters == [])
        try await publish(["nobody's"], to: "b", through: broker.port)
        // What the broker had gathered by then is there for who comes back, and nothing twice.
        let left = try await leftInSession(configuration)
        let texts = inlet.committed.map(\.text) + left
        #expect(texts == (0..<texts.count).map { "\($0)" })
    }

    @Test func `a broker that does not answer holds up nobody who leaves for good`() async throws {
        let fake = try FakeBroker { _, connection in
            connection.acceptClient()
            connection.acceptSubscription()
            connection.waitForClose()
        }
        let memory = Memory()
        let subscriber = try startSubscriber(
            testConfiguration(fake.port, "in"), [MQTTSubscription(filter: "a")], RecordingInlet(), memory: memory)
        #expect(await eventually { subscriber.isSubscribed })
        await subscriber.stop(forGood: true)
        #expect(fake.received.map(\.type).suffix(2) == [10, 14])
        #expect(memory.filters == ["a"], "it may still be there")
    }
}
