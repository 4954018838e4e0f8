import AgentTestKit
import Glibc
import MQTTTransport
import Synchronization
import Testing
import Threads

/// P1: acknowledged means on disk. What the inlet has not committed, the broker sends again.
@Suite struct AcknowledgementTests {
    @Test(arguments: [MQTTConfiguration.ProtocolVersion.v5, .v311])
    func `P1 nothing is acknowledged while the commit is under way`(version: MQTTConfiguration.ProtocolVersion)
        async throws
    {
        let fake = try FakeBroker { _, connection in
            connection.acceptClient()
            connection.acceptSubscription()
            for packetID in 1...10 {
                connection.publish(topic: "a/b", payload: [UInt8(packetID)], packetID: UInt16(packetID))
            }
            connection.waitForClose()
        }
        let inlet = RecordingInlet(.block)
        let subscriber = try startSubscriber(
            testConfiguration(fake.port, "in", version), [MQTTSubscription(filter: "a/#")], inlet)
        #expect(await eventually { inlet.isBlocked })
        // The client had all the time to answer: it has read all ten. Nothing of type 4 may have left.
        try await Task.sleep(for: .milliseconds(200))
        #expect(fake.received.filter { $0.type == 4 }.isEmpty)
        inlet.answer(.succeed)
        #expect(await eventually { fake.received.filter { $0.type == 4 }.count == 10 })
        #expect(fake.received.filter { $0.type == 4 }.map(\.packetID) == Array(1...10))
        #expect(inlet.committed.map(\.payload) == (1...10).map { [UInt8($0)] })
        await subscriber.stop()
    }

    @Test(arguments: [MQTTConfiguration.ProtocolVersion.v5, .v311])
    func `P1 a failed commit makes the broker send again, marked as duplicates`(
        version: MQTTConfiguration.ProtocolVersion
    ) async throws {
        let broker = try await Broker()
        let configuration = testConfiguration(broker.port, "in", version)
        try await prepareSession(configuration, "a/#")
        let texts = (0..<50).map { "reading \($0)" }
        try await publish(texts, to: "a/b", through: broker.port)

        let inlet = RecordingInlet(.fail)
        let subscriber = try startSubscriber(configuration, [MQTTSubscription(filter: "a/#")], inlet)
        #expect(await eventually { inlet.reasons.count >= 2 })
        #expect(inlet.reasons.allSatisfy { $0.contains("could not be stored") })
        inlet.answer(.succeed)
        #expect(await eventually { inlet.committed.count >= texts.count })
        await subscriber.stop()
        #expect(inlet.committed.map(\.text) == texts)
        #expect(inlet.committed.first?.isDuplicate == true)
        #expect(inlet.committed.last?.isDuplicate == false || version == .v5)
    }

    @Test func `P1 a subscriber that ends before the commit leaves everything with the broker`() async throws {
        let broker = try await Broker()
        let configuration = testConfiguration(broker.port, "in")
        try await prepareSession(configuration, "a/#")
        let texts = (0..<30).map { "reading \($0)" }
        try await publish(texts, to: "a/b", through: broker.port)

        let stuck = RecordingInlet(.block)
        let first = try startSubscriber(configuration, [MQTTSubscription(filter: "a/#")], stuck)
        #expect(await eventually { stuck.isBlocked })
        // A second client with the same id takes the session over, as after a kill and a restart.
        let inlet = RecordingInlet()
        let second = try startSubscriber(configuration, [MQTTSubscription(filter: "a/#")], inlet)
        #expect(await eventually { inlet.committed.count >= texts.count })
        #expect(inlet.committed.map(\.text) == texts)
        stuck.answer(.fail)
        await first.stop()
        await second.stop()
    }

    @Test func `what was acknowledged does not come again after an orderly stop`() async throws {
        let broker = try await Broker()
        let configuration = testConfiguration(broker.port, "in")
        try await prepareSession(configuration, "a/#")
        let texts = (0..<3000).map { "reading \($0)" }
        try await publish(texts, to: "a/b", through: broker.port)
        // Stopped in the middle, while the broker still sends; then started again, until all is here.
        let inlet = RecordingInlet()
        let first = try startSubscriber(configuration, [MQTTSubscription(filter: "a/#")], inlet)
        #expect(await eventually { !inlet.committed.isEmpty })
        await first.stop()
        let second = try startSubscriber(configuration, [MQTTSubscription(filter: "a/#")], inlet)
        #expect(await eventually { inlet.committed.count >= texts.count })
        await second.stop()
        #expect(inlet.committed.map(\.text) == texts)
    }

