import AgentTestKit
import Glibc
import Records
import Testing
import Uplinks

struct TwoAgentsTests {
    @Test func `a second agent on the same log ends with 75 and names the holder, and the first goes on`()
        async throws
    {
        let agent = try await RunningAgent()
        let inbox = try await CentralInbox(agent.centre)
        try agent.start()
        try await agent.waitUntilReceiving()
        let second = try await Command.run("run", "--config", agent.configuration)
        #expect(second.ending == .exited(75), "\(second.output)")
        #expect(second.output.contains("\(try #require(agent.pid))"), "\(second.output)")
        #expect(second.output.contains(agent.logFolder), "\(second.output)")
        try await Sensor(agent.floor).publish(0..<10)
        #expect(await inbox.receives(0..<10))
        #expect(try await agent.stop() == .exited(0))
        // The lock goes with its holder, however that ended.
        try agent.start()
        try await agent.waitUntilReceiving()
        try await agent.kill()
        try agent.start()
        try await agent.waitUntilReceiving()
        #expect(try await agent.stop() == .exited(0))
    }

    @Test func `two agents that feed each other carry each reading exactly once`() async throws {
        let (left, right) = (try await Broker(), try await Broker())
        let folder = try TemporaryFolder("cross")
        func start(_ id: String, from source: Broker, to destination: Broker) throws -> ChildProcess {
            let configuration = try folder.write(
                "\(id).toml",
                """
                gateway.id = "\(id)"
                log.path = "\(folder.file(id))"
                [mqtt.floor]
                url = "mqtt://127.0.0.1:\(source.port)"
                topics = ["sensors/#"]
                [uplinks.other]
                url = "mqtt://127.0.0.1:\(destination.port)"
                topic = "{topic}"
                """)
            return try ChildProcess(
                RunningAgent.program, ["run", "--config", configuration], output: .file(folder.file("\(id).output")))
        }
        let inbox = try await CentralInbox(right, filter: "sensors/#")
        let agents = [try start("a", from: left, to: right), try start("b", from: right, to: left)]
        #expect(
            await eventually {
                ["a", "b"].allSatisfy { id in
                    let output = folder.read("\(id).output")
                    return output.contains("floor: connected") && output.contains("other: connected")
                }
            })
        let sensor = try await Sensor(left)
        // The subscriptions come just behind the connections.
        var first = -1
        let isCarrying = try await eventually {
            try await sensor.publish(first..<first + 1)
            first -= 1
            return !inbox.records.isEmpty || inbox.summary.received > 0
        }
        #expect(isCarrying)
        try await sensor.publish(0..<200)
        #expect(await inbox.receives(0..<200))
        // What goes round comes back within one more round of this.
        try await sensor.publish(200..<300)
        #expect(await inbox.receives(200..<300))
        #expect(inbox.numbers.filter { $0 >= 0 } == Array(0..<300))
        #expect(inbox.summary.duplicates == 0)
        for agent in agents {
            agent.kill(SIGTERM)
            #expect(await agent.wait() == .exited(0))
        }
    }
}
