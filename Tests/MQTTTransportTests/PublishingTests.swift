import AgentTestKit
import MQTTTransport
import Testing

/// P2: delivered means confirmed.
@Suite struct PublishingTests {
    typealias Version = MQTTConfiguration.ProtocolVersion

    @Test(arguments: [Version.v5, .v311])
    func `ten thousand messages are confirmed and arrive in order`(version: Version) async throws {
        let broker = try await Broker()
        let inlet = RecordingInlet()
        let subscriber = try startSubscriber(
            testConfiguration(broker.port, "in"), [MQTTSubscription(filter: "out/#")], inlet)
        #expect(await eventually { subscriber.isSubscribed })
        let publisher = try await startPublisher(testConfiguration(broker.port, "out", version))
        #expect(await publisher.waitUntilConnected())
        #expect(publisher.isConnected)
        let report = await publisher.publish(count: 10_000) { message("out/\($0 % 7)", "\($0)") }
        #expect(report == PublishReport(confirmed: 10_000, ending: .complete))
        #expect(publisher.counters.messagesPublished == 10_000)
        #expect(publisher.counters.messagesConfirmed == 10_000)
        #expect(publisher.counters.bytesPublished == 38_890)
        #expect(await eventually { inlet.committed.count == 10_000 })
        #expect(inlet.committed.map(\.text) == (0..<10_000).map { "\($0)" })
        await publisher.stop()
        await subscriber.stop()
        #expect(!publisher.isConnected)
        #expect(await publisher.waitUntilConnected() == false)
    }

    /// Why a connection was lost; the server may have had something on its way, or nothing.
    private func reasonOfLoss(_ report: PublishReport) -> String? {
        switch report.ending {
        case .disconnected(let reason), .dropped(let reason): reason
        default: nil
        }
    }

    @Test func `without a connection publish says so at once`() async throws {
        let publisher = try await startPublisher(testConfiguration(1, "out"))
        let report = await publisher.publish(count: 5) { message("a", "\($0)") }
        #expect(report.confirmed == 0)
        guard case .disconnected = report.ending else {
            Issue.record("\(report)")
            return
        }
        #expect(await publisher.publish(count: 0) { _ in message("a", "") }.ending == .complete)
        await publisher.stop()
    }

