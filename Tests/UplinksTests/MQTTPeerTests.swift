import AgentTestKit
import MQTTTransport
import Records
import Synchronization
import Testing
import Uplinks

/// What holds against every MQTT 3.1.1 server.
private struct Examination: Sendable {
    /// How far a drain has come, for those who disturb it.
    private final class Progress: Sendable {
        let confirmed = Atomic<UInt64>(0)
    }

    let centre: Centre
    let topic: String

    init(port: UInt16, topic: String = "g/{topic}") async throws {
        centre = try await Centre(port: port, filter: "g/#", version: .v311)
        self.topic = topic
    }

    /// Sends records one by one as messages, and in batches; all arrive once, in order.
    func everythingArrives() async throws {
        let count = 500
        let raw = try await centre.uplink(.raw(keepsRetained: false), topic: topic, version: .v311)
        #expect(await raw.send(Sample.batch(count: count)) == .acknowledged(through: SequenceNumber(UInt64(count))))
        await raw.close()
        #expect(await eventually { centre.messages.count >= count })
        let texts = centre.messages.map { String(decoding: $0.payload, as: UTF8.self) }
        #expect(texts == (1...count).map { "{\"n\":\($0)}" })
        let batched = try await centre.uplink(
            .batches(.cloudevents, .init(recordsMax: 40)), topic: "g/batches", version: .v311)
        #expect(await batched.send(Sample.batch(count: count)) == .acknowledged(through: SequenceNumber(UInt64(count))))
        await batched.close()
        let messages = 13
        #expect(await eventually { centre.messages.count >= count + messages })
        #expect(try sequences(from: count) == Array(1...UInt64(count)))
    }

    /// Sends while the server is killed and comes back; nothing is missing.
    func nothingIsMissing(afterKilling restart: @escaping @Sendable () async throws -> Void) async throws {
        let count: UInt64 = 2000
        let uplink = try await centre.uplink(
            .batches(.cloudevents, .init(recordsMax: 10)), topic: "g/b", version: .v311)
        let records = Sample.batch(count: Int(count)).records
        let progress = Progress()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                _ = await eventually { progress.confirmed.load(ordering: .relaxed) >= count / 3 }
                try await restart()
            }
            let isDrained = await eventually(within: .seconds(180)) {
                let next = Int(progress.confirmed.load(ordering: .relaxed))
                guard next < count else { return true }
                let batch = Sample.batch(Array(records[next..<min(next + 100, Int(count))]))
                if case .acknowledged(let sequence) = await uplink.send(batch) {
                    progress.confirmed.store(sequence.rawValue, ordering: .relaxed)
                }
                return false
            }
            #expect(isDrained)
            try await group.waitForAll()
        }
        #expect(try await eventually { UInt64(Set(try sequences()).count) == count })
        await uplink.close()
    }

    /// The reason that a publisher in MQTT 5 is given.
    static func reasonAgainstVersion5(port: UInt16) async throws -> String {
        let reasons = Mutex<[String]>([])
        let publisher = try MQTTPublisher(
            configuration: MQTTConfiguration(host: "127.0.0.1", port: port, clientID: "five")
        ) { event in
            if case .disconnected(let reason, _) = event { reasons.withLock { $0.append(reason) } }
        }
        try publisher.start()
        #expect(await eventually { reasons.withLock { !$0.isEmpty } })
        #expect(!publisher.isConnected)
        await publisher.stop()
        return reasons.withLock { $0.first } ?? ""
    }

    private func sequences(from first: Int = 0) throws -> [UInt64] {
        var reader = DeliveredEventReader()
        return try centre.messages[first...].flatMap { message in
            var message = message
            message.properties = nil
            return try reader.events(in: message)
        }.compactMap { event in
            if case .record(let record) = event { record.identity.position.sequence.rawValue } else { nil }
        }
    }
}

@Suite(.enabled(if: NATSServer.isInstalled, "needs nats-server"))
struct NATSTests {
    @Test func `every record arrives, one by one and in batches`() async throws {
        let server = try await NATSServer()
        let examination = try await Examination(port: server.port)
        try await examination.everythingArrives()
        try await examination.centre.stop()
        await server.process.kill()
    }

    @Test func `P2 delivered means confirmed: a server killed in mid-drain loses nothing`() async throws {
        let server = try await NATSServer()
        let examination = try await Examination(port: server.port)
        try await examination.nothingIsMissing {
            await server.process.kill()
            try await server.process.start()
        }
        try await examination.centre.stop()
        await server.process.kill()
    }

    @Test func `that it does not speak MQTT 5 is told`() async throws {
        let server = try await NATSServer()
        let reason = try await Examination.reasonAgainstVersion5(port: server.port)
        #expect(reason.contains("it does not speak this version of MQTT, try the other one"), "\(reason)")
        await server.process.kill()
    }

    @Test func `P8 a topic over which it hangs up costs only its own records`() async throws {
        let server = try await NATSServer()
        let centre = try await Centre(port: server.port, filter: "g/#", version: .v311)
        let uplink = try await centre.uplink(.raw(keepsRetained: false), topic: "g/{topic}", version: .v311)
        // Before 2.10 it knows no topic with a space.
        let topics = ["a/1", "hall 3/t", "a/2", "a/1"]
        let records = topics.enumerated().map { Sample.record(UInt64($0.offset + 1), topic: $0.element) }
        var next = 0
        var rejected: [UInt64] = []
        let isDone = await eventually {
            guard next < records.count else { return true }
            switch await uplink.send(Sample.batch(Array(records[next...]))) {
            case .acknowledged(let sequence): next = Int(sequence.rawValue)
            case .reject(let sequence, let reason):
                #expect(reason.contains("'g/hall 3/t'"))
                rejected.append(sequence.rawValue)
                next = Int(sequence.rawValue)
            case .retry: break
            }
            return false
        }
        #expect(isDone)
        #expect(rejected == [2])
        #expect(await eventually { Set(centre.messages.map(\.topic)) == ["g/a/1", "g/a/2"] })
        await uplink.close()
        try await centre.stop()
        await server.process.kill()
    }
}

@Suite(.enabled(if: RabbitMQServer.isInstalled, "needs rabbitmq-server"))
struct RabbitMQTests {
    @Test func `every record arrives, killed in mid-drain it loses nothing, and MQTT 5 is told to be wrong`()
        async throws
    {
        let server = try await RabbitMQServer()
        let reason = try await Examination.reasonAgainstVersion5(port: server.port)
        #expect(reason.contains("MQTT 3.1.1 only"), "\(reason)")
        let first = try await Examination(port: server.port)
        try await first.everythingArrives()
        try await first.centre.stop()
        let second = try await Examination(port: server.port)
        try await second.nothingIsMissing {
            await server.process.kill()
            try await server.process.start()
        }
        try await second.centre.stop()
        await server.process.kill()
    }
}
