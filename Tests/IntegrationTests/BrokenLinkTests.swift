import AgentTestKit
import LogStore
import MQTTTransport
import Records
import Testing
import Uplinks

/// What a link and the brokers at its ends can do to an agent.
struct BrokenLinkTests {
    private static func options() -> RunningAgent.Options {
        var options = RunningAgent.Options()
        options.hasUplink = false
        options.isInMemory = true
        return options
    }

    /// An agent with a relay on the way to the centre, and a backlog of so many readings.
    private static func agent(backlog: Int, _ lines: String...) async throws -> (RunningAgent, Relay, CentralInbox) {
        let agent = try await RunningAgent(options())
        let relay = try Relay(to: agent.centre.port)
        relay.behaviour = .cut
        try agent.addUplink(port: relay.port, lines.joined(separator: "\n"))
        let witness = try await agent.addWitness()
        let inbox = try await CentralInbox(agent.centre)
        try agent.start()
        try await agent.waitUntilReceiving()
        try await Sensor(agent.floor).publish(0..<backlog)
        guard await witness.receives(0..<backlog) else { throw TestKitError("no backlog: \(agent.logText)") }
        return (agent, relay, inbox)
    }

    @Test(arguments: ["raw", "cloudevents"])
    func `P2 a link that falls silent in the middle of the drain costs nothing and no order`(format: String)
        async throws
    {
        let count = 3000
        let (agent, relay, inbox) = try await Self.agent(
            backlog: count, "acknowledgement_timeout = \"5s\"", "keepalive = \"30s\"", "format = \"\(format)\"")
        relay.behaviour = .passing
        relay.become(.silent, afterBytesToServer: 150_000)
        #expect(await eventually { relay.behaviour == .silent })
        #expect(await agent.everLogged("no PUBACK from"), "\(agent.logText)")
        #expect(inbox.numbers.count < count)
        relay.behaviour = .passing
        #expect(await inbox.receives(0..<count), "\(inbox.summary) \(agent.logText)")
        #expect(inbox.firstArrivals == Array(0..<count))
        #expect(inbox.losses.isEmpty && inbox.failures.isEmpty)
        #expect(try await agent.stop() == .exited(0))
    }

    @Test func `P2 a link that is reset again and again at any byte of the drain costs nothing and no order`()
        async throws
    {
        let count = 2000
        let (agent, relay, inbox) = try await Self.agent(backlog: count)
        for bytes: UInt64 in [0, 1, 17, 60, 1000, 10_001, 50_003, 100_007] {
            relay.behaviour = .passing
            relay.become(.cut, afterBytesToServer: bytes)
            #expect(await eventually { relay.behaviour == .cut }, "after \(bytes) bytes")
        }
        #expect(inbox.numbers.count < count)
        relay.behaviour = .passing
        #expect(await inbox.receives(0..<count), "\(inbox.summary) \(agent.logText)")
        #expect(inbox.firstArrivals == Array(0..<count))
        #expect(inbox.losses.isEmpty)
        #expect(try await agent.stop() == .exited(0))
    }

    @Test func `a slow link brings everything, once`() async throws {
        let (agent, relay, inbox) = try await Self.agent(backlog: 200)
        relay.behaviour = .delayed(.milliseconds(150))
        #expect(await inbox.receives(0..<200))
        #expect(inbox.numbers == Array(0..<200))
        #expect(try await agent.stop() == .exited(0))
    }

    @Test func `P4 a shop floor broker that comes back without our session is told of, and the agent goes on`()
        async throws
    {
        let agent = try await RunningAgent()
        let inbox = try await CentralInbox(agent.centre)
        try agent.start()
        try await agent.waitUntilReceiving()
        try await Sensor(agent.floor).publish(0..<10)
        #expect(await inbox.receives(0..<10))
        try await agent.floor.restart()
        #expect(await agent.everLogged("has forgotten our session"), "\(agent.logText)")
        // What is published before the new subscription is in place is lost: the sensor goes on until one arrives.
        let sensor = try await Sensor(agent.floor)
        var next = 10
        let isGoingOn = try await eventually {
            try await sensor.publish(next..<next + 1)
            next += 1
            return inbox.numbers.count > 10
        }
        #expect(isGoingOn, "\(agent.logText)")
        #expect(try await agent.stop() == .exited(0))
    }

    @Test func `P2 P6 P8 a centre that never acknowledges moves no cursor, fills no memory, and holds nobody up`()
        async throws
    {
        let silent = try FakeBroker { _, connection in
            guard connection.acceptClient() else { return }
            connection.waitForClose()
        }
        let agent = try await RunningAgent(Self.options())
        try agent.addUplink("silent", port: silent.port, "acknowledgement_timeout = \"5s\"", "window = 100")
        try agent.addUplink(port: agent.centre.port)
        let (sensor, inbox) = (try await Sensor(agent.floor), try await CentralInbox(agent.centre))
        try agent.start()
        try await agent.waitUntilReceiving()
        try await sensor.publish(0..<2000)
        #expect(await inbox.receives(0..<2000))
        let before = try ProcessMemory.anonymousBytes(of: try #require(agent.pid))
        try await sensor.publish(2000..<20_000)
        #expect(await inbox.receives(2000..<20_000), "\(inbox.summary) \(agent.logText)")
        #expect(try ProcessMemory.anonymousBytes(of: try #require(agent.pid)) < before + 8 << 20)
        #expect(inbox.numbers == Array(0..<20_000))
        #expect(await agent.everLogged("uplinks.silent: not delivered"), "\(agent.logText)")
        #expect(Set(silent.received.filter { $0.type == 3 }.map(\.packetID)).count <= 100, "the window")
        #expect(try await agent.stop() == .exited(0))
        let numbers = try #require(try agent.statistics().uplinks[UplinkName("silent")!]?[.telemetry])
        #expect(numbers.forwarded == 0 && numbers.held == 20_000 && numbers.rejected == 0)
    }

    @Test(arguments: [0x97, 0x87, 0x80] as [UInt8])
    func `P2 a PUBACK with a failure reason is no delivery`(code: UInt8) async throws {
        let unwilling = try FakeBroker { _, connection in
            guard connection.acceptClient() else { return }
            while let packet = connection.receive() {
                if packet.type == 3 { connection.acknowledge(packet.packetID, code: code) }
            }
        }
        let agent = try await RunningAgent(Self.options())
        try agent.addUplink(port: unwilling.port)
        try agent.start()
        try await agent.waitUntilReceiving()
        try await Sensor(agent.floor).publish(0..<10)
        #expect(await agent.everLogged("not delivered"), "\(agent.logText)")
        #expect(try await agent.stop() == .exited(0))
        let numbers = try #require(try agent.statistics().uplinks[UplinkName("central")!]?[.telemetry])
        #expect(numbers.forwarded == 0 && numbers.rejected == 0 && numbers.held == 10)
    }
}