    @Test func `P1 stop returns when a broker that reads late has read every acknowledgement`() async throws {
        let count = 1500
        let isTold = Gate(false)
        let isRead = Gate(false)
        let fake = try FakeBroker { _, connection in
            guard connection.acceptClient(), connection.acceptSubscription() else { return }
            for packetID in 1...count { connection.publish(topic: "a", payload: [1], packetID: UInt16(packetID)) }
            _ = isTold.wait { $0 ? true : nil }
            // Like a broker with other work: it sends on, and comes to our packets only after a while.
            for packetID in 0..<30 {
                connection.publish(topic: "a", payload: [2], packetID: UInt16(count + 1 + packetID))
                usleep(100_000)
            }
            guard connection.receive(type: 14) != nil else { return }
            isRead.change { $0 = true }
        }
        let inlet = RecordingInlet()
        let subscriber = try startSubscriber(
            testConfiguration(fake.port, "in"), [MQTTSubscription(filter: "a/#")], inlet)
        #expect(await eventually { inlet.committed.count == count })
        isTold.change { $0 = true }
        await subscriber.stop()
        #expect(isRead.withLock { $0 })
        // Every message that was committed is acknowledged; those that came too late are the broker's still.
        let acknowledged = Set(fake.received.filter { $0.type == 4 }.map(\.packetID))
        #expect(acknowledged.count == inlet.committed.count)
    }

    @Test func `P6 a broker that leaves our acknowledgements unread is read no further, and loses nothing`()
        async throws
    {
        let count = 150_000
        let mayRead = Gate(false)
        let fake = try FakeBroker { _, connection in
            guard connection.acceptClient(), connection.acceptSubscription() else { return }
            let packets = (1...1000).map { number in
                FakeBrokerConnection.publishPacket(
                    topic: "a", payload: [1], packetID: UInt16(number), properties: [])
            }
            let burst = Array(packets.joined())
            for _ in 0..<(count / 1000) { connection.send(burst) }
            _ = mayRead.wait { $0 ? true : nil }
            connection.waitForClose()
        }
        var configuration = testConfiguration(fake.port, "in")
        configuration.acknowledgementsUnreadMax = 16 << 10
        let inlet = CountingInlet()
        let subscriber = try MQTTSubscriber(
            configuration: configuration, subscriptions: [MQTTSubscription(filter: "a/#")],
            linger: .milliseconds(10), inlet: inlet)
        try subscriber.start()
        // It comes to rest before the end: nothing more arrives while nothing is read.
        #expect(await inlet.comesToRest())
        #expect(inlet.count < count)
        mayRead.change { $0 = true }
        #expect(await eventually { inlet.count == count })
        #expect(await eventually { fake.received.count { $0.type == 4 } == count })
        await subscriber.stop()
    }

    @Test func `while the inlet does not accept, the subscriber stays away`() async throws {
        let broker = try await Broker()
        let inlet = RecordingInlet()
        inlet.setAccepting(false)
        let subscriber = try startSubscriber(
            testConfiguration(broker.port, "in"), [MQTTSubscription(filter: "a/#")], inlet)
        try await Task.sleep(for: .milliseconds(300))
        #expect(!subscriber.isConnected)
        #expect(inlet.events.isEmpty)
        inlet.setAccepting(true)
        #expect(await eventually { subscriber.isConnected })
        await subscriber.stop()
    }

    @Test func `stop returns although the peer is dead`() async throws {
        let fake = try FakeBroker { _, connection in
            connection.acceptClient()
            connection.acceptSubscription()
            for packetID in 1...100 {
                connection.publish(topic: "a/b", payload: [1], packetID: UInt16(packetID))
            }
            // Reads nothing any more, and answers nothing.
            _ = eventuallyBlocking(.seconds(20)) { false }
        }
        let inlet = RecordingInlet()
        let subscriber = try startSubscriber(
            testConfiguration(fake.port, "in"), [MQTTSubscription(filter: "a/#")], inlet)
        #expect(await eventually { inlet.received.count == 100 })
        let begin = ContinuousClock.now
        await subscriber.stop()
        // The promise is 5 s; the machine may be slow.
        #expect(ContinuousClock.now - begin < .seconds(10))
        #expect(inlet.committed.count == 100)
    }

    @Test func `stop returns although a commit never does`() async throws {
        let broker = try await Broker()
        let inlet = RecordingInlet(.block)
        let subscriber = try startSubscriber(
            testConfiguration(broker.port, "in"), [MQTTSubscription(filter: "a/#")], inlet)
        #expect(await eventually { subscriber.isSubscribed })
        try await publish(["x"], to: "a/b", through: broker.port)
        #expect(await eventually { inlet.isBlocked })
        let begin = ContinuousClock.now
        await subscriber.stop()
        #expect(ContinuousClock.now - begin < .seconds(10))
        inlet.answer(.fail)
    }
}

/// An inlet that only counts.
private final class CountingInlet: MQTTInlet {
    private let committed = Atomic<Int>(0)
    private let waiting = Atomic<Int>(0)

    var count: Int { committed.load(ordering: .relaxed) }
    var isAccepting: Bool { true }

    func receive(topic: RawSpan, payload: RawSpan, details: MQTTMessageDetails) {
        waiting.add(1, ordering: .relaxed)
    }

    func commit() -> Bool {
        committed.add(waiting.exchange(0, ordering: .relaxed), ordering: .relaxed)
        return true
    }

    func connectionChanged(_ event: MQTTConnectionEvent) {}

    /// Waits until something has come and nothing more does for a second.
    func comesToRest() async -> Bool {
        var last = 0
        var since = ContinuousClock.now
        return await eventually(within: .seconds(60)) {
            if self.count != last { (last, since) = (self.count, .now) }
            return last > 0 && ContinuousClock.now - since > .seconds(1)
        }
    }
}
