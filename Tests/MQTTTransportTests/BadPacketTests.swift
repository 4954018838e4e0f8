import AgentTestKit
import Glibc
import MQTTTransport
import Testing

/// Malformed, oversized, cut and repeated packets: the connection ends, nothing else does.
@Suite struct BadPacketTests {
    @Test func `malformed packets end the connection, and the next one works`() async throws {
        let malformed: [[UInt8]] = [
            [0x32, 0x00],  // PUBLISH without a topic
            [0x32, 0x04, 0x00, 0x00, 0x00, 0x01],  // empty topic
            [0x32, 0x04, 0xFF, 0xFF, 0x61, 0x62],  // topic longer than the packet
            [0x32, 0x05, 0x00, 0x01, 0x61, 0x00, 0x00],  // packet identifier 0
            [0x32, 0x06, 0x00, 0x01, 0x61, 0x00, 0x01, 0x7F],  // properties longer than the packet
            [0x32, 0x08, 0x00, 0x01, 0x61, 0x00, 0x01, 0x02, 0xFE, 0x00],  // unknown property
            [0x36, 0x06, 0x00, 0x01, 0x61, 0x00, 0x01, 0x00],  // QoS 3
            [0x00, 0x00], [0xF0, 0x00], [0x10, 0x00],  // packets that no server sends
            [0x32, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],  // length of five bytes
            [0x90, 0x02, 0x00, 0x01], [0x40, 0x01, 0x00],  // SUBACK without codes, short PUBACK
        ]
        let fake = try FakeBroker { number, connection in
            connection.acceptClient()
            connection.acceptSubscription()
            if number <= malformed.count {
                connection.send(malformed[number - 1])
                connection.waitForClose()
                return
            }
            connection.publish(topic: "a/b", payload: Array("good".utf8), packetID: 1)
            connection.waitForClose()
        }
        let inlet = RecordingInlet()
        var configuration = testConfiguration(fake.port, "in")
        configuration.reconnectDelayMax = .milliseconds(20)
        let subscriber = try startSubscriber(configuration, [MQTTSubscription(filter: "a/#")], inlet)
        #expect(await eventually { inlet.committed.map(\.text) == ["good"] })
        #expect(fake.connectionsSeen == malformed.count + 1)
        await subscriber.stop()
    }

    @Test func `packets cut at every byte end the connection without a message`() async throws {
        let whole = FakeBrokerConnection.publishPacket(
            topic: "a/b", payload: Array("payload".utf8), packetID: 1, properties: [])
        let fake = try FakeBroker { number, connection in
            connection.acceptClient()
            connection.acceptSubscription()
            connection.send(Array(whole.prefix(number)))
            if number >= whole.count { connection.waitForClose() }
        }
        let inlet = RecordingInlet()
        var configuration = testConfiguration(fake.port, "in")
        configuration.reconnectDelayMax = .milliseconds(20)
        let subscriber = try startSubscriber(configuration, [MQTTSubscription(filter: "a/#")], inlet)
        #expect(await eventually { inlet.committed.count == 1 })
        #expect(inlet.received.map(\.text) == ["payload"])
        #expect(fake.connectionsSeen == whole.count)
        await subscriber.stop()
    }

    @Test func `a packet beyond the agreed size ends the connection instead of filling the memory`() async throws {
        let fake = try FakeBroker { number, connection in
            connection.acceptClient()
            connection.acceptSubscription()
            guard number == 1 else {
                connection.waitForClose()
                return
            }
            // 256 MB are announced; the pieces come as fast as a slow network brings them.
            connection.send([0x32, 0xFF, 0xFF, 0xFF, 0x7F])
            let piece = [UInt8](repeating: 0x61, count: 64 << 10)
            for _ in 0..<4096 {
                guard connection.send(piece) else { return }
                usleep(500)
            }
        }
        let inlet = RecordingInlet()
        var configuration = testConfiguration(fake.port, "in")
        configuration.packetSizeMax = 1 << 20
        let subscriber = try startSubscriber(configuration, [MQTTSubscription(filter: "a/#")], inlet)
        #expect(await eventually { inlet.reasons.contains { $0.contains("larger than the 1048576 bytes agreed on") } })
        #expect(await eventually { fake.connectionsSeen == 2 })
        await subscriber.stop()
    }

    @Test func `duplicates are handed on as such, and acknowledged`() async throws {
        let fake = try FakeBroker { _, connection in
            connection.acceptClient(isSessionPresent: true)
            for _ in 0..<3 {
                connection.publish(topic: "a/b", payload: [7], packetID: 9, isDuplicate: true)
            }
            connection.publish(topic: "a/b", payload: [8], packetID: 10)
            connection.waitForClose()
        }
        let inlet = RecordingInlet()
        let subscriber = try startSubscriber(
            testConfiguration(fake.port, "in"), [MQTTSubscription(filter: "a/#")], inlet)
        #expect(await eventually { fake.received.filter { $0.type == 4 }.count == 4 })
        #expect(inlet.committed.map(\.isDuplicate) == [true, true, true, false])
        await subscriber.stop()
    }

    @Test func `a server that floods and is gone again and again loses no message`() async throws {
        let fake = try FakeBroker { number, connection in
            connection.acceptClient()
            connection.acceptSubscription()
            connection.publish(topic: "a/b", payload: Array("\(number)".utf8), packetID: 1)
            if number < 40 { _ = connection.receive(type: 4) } else { connection.waitForClose() }
        }
        let inlet = RecordingInlet()
        var configuration = testConfiguration(fake.port, "in")
        configuration.reconnectDelayMin = .milliseconds(1)
        configuration.reconnectDelayMax = .milliseconds(1)
        let subscriber = try startSubscriber(
            configuration, [MQTTSubscription(filter: "a/#")], inlet, linger: .zero)
        #expect(await eventually { inlet.committed.count >= 40 })
        #expect(inlet.committed.map(\.text) == (1...40).map { "\($0)" })
        #expect(subscriber.counters.reconnects == 39)
        await subscriber.stop()
    }

    @Test func `acknowledgements that nobody waits for are ignored`() async throws {
        let fake = try FakeBroker { _, connection in
            connection.acceptClient()
            connection.acknowledge(77)
            while let packet = connection.receive(type: 3) {
                connection.acknowledge(packet.packetID &+ 1000)
                connection.acknowledge(packet.packetID)
                connection.acknowledge(packet.packetID)
            }
        }
        let publisher = try await startPublisher(testConfiguration(fake.port, "out"))
        #expect(await publisher.waitUntilConnected())
        let report = await publisher.publish(count: 100) { message("a", "\($0)") }
        #expect(report == PublishReport(confirmed: 100, ending: .complete))
        await publisher.stop()
    }
}