    @Test func `P2 a connection lost on the way confirms what was confirmed and sends nothing again by itself`()
        async throws
    {
        let fake = try FakeBroker { number, connection in
            connection.acceptClient()
            if number == 1 {
                for _ in 0..<30 { _ = connection.receive(type: 3).map { connection.acknowledge($0.packetID) } }
                connection.endSending()
            }
            connection.waitForClose()
        }
        let events = EventLog()
        let publisher = try await startPublisher(testConfiguration(fake.port, "out"), windowMax: 30, events: events)
        #expect(await publisher.waitUntilConnected())
        let report = await publisher.publish(count: 1000) { message("a", "\($0)") }
        #expect(report.confirmed == 30)
        let reason = try #require(reasonOfLoss(report), "\(report)")
        #expect(reason.contains("127.0.0.1:\(fake.port)"))
        #expect(await eventually { fake.connectionsSeen >= 2 && publisher.isConnected })
        let before = fake.received.filter { $0.type == 3 }.count
        // A connection that would send the unconfirmed ones again does so right after CONNACK.
        let next = await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = await publisher.publish(count: 1) { _ in message("marker", "x") } }
            let isSeen = await eventually { fake.received.last?.body.starts(with: [0, 6] + "marker".utf8) ?? false }
            group.cancelAll()
            return isSeen
        }
        #expect(next)
        #expect(fake.received.filter { $0.type == 3 }.count == before + 1)
        await publisher.stop()
        #expect(publisher.counters.reconnects >= 1)
    }

    @Test func `P2 a broker killed in the middle ends the call with what it confirmed`() async throws {
        let broker = try await Broker()
        let publisher = try await startPublisher(testConfiguration(broker.port, "out"))
        #expect(await publisher.waitUntilConnected())
        async let publishing = publisher.publish(count: 10_000_000) { message("a", "\($0)") }
        #expect(await eventually { publisher.counters.messagesConfirmed > 1000 })
        try await broker.kill()
        let report = await publishing
        _ = try #require(reasonOfLoss(report), "\(report)")
        #expect(report.confirmed == Int(publisher.counters.messagesConfirmed))
        try await broker.start()
        #expect(await publisher.waitUntilConnected())
        #expect(await publisher.publish(count: 10) { message("a", "\($0)") }.ending == .complete)
        await publisher.stop()
    }

    @Test(arguments: [UInt8(0x97), 0x87])
    func `P2 a PUBACK with a failure reason is no confirmation`(code: UInt8) async throws {
        let fake = try FakeBroker { _, connection in
            connection.acceptClient()
            var count = 0
            while let packet = connection.receive(type: 3) {
                count += 1
                connection.acknowledge(packet.packetID, code: count == 6 ? code : 0)
            }
        }
        let publisher = try await startPublisher(testConfiguration(fake.port, "out"))
        #expect(await publisher.waitUntilConnected())
        let report = await publisher.publish(count: 20) { message("a", "\($0)") }
        #expect(report.confirmed == 5)
        guard case .refused(let reasonCode, let reason) = report.ending else {
            Issue.record("\(report)")
            return
        }
        #expect(reasonCode == code)
        #expect(reason.contains(code == 0x97 ? "Quota exceeded" : "Not authorized"))
        // What was on its way behind the refused one does not disturb the next call.
        #expect(await publisher.publish(count: 20) { message("b", "\($0)") } == .init(confirmed: 20, ending: .complete))
        await publisher.stop()
    }

    @Test(arguments: [Version.v5, .v311])
    func `P2 a broker that never acknowledges times out, with a bounded window`(version: Version) async throws {
        let fake = try FakeBroker { _, connection in
            connection.acceptClient()
            connection.waitForClose()
        }
        let events = EventLog()
        let publisher = try await startPublisher(
            testConfiguration(fake.port, "out", version), acknowledgementTimeout: .milliseconds(300), windowMax: 10,
            events: events)
        #expect(await publisher.waitUntilConnected())
        let report = await publisher.publish(count: 1000) { message("a", "\($0)") }
        #expect(report == PublishReport(confirmed: 0, ending: .timedOut))
        #expect(await eventually { events.reasons.contains { $0.contains("no PUBACK") } })
        #expect(fake.received.filter { $0.type == 3 }.count == 10)
        await publisher.stop()
    }

    @Test func `the window follows the server's Receive Maximum`() async throws {
        let fake = try FakeBroker { _, connection in
            connection.acceptClient(properties: [0x21, 0, 3])
            connection.waitForClose()
        }
        let publisher = try await startPublisher(
            testConfiguration(fake.port, "out"), acknowledgementTimeout: .milliseconds(300))
        #expect(await publisher.waitUntilConnected())
        #expect(await publisher.publish(count: 50) { message("a", "\($0)") }.ending == .timedOut)
        #expect(fake.received.filter { $0.type == 3 }.count == 3)
        await publisher.stop()
    }

    @Test func `what can never be sent is named, after what is before it`() async throws {
        var options = Broker.Options()
        options.packetSizeMax = 1000
        let broker = try await Broker(options)
        let publisher = try await startPublisher(testConfiguration(broker.port, "out"))
        #expect(await publisher.waitUntilConnected())
        func report(_ odd: MQTTMessage) async -> PublishReport {
            await publisher.publish(count: 8) { $0 == 5 ? odd : message("a", "\($0)") }
        }
        let tooLarge = await report(message("a", String(repeating: "x", count: 1000)))
        #expect(
            tooLarge
                == PublishReport(
                    confirmed: 5, ending: .unsendable(reason: "1009 bytes; the server's Maximum Packet Size is 1000")))
        // Exactly at the limit it goes.
        #expect(await report(message("a", String(repeating: "x", count: 991))).ending == .complete)
        let odd: [MQTTMessage] = [
            message("", "x"), message("a/#", "x"), message("a\u{0}b", "x"), message("a\u{7}b", "x"),
            MQTTMessage(topic: "a", payload: [], properties: MQTTProperties(contentType: "a\u{0}b")),
            MQTTMessage(
                topic: "a", payload: [],
                properties: MQTTProperties(correlationData: Array(repeating: 0, count: 65_536))),
            MQTTMessage(
                topic: "a", payload: [], properties: MQTTProperties(userProperties: [.init(name: "\n", value: "")])),
        ]
        for message in odd {
            let report = await report(message)
            #expect(report.confirmed == 5)
            guard case .unsendable = report.ending else {
                Issue.record("\(message): \(report)")
                continue
            }
        }
        await publisher.stop()
    }

    @Test func `a cancelled call returns, and nothing confirms it later`() async throws {
        let fake = try FakeBroker { _, connection in
            connection.acceptClient()
            connection.waitForClose()
        }
        let publisher = try await startPublisher(testConfiguration(fake.port, "out"))
        #expect(await publisher.waitUntilConnected())
        let report = await withTaskGroup(of: PublishReport.self) { group in
            group.addTask { await publisher.publish(count: 5) { message("a", "\($0)") } }
            _ = await eventually { fake.received.filter { $0.type == 3 }.count == 5 }
            group.cancelAll()
            return await group.next()
        }
        #expect(report?.confirmed == 0)
        #expect(await eventually { fake.connectionsSeen == 2 })
        await publisher.stop()
    }

    @Test func `calls from several tasks are served one after the other`() async throws {
        let broker = try await Broker()
        let publisher = try await startPublisher(testConfiguration(broker.port, "out"))
        #expect(await publisher.waitUntilConnected())
        await withTaskGroup(of: PublishReport.self) { group in
            for _ in 0..<20 { group.addTask { await publisher.publish(count: 100) { message("a", "\($0)") } } }
            for await report in group { #expect(report == PublishReport(confirmed: 100, ending: .complete)) }
        }
        await publisher.stop()
    }

    @Test func `the last will is announced at QoS 1`() async throws {
        let fake = try FakeBroker { _, connection in
            connection.acceptClient()
            connection.waitForClose()
        }
        var configuration = testConfiguration(fake.port, "out")
        configuration.will = .init(topic: "state/gw", payload: Array("offline".utf8), isRetained: true)
        let publisher = try await startPublisher(configuration)
        #expect(await publisher.waitUntilConnected())
        // Flags of the CONNECT (MQTT 5.0, 3.1.2.3): will, QoS 1, retained. A clean start would publish the will.
        #expect(fake.received.first?.body[7] == UInt8(0x04 | 0x08 | 0x20))
        await publisher.stop()
    }
}
