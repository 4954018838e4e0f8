import AgentTestKit
import MQTTTransport
import Testing

/// What a server says in words reaches those who read the log (MQTT 5.0, Reason String and Server Reference).
@Suite struct ServerRemarkTests {
    private static func text(_ identifier: UInt8, _ text: String) -> [UInt8] {
        [identifier, UInt8(text.utf8.count >> 8), UInt8(text.utf8.count & 0xFF)] + Array(text.utf8)
    }

    private func reasons(_ script: @escaping @Sendable (FakeBrokerConnection) -> Void) async throws -> String {
        let fake = try FakeBroker { _, connection in script(connection) }
        let events = EventLog()
        let publisher = try await startPublisher(testConfiguration(fake.port, "out"), events: events)
        #expect(await eventually { !events.reasons.isEmpty })
        await publisher.stop()
        return events.reasons.first ?? ""
    }

    @Test func `with a refused connection`() async throws {
        let reason = try await reasons { connection in
            connection.acceptClient(
                code: 0x9D, properties: Self.text(0x1F, "region closed") + Self.text(0x1C, "eu2.example:8883"))
        }
        #expect(reason.contains("(0x9D); it says 'region closed'; it names the server 'eu2.example:8883'"), "\(reason)")
    }

    @Test func `with a connection that is ended its code is told; its words get lost in libmosquitto`() async throws {
        let reason = try await reasons { connection in
            connection.acceptClient()
            let said = Self.text(0x1F, "monthly quota used")
            connection.send(type: 14, body: [0x97, UInt8(said.count)] + said)
            connection.waitForClose()
        }
        #expect(reason.hasSuffix("ended the connection: Quota exceeded (0x97)"), "\(reason)")
    }

    @Test func `with a message that is refused, as one line of a bounded length`() async throws {
        let long = "over the quota" + String(repeating: "x", count: 400)
        let fake = try FakeBroker { _, connection in
            connection.acceptClient()
            while let packet = connection.receive(type: 3) {
                let said = Self.text(0x1F, long)
                let identifier = [UInt8(packet.packetID >> 8), UInt8(packet.packetID & 0xFF)]
                let length = FakeBrokerConnection.variableByteInteger(said.count)
                connection.send(type: 4, body: identifier + [0x97] + length + said)
            }
        }
        let publisher = try await startPublisher(testConfiguration(fake.port, "out"))
        #expect(await publisher.waitUntilConnected())
        let report = await publisher.publish(count: 1) { _ in message("a/topic", "x") }
        await publisher.stop()
        guard case .refused(0x97, let reason) = report.ending else {
            Issue.record("\(report)")
            return
        }
        #expect(reason.contains("it says 'over the quotaxxx"), "\(reason)")
        #expect(reason.utf8.count < 300)
    }
}
