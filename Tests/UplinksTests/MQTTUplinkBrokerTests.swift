import AgentTestKit
import MQTTTransport
import Records
import Synchronization
import Testing
import Uplinks

/// Against a real mosquitto.
@Suite struct MQTTUplinkBrokerTests {
    private static let formats: [MQTTUplinkConfiguration.Format] = [
        .raw(keepsRetained: false), .batches(.cloudevents, .init(recordsMax: 40)),
        .batches(.cloudevents, .init(recordsMax: 40, compression: .zstd(level: 1))),
    ]

    /// How far a drain has come, for those who disturb it.
    private final class Progress: Sendable {
        let confirmed = Atomic<Int>(0)
    }

    private func sequences(_ events: [DeliveredEvent]) -> [UInt64] {
        events.compactMap { event in
            if case .record(let record) = event { record.identity.position.sequence.rawValue } else { nil }
        }
    }

    @Test(arguments: formats)
    func `every record of a batch arrives once, in order, with its payload`(
        format: MQTTUplinkConfiguration.Format
    ) async throws {
        var options = Broker.Options()
        // A window smaller than the batch: it must be filled again and again.
        options.inflightMax = 7
        let centre = try await Centre(options)
        let uplink = try await centre.uplink(format)
        let batch = Sample.batch(count: 500)
        #expect(await uplink.send(batch) == .acknowledged(through: SequenceNumber(500)))
        #expect(await uplink.send(Sample.loss) == .acknowledged(through: Sample.loss.last))
        _ = try await eventually { try centre.events().count >= 501 }
        let events = try centre.events()
        #expect(sequences(events) == Array(1...500))
        for (event, record) in zip(events, batch.records) {
            guard case .record(let delivered) = event else { continue }
            #expect(delivered.payload == Array(record.payload))
            #expect(delivered.topic == record.topic)
        }
        #expect(events.last?.identity == .loss(LossIdentity(gateway: Sample.gateway, loss: Sample.loss)))
        #expect(centre.messages.allSatisfy { LoopGuard.hasPassed(Sample.gateway, $0.properties) })
        await uplink.close()
        try await centre.stop()
    }

    @Test func `what MQTT 5 carried arrives at the other end`() async throws {
        let centre = try await Centre()
        let uplink = try await centre.uplink(.raw(keepsRetained: true), topic: "g/{topic}")
        let properties = RecordProperties(
            contentType: "text/csv",
            userProperties: [.init(name: "id", value: "theirs"), .init(name: "k", value: "ü")],
            messageExpirySeconds: 600, responseTopic: "reply", correlationData: [0, 1, 255], isPayloadUTF8: true)
        let record = Sample.record(1, topic: "a/ü", payload: [0xC3, 0xBC], isRetained: true, properties: properties)
        #expect(await uplink.send(Sample.batch([record])) == .acknowledged(through: SequenceNumber(1)))
        _ = await eventually { !centre.messages.isEmpty }
        let message = try #require(centre.messages.first)
        #expect(message.topic == "g/a/ü")
        #expect(Array(message.payload) == [0xC3, 0xBC])
        let arrived = try #require(message.properties)
        #expect(arrived.contentType == "text/csv")
        #expect(arrived.responseTopic == "reply")
        #expect(arrived.correlationData == [0, 1, 255])
        #expect(arrived.isPayloadUTF8)
        // Six seconds lay between the record and the clock of the test; the broker may take off some more.
        #expect((1...594).contains(arrived.messageExpirySeconds ?? 0))
        #expect(arrived.userProperties.contains(.init(name: "original-id", value: "theirs")))
        #expect(arrived.userProperties.contains(.init(name: "k", value: "ü")))
        await uplink.close()
        try await centre.stop()
    }

