import AgentTestKit
import MQTTTransport
import Records
import Synchronization
import Testing
import Uplinks

/// Births and last messages, seen from the centre.
@Suite struct MQTTPresenceTests {
    private final class Events: Sendable {
        let list = Mutex<[MQTTConnectionEvent]>([])
    }

    private func publisher(
        _ port: UInt16, retains: Bool = true, events: Events
    ) throws -> MQTTPublisher {
        var configuration = MQTTConfiguration(host: "127.0.0.1", port: port, clientID: "gateway")
        configuration.will = .init(
            topic: "state/plant7-gw2", payload: Array("offline".utf8), isRetained: retains, delay: .seconds(60))
        configuration.reconnectDelayMin = .milliseconds(10)
        configuration.reconnectDelayMax = .milliseconds(100)
        func message(_ text: String) -> MQTTMessage {
            MQTTMessage(topic: "state/plant7-gw2", payload: Array(text.utf8)[...], isRetained: retains)
        }
        let presence = MQTTPresence(
            birth: message("online"), farewell: message("offline"), gateway: Sample.gateway)
        let publisher = try MQTTPublisher(configuration: configuration, conversation: presence) { event in
            events.list.withLock { $0.append(event) }
        }
        try publisher.start()
        return publisher
    }

    private func uplink(_ publisher: MQTTPublisher) throws -> MQTTUplink {
        MQTTUplink(
            gateway: Sample.gateway,
            configuration: try MQTTUplinkConfiguration(
                topic: TopicTemplate("g/{topic}"), format: .raw(keepsRetained: false)),
            publisher: publisher, clock: StandingClock())
    }

    private func told(_ centre: Centre) -> [String] {
        centre.messages.map { "\($0.topic) \(String(decoding: $0.payload, as: UTF8.self))" }
    }

    @Test func `the birth comes before any record, and the last message before an orderly end`() async throws {
        let centre = try await Centre()
        let uplink = try uplink(try publisher(centre.port, events: Events()))
        #expect(await uplink.send(Sample.batch(count: 2)) == .acknowledged(through: SequenceNumber(2)))
        await uplink.suspend()
        await uplink.resume()
        #expect(await uplink.send(Sample.batch(count: 1)) == .acknowledged(through: SequenceNumber(1)))
        await uplink.close()
        let life = ["state/plant7-gw2 online", "g/sensors/hall3/t1 {\"n\":1}"]
        let expected =
            [life[0], life[1], "g/sensors/hall3/t1 {\"n\":2}", "state/plant7-gw2 offline"]
            + life + ["state/plant7-gw2 offline"]
        #expect(await eventually { told(centre).count >= expected.count })
        #expect(told(centre) == expected)
        #expect(centre.messages.allSatisfy { LoopGuard.hasPassed(Sample.gateway, $0.properties) })
        try await centre.stop()
    }

    @Test func `a broker that keeps messages shows the state to those who come later`() async throws {
        let broker = try await Broker()
        let publisher = try publisher(broker.port, events: Events())
        #expect(await publisher.waitUntilConnected())
        let early = try await Centre(port: broker.port, version: .v5)
        // It may have come before the birth, and then that is not a retained one for it.
        #expect(await eventually { told(early) == ["state/plant7-gw2 online"] })
        try await early.stop()
        let next = try await Centre(port: broker.port, clientID: "next", version: .v5)
        #expect(await eventually { told(next) == ["state/plant7-gw2 online"] })
        #expect(next.messages.first?.isRetained == true)
        try await next.stop()
        await publisher.stop()
        let late = try await Centre(port: broker.port, clientID: "late", version: .v5)
        #expect(await eventually { told(late) == ["state/plant7-gw2 offline"] })
        try await late.stop()
    }

    @Test func `P8 a broker that refuses the birth gets the records all the same, and that is told`() async throws {
        let folder = try TemporaryFolder("acl")
        var options = Broker.Options()
        options.lines = ["acl_file \(try folder.write("acl", "topic read #\ntopic write g/#\n", mode: 0o644))"]
        let centre = try await Centre(options)
        let events = Events()
        let uplink = try uplink(try publisher(centre.port, events: events))
        #expect(await uplink.send(Sample.batch(count: 2)) == .acknowledged(through: SequenceNumber(2)))
        let refusals = events.list.withLock(\.self).compactMap { event -> String? in
            if case .messageRefused(let topic, let reason) = event { "\(topic): \(reason)" } else { nil }
        }
        #expect(refusals == ["state/plant7-gw2: Not authorized (0x87)"])
        await uplink.close()
        try await centre.stop()
    }
}
