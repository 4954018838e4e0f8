import AgentTestKit
import LogStore
import Records
import Testing

/// What a fleet lives with after an outage: a backlog, a thin link, and new readings.
struct LaneTests {
    private static let backlog = 1200

    /// An agent with a backlog that is old enough to count as one, and a thin link to the centre that is still cut.
    private static func agent(_ lines: String...) async throws -> (RunningAgent, Relay, CentralInbox, CentralInbox) {
        var options = RunningAgent.Options()
        options.hasUplink = false
        options.isInMemory = true
        let agent = try await RunningAgent(options)
        let relay = try Relay(to: agent.centre.port)
        relay.behaviour = .cut
        try agent.addUplink(port: relay.port, (["backlog_after = \"1s\""] + lines).joined(separator: "\n"))
        let witness = try await agent.addWitness()
        let inbox = try await CentralInbox(agent.centre)
        try agent.start()
        try await agent.waitUntilReceiving()
        try await Sensor(agent.floor).publish(0..<backlog, size: 100)
        guard await witness.receives(0..<backlog) else { throw TestKitError("no backlog: \(agent.logText)") }
        let taken = ContinuousClock.now
        guard await eventually({ taken.duration(to: .now) > .milliseconds(1100) }) else {
            throw TestKitError("time stands still")
        }
        return (agent, relay, witness, inbox)
    }

    @Test(arguments: ["raw", "cloudevents"])
    func `P2 P3 new readings pass a backlog on a thin link, and a kill in the drain costs nothing`(format: String)
        async throws
    {
        let (agent, relay, witness, inbox) = try await Self.agent(
            "order = \"fresh-first\"", "format = \"\(format)\"")
        relay.behaviour = .throttled(bytesPerSecond: 60_000)
        // Two batches were read before there was a backlog.
        #expect(await eventually { inbox.numbers.count > 140 }, "\(agent.logText)")
        relay.behaviour = .throttled(bytesPerSecond: 10_000)
        let sensor = try await Sensor(agent.floor)
        let (first, last) = (Self.backlog, Self.backlog + 40)
        for number in first..<(first + 20) { try await sensor.publish(number..<number + 1, size: 100) }
        #expect(await inbox.receives(first..<(first + 20)))
        #expect(inbox.firstArrivals.count < Self.backlog, "they did not wait for the backlog")
        try await agent.kill()
        relay.behaviour = .throttled(bytesPerSecond: 100_000)
        try agent.start()
        try await agent.waitUntilReceiving()
        try await sensor.publish((first + 20)..<last, size: 100)
        #expect(await inbox.receives(0..<last), "\(inbox.summary) \(agent.logText)")
        #expect(await witness.receives(0..<last))
        let arrivals = inbox.firstArrivals
        for lane in [0..<first, first..<last] {
            #expect(arrivals.filter(lane.contains) == Array(lane), "each lane is in order")
        }
        #expect(inbox.losses.isEmpty && inbox.failures.isEmpty)
        #expect(try await agent.stop() == .exited(0))
        let numbers = try #require(try agent.statistics().uplinks[UplinkName("central")!]?[.telemetry])
        // What arrived twice may have been on its way a second time.
        #expect(numbers.accepted == UInt64(last) && numbers.forwarded + numbers.held == UInt64(last))
    }

    @Test func `a limit holds on the wire, whatever the destination would take`() async throws {
        let rate = 40_000.0
        let (agent, relay, _, inbox) = try await Self.agent("limit = { bytes_per_second = \"40kB\" }")
        let begun = ContinuousClock.now
        relay.behaviour = .passing
        let isThere = await eventually {
            let traffic = relay.traffic
            let seconds = begun.duration(to: .now) / .seconds(1)
            // A second's worth may be saved up, and one batch may be a debt.
            #expect(Double(traffic.toServer + traffic.toClient) <= rate * (seconds + 2.5))
            return Set(inbox.numbers).count == Self.backlog
        }
        #expect(isThere, "\(inbox.summary) \(agent.logText)")
        #expect(inbox.numbers == Array(0..<Self.backlog))
        #expect(try await agent.stop() == .exited(0))
    }

    @Test func `a budget that is used up ends the connection, and stays used up over a kill`() async throws {
        let (agent, relay, witness, inbox) = try await Self.agent("budget = { bytes = \"100KiB\", per = \"month\" }")
        relay.behaviour = .passing
        #expect(await agent.hasLogged("the month's budget of 100 KiB is used up"), "\(agent.logText)")
        let (traffic, arrived) = (relay.traffic, inbox.numbers.count)
        #expect(traffic.toServer > 60_000 && traffic.toServer < 300_000)
        #expect(arrived > 0 && arrived < Self.backlog)
        #expect(await eventually { agent.centre.log.contains("gateway-1-central") })
        // Saved once a second: what the witness takes later was committed after that.
        let sensor = try await Sensor(agent.floor)
        for number in Self.backlog..<(Self.backlog + 30) {
            try await sensor.publish(number..<number + 1)
            guard await witness.receives(number..<number + 1) else { throw TestKitError("the witness waits") }
        }
        try await agent.stop()
        try agent.start()
        #expect(await agent.hasLogged("the month's budget of 100 KiB is used up"), "\(agent.logText)")
        #expect(relay.traffic.connections == traffic.connections && inbox.numbers.count == arrived)
        #expect(try await agent.stop() == .exited(0))
    }

    @Test func `outside its windows an uplink does not connect, and others go on`() async throws {
        // Opens once in four years, at a minute that is not this one.
        let (agent, relay, _, inbox) = try await Self.agent("windows = [\"59 23 29 2 * for 1m\"]")
        relay.behaviour = .passing
        #expect(await agent.hasLogged("waits for the window at 20"), "\(agent.logText)")
        #expect(relay.traffic.connections == 0 && inbox.numbers.isEmpty)
        #expect(try await agent.stop() == .exited(0))
    }
}