    @Test func `in 3_1_1 payloads and batches arrive, without properties`() async throws {
        let centre = try await Centre(version: .v311)
        let raw = try await centre.uplink(.raw(keepsRetained: false), version: .v311)
        #expect(await raw.send(Sample.batch(count: 3)) == .acknowledged(through: SequenceNumber(3)))
        await raw.close()
        let batched = try await centre.uplink(.batches(.cloudevents, .init()), version: .v311)
        #expect(await batched.send(Sample.batch(count: 3)) == .acknowledged(through: SequenceNumber(3)))
        await batched.close()
        _ = await eventually { centre.messages.count >= 4 }
        let messages = centre.messages
        #expect(
            messages.prefix(3).map { String(decoding: $0.payload, as: UTF8.self) } == (1...3).map { "{\"n\":\($0)}" })
        #expect(messages.allSatisfy { $0.properties?.userProperties.isEmpty ?? true })
        var reader = DeliveredEventReader()
        var batch = try #require(messages.last)
        batch.properties = nil
        #expect(sequences(try reader.events(in: batch)) == [1, 2, 3])
        try await centre.stop()
    }

    @Test func `a broker that is down is a retry with the reason, and one that comes back is used`() async throws {
        let centre = try await Centre()
        let uplink = try await centre.uplink(.batches(.cloudevents, .init()), connectionWait: .milliseconds(50))
        try await centre.broker.stop()
        let isRetried = await eventually {
            if case .retry(_, let reason, false) = await uplink.send(Sample.batch(count: 3)) {
                !reason.isEmpty
            } else {
                false
            }
        }
        #expect(isRetried)
        try await centre.broker.start()
        let isSent = await eventually {
            await uplink.send(Sample.batch(count: 3)) == .acknowledged(through: SequenceNumber(3))
        }
        #expect(isSent)
        await uplink.close()
        try await centre.stop()
    }

    @Test(arguments: formats)
    func `not being authorised is an alarm and nothing is rejected`(
        format: MQTTUplinkConfiguration.Format
    ) async throws {
        let folder = try TemporaryFolder("acl")
        var options = Broker.Options()
        options.lines = ["acl_file \(try folder.write("acl", "topic read #\ntopic write g/probe\n", mode: 0o644))"]
        let centre = try await Centre(options)
        let uplink = try await centre.uplink(format)
        guard case .retry(nil, _, true) = await uplink.send(Sample.batch(count: 5)) else {
            Issue.record("a refused topic is an alarm")
            return
        }
        await uplink.close()
        try await centre.stop()
    }

    @Test func `a wrong password, and an authority that is not known, are alarms, and a broker that is down is none`()
        async throws
    {
        let authority = try await CertificateAuthority()
        let another = try await CertificateAuthority(name: "Another")
        var options = Broker.Options()
        options.users = ["gateway": "right"]
        options.tls = .init(
            authorityFile: authority.certificateFile, certificate: try await authority.issue("server"))
        let broker = try await Broker(options)
        func answer(_ password: String, _ authority: CertificateAuthority) async throws -> DeliveryOutcome {
            var configuration = MQTTConfiguration(host: "localhost", port: broker.port, clientID: "gateway")
            configuration.username = "gateway"
            configuration.password = password
            configuration.tls = .init(authorityFile: authority.certificateFile)
            configuration.reconnectDelayMin = .milliseconds(10)
            configuration.reconnectDelayMax = .milliseconds(50)
            var uplink = try MQTTUplinkConfiguration(topic: TopicTemplate("g"), format: .raw(keepsRetained: false))
            uplink.connectionWait = .milliseconds(500)
            let publisher = try MQTTPublisher(configuration: configuration) { _ in }
            try publisher.start()
            let sender = MQTTUplink(
                gateway: Sample.gateway, configuration: uplink, publisher: publisher, clock: StandingClock())
            let outcome = await sender.send(Sample.batch(count: 3))
            await sender.close()
            return outcome
        }
        for (password, authority) in [("wrong", authority), ("right", another)] {
            guard case .retry(nil, _, true) = try await answer(password, authority) else {
                Issue.record("it must be an alarm")
                continue
            }
        }
        #expect(try await answer("right", authority) == .acknowledged(through: SequenceNumber(3)))
        try await broker.stop()
        guard case .retry(nil, _, false) = try await answer("right", authority) else {
            Issue.record("a broker that is down comes back by itself")
            return
        }
    }

    @Test func `a broker's packet limit shrinks messages and rejects only the record that is larger`() async throws {
        var options = Broker.Options()
        options.packetSizeMax = 20_000
        let centre = try await Centre(options)
        let uplink = try await centre.uplink(.batches(.cloudevents, .init()))
        var records = Sample.batch(count: 400).records
        records[250].payload = [UInt8](repeating: 0x20, count: 30_000)[...]
        var next = 0
        var rejected: [UInt64] = []
        while next < records.count {
            switch await uplink.send(Sample.batch(Array(records[next...]))) {
            case .acknowledged(let sequence):
                next = Int(sequence.rawValue)
            case .reject(let sequence, _):
                rejected.append(sequence.rawValue)
                next = Int(sequence.rawValue)
            case .retry(_, let reason, _):
                Issue.record("\(reason)")
                return
            }
        }
        #expect(rejected == [251])
        _ = try await eventually { try centre.events().count >= 399 }
        #expect(sequences(try centre.events()) == Array(1...250) + Array(252...400))
        #expect(centre.messages.count < 100)
        await uplink.close()
        try await centre.stop()
    }

    @Test(arguments: formats)
    func `P2 delivered means confirmed: restarts of the broker in mid-drain lose nothing`(
        format: MQTTUplinkConfiguration.Format
    ) async throws {
        var options = Broker.Options()
        options.isPersistent = true
        let centre = try await Centre(options)
        let uplink = try await centre.uplink(format)
        let count = 800
        let records = Sample.batch(count: count).records
        let progress = Progress()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for restart in 1...2 {
                    _ = await eventually { progress.confirmed.load(ordering: .relaxed) >= count * restart / 3 }
                    try await centre.broker.restart()
                }
            }
            let isDrained = await eventually(within: .seconds(60)) {
                let next = progress.confirmed.load(ordering: .relaxed)
                guard next < count else { return true }
                let batch = Sample.batch(Array(records[next..<min(next + 50, count)]))
                if case .acknowledged(let sequence) = await uplink.send(batch) {
                    progress.confirmed.store(Int(sequence.rawValue), ordering: .relaxed)
                }
                return false
            }
            #expect(isDrained)
            try await group.waitForAll()
        }
        var audit = SequenceAudit()
        _ = try await eventually {
            audit = SequenceAudit()
            for event in try centre.events() { audit.receive(event.identity) }
            return audit.summary.distinct == UInt64(count)
        }
        #expect(audit.summary.distinct == UInt64(count))
        #expect(audit.gaps == [])
        #expect(audit.summary.outOfOrder == 0)
        await uplink.close()
        try await centre.stop()
    }
}
