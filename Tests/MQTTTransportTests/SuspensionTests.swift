import AgentTestKit
import MQTTTransport
import Testing

/// A link that may be used at times only.
@Suite struct SuspensionTests {
    private static let disconnect: UInt8 = 14

    @Test func `a publisher that is suspended takes leave, connects when it is resumed, and not before`() async throws {
        let fake = try FakeBroker { _, connection in
            connection.acceptClient()
            while let packet = connection.receive() {
                if packet.type == 3 { connection.acknowledge(packet.packetID) }
            }
        }
        let publisher = try MQTTPublisher(configuration: testConfiguration(fake.port, "out"), onEvent: { _ in })
        try publisher.start(isSuspended: true)
        let early = await publisher.publish(count: 1) { _ in message("a", "early") }
        #expect(early.confirmed == 0)
        for number in 1...3 {
            publisher.resume()
            #expect(await publisher.waitUntilConnected())
            #expect(fake.connectionsSeen == number)
            let report = await publisher.publish(count: 5) { message("a", "\($0)") }
            #expect(report == PublishReport(confirmed: 5, ending: .complete))
            await publisher.suspend()
            #expect(!publisher.isConnected)
            #expect(await eventually { fake.received.count { $0.type == Self.disconnect } == number })
        }
        await publisher.stop()
        #expect(fake.connectionsSeen == 3)
        let published = publisher.counters
        #expect(published.messagesConfirmed == 15 && published.wireBytesSent > 0)
    }

    @Test func `P2 what is under way when a link closes is not confirmed`() async throws {
        let fake = try FakeBroker { _, connection in
            connection.acceptClient()
            connection.waitForClose()
        }
        let publisher = try await startPublisher(testConfiguration(fake.port, "out"))
        #expect(await publisher.waitUntilConnected())
        async let report = publisher.publish(count: 5) { message("a", "\($0)") }
        #expect(await eventually { fake.received.contains { $0.type == 3 } })
        await publisher.suspend()
        #expect(await report.confirmed == 0)
        await publisher.stop()
    }

    @Test func `a link that closes while nobody answers ends the attempts, and one that opens begins at once`()
        async throws
    {
        var configuration = testConfiguration(1, "out")
        configuration.reconnectDelayMin = .seconds(3000)
        configuration.reconnectDelayMax = .seconds(3600)
        let events = EventLog()
        let publisher = try await startPublisher(configuration, events: events)
        func attempts() -> Int { events.all.count { if case .disconnected = $0 { true } else { false } } }
        // The first wait may be an hour: only a link that opens again ends it.
        #expect(await eventually { attempts() == 1 })
        await publisher.suspend()
        publisher.resume()
        #expect(await eventually { attempts() == 2 })
        await publisher.stop()
    }
}
