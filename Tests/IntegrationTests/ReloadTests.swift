import AgentTestKit
import Glibc
import Testing
import Uplinks

/// The configuration is read again while the agent runs.
@Suite(.serialized)
struct ReloadTests {
    private static func agent(
        _ tables: [String] = [], _ change: (inout RunningAgent.Options) -> Void = { _ in }
    ) async throws -> RunningAgent {
        var options = RunningAgent.Options()
        options.isInMemory = true
        options.tables = tables
        change(&options)
        let agent = try await RunningAgent(options)
        return agent
    }

    private static func reload(_ agent: RunningAgent) async throws -> Command.Result {
        try await Command.run("reload", "--config", agent.configuration)
    }

    private static func status(of agent: RunningAgent) async throws -> JSONValue {
        let answer = try await Command.run("status", "--json", "--config", agent.configuration)
        return try JSONValue(Array(answer.output.utf8))
    }

    /// Writes the configuration anew, with something else in the place of a text.
    private static func rewrite(_ agent: RunningAgent, _ text: String, _ replacement: String) throws {
        let before = agent.folder.read("millrace.toml")
        try #require(before.contains(text))
        try agent.folder.write("millrace.toml", before.replacing(text, with: replacement))
    }

    private static func connections(to broker: Broker) -> Int {
        broker.log.split(separator: "New client connected").count
    }

    @Test func `a wrong file changes nothing, and is named in the answer, the exit code and the log`() async throws {
        let agent = try await Self.agent()
        let inbox = try await CentralInbox(agent.centre)
        try agent.start()
        try await agent.waitUntilReceiving()
        let sensor = try await Sensor(agent.floor)
        try Self.rewrite(agent, "topics =", "topcis =")
        let answer = try await Self.reload(agent)
        #expect(answer.ending == .exited(78), "\(answer.output)")
        #expect(answer.output.contains("did you mean \"topics\"?"))
        #expect(await agent.hasLogged("the configuration stays as it was"))
        let refused = try await Self.status(of: agent)
        #expect(refused["reload"]?["outcome"]?.text == "refused")
        #expect(refused["problems"]?.elements.contains { $0["part"]?.text == "configuration" } == true)
        #expect(try await Command.run("status", "--config", agent.configuration).output.contains("configuration: the"))
        try await sensor.publish(0..<10)
        #expect(await inbox.receives(0..<10))
        #expect(try await agent.stop() == .exited(0))
    }

    @Test func `what cannot change while it runs is refused with the reason`() async throws {
        let agent = try await Self.agent()
        try agent.start()
        try await agent.waitUntilReceiving()
        try Self.rewrite(agent, "id = \"gateway-1\"", "id = \"gateway-2\"")
        let answer = try await Self.reload(agent)
        #expect(answer.ending == .exited(78), "\(answer.output)")
        #expect(answer.output.contains("gateway.id cannot change"))
        #expect(try await agent.stop() == .exited(0))
    }

    @Test func `without an agent there is nobody to ask, and the exit code says so`() async throws {
        let agent = try await Self.agent()
        let answer = try await Self.reload(agent)
        #expect(answer.ending == .exited(69), "\(answer.output)")
        #expect(answer.output.contains("no agent runs"))
    }

    @Test func `P8 what did not change keeps its port and its connection`() async throws {
        let (kept, added) = (try PseudoTerminal(), try PseudoTerminal())
        let agent = try await Self.agent(["[serial.kept]\nport = \"\(kept.path)\""])
        let inbox = try await CentralInbox(agent.centre, keepsRecords: true)
        try agent.start()
        try await agent.waitUntilReceiving()
        #expect(await agent.hasLogged("reading \(kept.path)"))
        let (floor, centre) = (Self.connections(to: agent.floor), Self.connections(to: agent.centre))
        try agent.configure("[streams.alarms]", "[serial.added]", "port = \"\(added.path)\"", "stream = \"alarms\"")
        let answer = try await Self.reload(agent)
        #expect(answer.ending == .exited(0), "\(answer.output)")
        #expect(answer.output.contains("serial.added is new"))
        #expect(answer.output.contains("streams.alarms is new"))
        #expect(await agent.hasLogged("reading \(added.path)"))
        try kept.send("one\n")
        try added.send("two\n")
        func payloads() -> Set<String> { Set(inbox.records.map { String(decoding: $0.payload, as: UTF8.self) }) }
        #expect(await eventually { payloads() == ["one", "two"] }, "\(payloads()) \(agent.logText)")
        let readings =
            agent.logText.split(separator: "reading \(kept.path)", omittingEmptySubsequences: false).count - 1
        #expect(readings == 1, "\(agent.logText)")
        #expect(Self.connections(to: agent.floor) == floor)
        // The uplink forwards all streams, so one more is a change of it, and it connects anew.
        #expect(Self.connections(to: agent.centre) == centre + 1)
        let again = try await Self.reload(agent)
        #expect(again.output.contains("nothing has changed"))
        #expect(try await agent.stop() == .exited(0))
    }

