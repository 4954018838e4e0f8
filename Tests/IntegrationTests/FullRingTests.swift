import AgentTestKit
import LogStore
import Records
import Testing
import Uplinks

/// The ring is smaller than what comes while there is no link.
struct FullRingTests {
    private static func agent(overflow: String) async throws -> (RunningAgent, Relay) {
        var options = RunningAgent.Options()
        options.capacity = "4MiB"
        options.hasUplink = false
        options.isInMemory = true
        options.tables = ["[streams.telemetry]", "overflow = \"\(overflow)\""]
        let agent = try await RunningAgent(options)
        let relay = try Relay(to: agent.centre.port)
        try agent.addUplink(port: relay.port)
        relay.behaviour = .cut
        return (agent, relay)
    }

    @Test func `P3 a ring far smaller than the backlog reports what it overwrote once, exactly, and the sums hold`()
        async throws
    {
        let (agent, relay) = try await Self.agent(overflow: "drop-oldest")
        let witness = try await agent.addWitness()
        let (sensor, inbox) = (try await Sensor(agent.floor), try await CentralInbox(agent.centre))
        try agent.start()
        try await agent.waitUntilReceiving()
        let count = 5000
        try await sensor.publish(0..<count, size: 4096)
        #expect(await witness.receives(count - 1..<count))
        relay.behaviour = .passing
        #expect(await inbox.accountsFor(count), "\(inbox.summary) \(agent.logText)")
        #expect(await inbox.receives(count - 1..<count))
        #expect(inbox.losses.count == 1)
        let summary = inbox.summary
        #expect(summary.lost > UInt64(count) / 2, "the ring holds a small part of the backlog")
        #expect(summary.missing == 0 && summary.lostButReceived == 0 && summary.outOfOrder == 0)
        let loss = try #require(inbox.losses.first)
        // What the forwarder had read before the ring overflowed, and tries to send all the time, arrives all the same.
        #expect(inbox.numbers.first == 0 || loss.identity.first == SequenceNumber(1))
        #expect(String(decoding: loss.payload, as: UTF8.self).contains("\"reason\":\"overwritten\""))
        #expect(try await agent.stop() == .exited(0))
        let numbers = try #require(try agent.statistics().uplinks[UplinkName("central")!]?[.telemetry])
        #expect(numbers.accepted == UInt64(count) && numbers.lost == summary.lost && numbers.rejected == 0)
        // The last confirmations may have been on their way when the agent ended.
        #expect(numbers.forwarded + numbers.held == summary.distinct)
    }

    @Test func `P1 P3 a full ring with reject-newest leaves messages with the broker, and all arrive in the end`()
        async throws
    {
        let (agent, relay) = try await Self.agent(overflow: "reject-newest")
        let (sensor, inbox) = (try await Sensor(agent.floor), try await CentralInbox(agent.centre))
        try agent.start()
        try await agent.waitUntilReceiving()
        let count = 3000
        try await sensor.publish(0..<count, size: 4096)
        #expect(await agent.everLogged("stream telemetry acknowledges nothing"))
        relay.behaviour = .passing
        #expect(await inbox.receives(0..<count, within: .seconds(120)), "\(inbox.summary) \(agent.logText)")
        #expect(inbox.firstArrivals == Array(0..<count))
        #expect(inbox.losses.isEmpty && inbox.summary.missing == 0)
        #expect(try await agent.stop() == .exited(0))
    }
}
