import AgentTestKit
import Glibc
import Records
import Testing
import Uplinks

struct StoppingTests {
    @Test func `P1 SIGTERM while the link hangs ends the agent in order, and everything received is in the log`()
        async throws
    {
        var options = RunningAgent.Options()
        options.hasUplink = false
        let agent = try await RunningAgent(options)
        let relay = try Relay(to: agent.centre.port)
        try agent.addUplink(port: relay.port)
        let (sensor, inbox) = (try await Sensor(agent.floor), try await CentralInbox(agent.centre))
        try agent.start()
        try await agent.waitUntilReceiving()
        try await sensor.publish(0..<100)
        #expect(await inbox.receives(0..<100))
        relay.behaviour = .silent
        try await sensor.publish(100..<2000)
        #expect(await eventually { relay.traffic.swallowed > 0 })
        #expect(await agent.endsWithinTwentySeconds() == .exited(0), "\(agent.logText)")
        #expect(agent.logText.contains("stopped"))
        try await agent.stop()
        relay.behaviour = .passing
        try agent.start()
        #expect(await inbox.receives(0..<2000), "\(inbox.summary) \(agent.logText)")
        #expect(inbox.firstArrivals == Array(0..<2000))
        #expect(try await agent.stop() == .exited(0))
    }

    @Test func `SIGTERM while every broker hangs ends the agent with 0`() async throws {
        var options = RunningAgent.Options()
        // Each takes the connection and then says nothing more.
        let stuck = try (0..<8).map { _ in
            try FakeBroker { _, connection in
                guard connection.acceptClient(), connection.acceptSubscription() else { return }
                connection.waitForClose()
                usleep(60_000_000)
            }
        }
        for (number, broker) in stuck.enumerated() {
            options.tables += [
                "[mqtt.stuck\(number)]", "url = \"mqtt://127.0.0.1:\(broker.port)\"", "topics = [\"a/#\"]",
                "[uplinks.stuck\(number)]", "url = \"mqtt://127.0.0.1:\(broker.port)\"", "topic = \"x/{topic}\"",
                "client_id = \"uplink\(number)\"",
            ]
        }
        let agent = try await RunningAgent(options)
        try agent.start()
        try await agent.waitUntilReceiving()
        #expect(await eventually { stuck.allSatisfy { $0.connectionsSeen >= 2 } })
        agent.floor.freeze()
        agent.centre.freeze()
        defer {
            agent.floor.resume()
            agent.centre.resume()
        }
        #expect(await agent.endsWithinTwentySeconds() == .exited(0), "\(agent.logText)")
    }

    @Test func `P4 SIGTERM at any moment of the start leaves a log that opens`() async throws {
        let agent = try await RunningAgent()
        let inbox = try await CentralInbox(agent.centre)
        for milliseconds in [0, 5, 10, 20, 40, 80] {
            try agent.start()
            // Any moment will do; none of what follows depends on which it was.
            try await Task.sleep(for: .milliseconds(milliseconds))
            let ending = await agent.endsWithinTwentySeconds()
            // Before the agent listens for signals it has taken nothing in yet, and may just go.
            #expect(ending == .exited(0) || ending == .signalled(SIGTERM), "\(agent.logText)")
        }
        try agent.start()
        try await agent.waitUntilReceiving()
        try await Sensor(agent.floor).publish(0..<10)
        #expect(await inbox.receives(0..<10), "\(agent.logText)")
        #expect(try await agent.stop() == .exited(0))
    }

    @Test func `systemd hears that the agent is ready, alive, and stopping`() async throws {
        let socket = try NotifySocket()
        let agent = try await RunningAgent()
        try agent.start(
            ["/usr/bin/env", "NOTIFY_SOCKET=\(socket.path)", "WATCHDOG_USEC=200000"] + agent.command)
        #expect(await socket.receives("READY=1"))
        #expect(await socket.receives("WATCHDOG=1"))
        #expect(await socket.receives("WATCHDOG=1"))
        agent.signal(SIGTERM)
        #expect(await socket.receives("STOPPING=1"))
        #expect(try await agent.stop() == .exited(0))
    }
}

extension RunningAgent {
    /// Asks the agent to end; systemd would be told 10 s, a loaded machine gets twice that. Nil where it still runs.
    fileprivate func endsWithinTwentySeconds() async -> ChildProcess.Ending? {
        signal(SIGTERM)
        guard await eventually(within: .seconds(20), { !isRunning }) else { return nil }
        // What it has ended with; a failure of that would be one of the test.
        return try? await stop()
    }
}