    @Test func `a profile that changed on the disk is a change of the devices that have it`() async throws {
        let terminal = try PseudoTerminal()
        func profile(_ name: String) -> String {
            """
            format = 1
            title = "A test"
            source = "none"
            fields = [{ name = "\(name)", key = "x" }]
            [framing]
            kind = "line"
            [text]
            format = "json"
            """
        }
        let folder = try TemporaryFolder("profiles")
        try folder.write("test-line.toml", profile("before"))
        let agent = try await Self.agent([
            "[profiles]\nfolders = [\"\(folder.path)\"]",
            "[serial.line]\nport = \"\(terminal.path)\"\nprofile = \"test-line\"",
        ])
        let inbox = try await CentralInbox(agent.centre, keepsRecords: true)
        try agent.start()
        try #require(await agent.hasLogged("reading \(terminal.path)"), "\(agent.logText)")
        func names() -> String { inbox.records.map { String(decoding: $0.payload, as: UTF8.self) }.joined() }
        try terminal.send("{\"x\":1}\n")
        #expect(await eventually { names().contains("before") }, "\(names())")
        try folder.write("test-line.toml", profile("after"))
        let answer = try await Self.reload(agent)
        #expect(answer.output.contains("serial.line has changed"), "\(answer.output)")
        #expect(
            await eventually {
                agent.logText.split(separator: "reading \(terminal.path)", omittingEmptySubsequences: false).count == 3
            }, "\(agent.logText)")
        try terminal.send("{\"x\":1}\n")
        #expect(await eventually { names().contains("after") }, "\(names())")
        #expect(try await agent.stop() == .exited(0))
    }

    /// What a reload changes, one after another.
    private static func variant(_ base: String, _ number: Int) -> String {
        var text = base
        if number % 2 == 1 { text = text.replacing("retry_max = \"1s\"", with: "retry_max = \"2s\"") }
        if number % 3 == 1 { text = text.replacing("topics =", with: "receive_maximum = 500\ntopics =") }
        if number % 5 > 2 { text += "[streams.extra]\ncapacity = \"8MiB\"\n" }
        if number % 7 > 3 { text += "[uplinks.second]\nurl = \"mqtt://127.0.0.1:1\"\n" }
        if number % 4 == 3 { text = text.replacing("commit_linger = \"5ms\"", with: "commit_linger = \"7ms\"") }
        return text
    }

    @Test func `P1 P2 P7 fifty reloads under load lose nothing, repeat nothing and keep the order`() async throws {
        let agent = try await Self.agent()
        let base = agent.folder.read("millrace.toml")
        let consumer = try await KillConsumer(at: agent.centre)
        try agent.start()
        try await agent.waitUntilReceiving()
        let load = try await KillLoad(to: agent.floor)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await load.run() }
            for number in 1...50 {
                try agent.folder.write("millrace.toml", Self.variant(base, number))
                let answer = try await Self.reload(agent)
                #expect(answer.ending == .exited(0), "\(number): \(answer.output)")
            }
            load.finish()
            try await group.waitForAll()
        }
        let findings = try await Self.expectAll(of: load, from: agent, at: consumer)
        #expect(findings.repeats == 0)
    }

    @Test func `P1 P2 P7 kill -9 in the middle of reloads loses nothing, and identities agree`() async throws {
        var random = SeededGenerator(seed: KillSeed(for: "kill -9 in reloads").value)
        let agent = try await Self.agent()
        let base = agent.folder.read("millrace.toml")
        let consumer = try await KillConsumer(at: agent.centre)
        try agent.start()
        try await agent.waitUntilReceiving()
        let load = try await KillLoad(to: agent.floor)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await load.run() }
            for number in 1...20 {
                try agent.folder.write("millrace.toml", Self.variant(base, number))
                agent.signal(SIGHUP)
                try await Task.sleep(for: .milliseconds(random.below(300)))
                try await agent.kill()
                try agent.start()
                try await agent.waitUntilReceiving()
            }
            load.finish()
            try await group.waitForAll()
        }
        _ = try await Self.expectAll(of: load, from: agent, at: consumer)
    }

    /// Waits until all has arrived, ends agent, load and consumer, and expects that nothing is missing.
    private static func expectAll(
        of load: KillLoad, from agent: RunningAgent, at consumer: KillConsumer
    ) async throws -> KillConsumer.Findings {
        await consumer.waitUntilIdle(orHasSeen: load.published)
        #expect(try await agent.stop() == .exited(0))
        let findings = consumer.findings
        #expect(findings.problems == [])
        #expect(findings.next == (0..<KillLoad.deviceCount).map(load.published(of:)))
        let sums = findings.audit.summary
        #expect([sums.missing, sums.outOfOrder, sums.lost] == [0, 0, 0], "\(findings.audit.gaps)")
        await load.stop()
        await consumer.stop()
        return findings
    }
}
