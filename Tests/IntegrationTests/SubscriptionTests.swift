import AgentTestKit
import Glibc
import Testing

/// What a broker still holds for us of what the configuration does not ask for any more.
@Suite(.serialized)
struct SubscriptionTests {
    private static let wide = "topics = [\"sensors/#\", \"other/#\", \"$share/g/shared/+\"]"
    private static let narrow = "topics = [\"sensors/#\"]"
    private static let second = """

        [mqtt.second]
        url = "mqtt://127.0.0.1:PORT"
        topics = ["second/#", "$share/g/second"]

        """

    private static func agent(_ version: String, inMemory: Bool = true) async throws -> RunningAgent {
        var options = RunningAgent.Options()
        options.isInMemory = inMemory
        options.sourceLines = ["version = \"\(version)\""]
        var floor = Broker.Options()
        floor.lines = ["log_type unsubscribe"]
        return try await RunningAgent(options, floor: floor)
    }

    /// Writes the configuration anew: its own text, changed.
    private static func write(_ agent: RunningAgent, _ base: String, _ change: (String) -> String) throws {
        try agent.folder.write("millrace.toml", change(base))
    }

    private static func reload(_ agent: RunningAgent) async throws -> Command.Result {
        try await Command.run("reload", "--config", agent.configuration)
    }

    /// Waits until the broker has ended the subscriptions of a client.
    private static func hasEnded(_ filters: String..., of client: String, at broker: Broker) async -> Bool {
        await eventually { filters.allSatisfy { broker.log.contains(": \(client) \($0)\n") } }
    }

    /// What the source `floor` has refused.
    private static func refused(by agent: RunningAgent) async throws -> Double? {
        let answer = try await Command.run("status", "--json", "--config", agent.configuration)
        let status = try JSONValue(Array(answer.output.utf8))
        return status["sources"]?["mqtt"]?.elements.first { $0["name"]?.text == "floor" }?["refused"]?.number
    }

    private static let client = "millrace-\(RunningAgent.gateway)-floor"

    @Test(arguments: ["5", "3.1.1"])
    func `P1 a filter that a reload removes is ended at the broker, and the kept one loses and repeats nothing`(
        version: String
    ) async throws {
        let agent = try await Self.agent(version)
        let base = agent.folder.read("millrace.toml")
        let consumer = try await KillConsumer(at: agent.centre)
        try agent.start()
        try await agent.waitUntilReceiving()
        let load = try await KillLoad(to: agent.floor)
        let sensor = try await Sensor(agent.floor)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await load.run() }
            for _ in 0..<5 {
                try Self.write(agent, base) { $0.replacing(Self.narrow, with: Self.wide) }
                #expect(try await Self.reload(agent).ending == .exited(0))
                try Self.write(agent, base) { $0 }
                #expect(try await Self.reload(agent).ending == .exited(0))
            }
            load.finish()
            try await group.waitForAll()
        }
        #expect(await Self.hasEnded("other/#", "$share/g/shared/+", of: Self.client, at: agent.floor))
        let isForgotten = await eventually {
            !TemporaryFolder.contents(of: agent.logFolder + "/sessions").contains("other")
        }
        #expect(isForgotten)
        let before = try await Self.refused(by: agent)
        for topic in ["other/x", "shared/x"] { try await sensor.publish(topic: topic, payload: [0]) }
        await consumer.waitUntilIdle(orHasSeen: load.published)
        #expect(try await Self.refused(by: agent) == before, "nothing of it comes any more")
        #expect(try await agent.stop() == .exited(0))
        #expect(consumer.findings.problems == [] && consumer.findings.repeats == 0)
        #expect(consumer.findings.next == (0..<KillLoad.deviceCount).map(load.published(of:)))
        await load.stop()
        await consumer.stop()
    }

    @Test(arguments: ["5", "3.1.1"])
    func `P1 a filter that is gone after a kill is ended, and of what the broker had gathered the kept one's comes`(
        version: String
    ) async throws {
        let agent = try await Self.agent(version, inMemory: false)
        let base = agent.folder.read("millrace.toml")
        let inbox = try await CentralInbox(agent.centre)
        try Self.write(agent, base) { $0.replacing(Self.narrow, with: Self.wide) }
        try agent.start()
        try await agent.waitUntilReceiving()
        try #require(await eventually { agent.floor.log.contains("$share/g/shared/+") })
        try await agent.kill()
        let sensor = try await Sensor(agent.floor)
        try await sensor.publish(0..<100)
        for topic in ["other/x", "shared/x"] { try await sensor.publish(topic: topic, payload: Array("777".utf8)) }
        try await sensor.publish(100..<200)
        try Self.write(agent, base) { $0 }
        try agent.start()
        #expect(await agent.hasLogged("ends what is not asked for any more"), "\(agent.currentLogText)")
        #expect(await Self.hasEnded("other/#", "$share/g/shared/+", of: Self.client, at: agent.floor))
        #expect(await inbox.receives(0..<200))
        #expect(inbox.numbers == Array(0..<200), "each once, in order, and nothing of what is not wanted")
        #expect(try await Self.refused(by: agent) == 2)
        // Once more, with nothing left to end.
        try await agent.kill()
        try agent.start()
        try await sensor.publish(200..<300)
        #expect(await inbox.receives(0..<300))
        #expect(!agent.currentLogText.contains("not asked for any more"))
        #expect(try await agent.stop() == .exited(0))
    }

    @Test
    func
        `a source that a reload removes leaves no subscription, and one that went while nothing ran is told of`()
        async throws
    {
        let agent = try await Self.agent("5")
        let base = agent.folder.read("millrace.toml")
        let both = base + Self.second.replacing("PORT", with: "\(agent.floor.port)")
        let client = "millrace-\(RunningAgent.gateway)-second"
        try agent.folder.write("millrace.toml", both)
        try agent.start()
        try await agent.waitUntilReceiving()
        try #require(await eventually { agent.floor.log.contains("\(client) 1 $share/g/second") })
        try agent.folder.write("millrace.toml", base)
        let answer = try await Self.reload(agent)
        #expect(answer.output.contains("mqtt.second is gone"))
        #expect(await Self.hasEnded("second/#", "$share/g/second", of: client, at: agent.floor))
        #expect(await agent.hasLogged("nothing is subscribed at mqtt://127.0.0.1:\(agent.floor.port) any more"))
        // It comes back, and goes again while nothing runs.
        try agent.folder.write("millrace.toml", both)
        #expect(try await Self.reload(agent).output.contains("mqtt.second is new"))
        try #require(
            await eventually { TemporaryFolder.contents(of: agent.logFolder + "/sessions").contains("second") })
        #expect(try await agent.stop() == .exited(0))
        try agent.folder.write("millrace.toml", base)
        try agent.start()
        #expect(await agent.hasLogged("may gather messages for the client id \"\(client)\""))
        try await agent.waitUntilReceiving()
        #expect(try await agent.stop() == .exited(0))
    }
}
