import AgentTestKit
import Glibc
import Records
import Testing

/// `millrace status`, with an agent and without.
struct StatusCommandTests {
    private func status(_ agent: RunningAgent, _ arguments: String...) async throws -> (ChildProcess.Ending?, String) {
        let output = agent.folder.file("status-output")
        let process = try ChildProcess(
            RunningAgent.program, ["status", "--config", agent.configuration] + arguments, output: .file(output))
        return (await process.wait(), TemporaryFolder.contents(of: output))
    }

    @Test func `without a configuration and without an agent it says so`() async throws {
        let missing = try await Command.run("status", "--config", "/nowhere/millrace.toml")
        #expect(missing.ending == .exited(78) && missing.output.contains("/nowhere/millrace.toml"))
        let folder = try TemporaryFolder("status")
        let path = try folder.write("millrace.toml", "log.path = \"none\"")
        let absent = try await Command.run("status", "--config", path, "--socket", "/nowhere/socket")
        #expect(absent.ending == .exited(74), "\(absent.output)")
        #expect(absent.output.contains("no agent answers at /nowhere/socket"), "\(absent.output)")
    }

    @Test func `where no agent runs, the log on the disk is shown`() async throws {
        let agent = try await RunningAgent()
        try agent.start()
        try await agent.waitUntilReceiving()
        try await Sensor(agent.floor).publish(0..<1)
        try await agent.waitUntilAccepted(1)
        try await agent.stop()
        let (ending, text) = try await status(agent)
        #expect(ending == .exited(1))
        #expect(text.contains("no agent answers at \(agent.logFolder)/admin.sock"), "\(text)")
        #expect(text.contains("stream telemetry: 1 records"), "\(text)")
        let (_, json) = try await status(agent, "--json")
        #expect(json.contains("{\"gateway\":\"gateway-1\",\"streams\":["), "\(json)")
    }

    @Test func `a running agent is shown, and exits with 0 only while it is ready`() async throws {
        let agent = try await RunningAgent()
        try agent.start()
        try await agent.waitUntilReceiving()
        let isReady = await eventually { (try? await status(agent).0) == .exited(0) }
        let (_, text) = try await status(agent)
        #expect(isReady, "\(text)")
        #expect(text.contains("gateway-1  ") && text.contains(" ready"), "\(text)")
        #expect(text.contains("mqtt.floor") && text.contains("central"), "\(text)")
        #expect(!text.contains("\u{1B}"), "colour only on a terminal")
        let (_, json) = try await status(agent, "--json")
        #expect(JSONTree(Array(json.utf8))?["ready"]?.boolean == true, "\(json)")
        try await agent.floor.kill()
        let isNotReady = await eventually { (try? await status(agent).0) == .exited(1) }
        let (_, broken) = try await status(agent)
        #expect(isNotReady && broken.contains("not ready") && broken.contains("mqtt.floor: "), "\(broken)")
        try await agent.stop()
    }

    @Test func `on a terminal it is drawn again until q, and the terminal is as before`() async throws {
        let agent = try await RunningAgent()
        try agent.start()
        try await agent.waitUntilReceiving()
        let terminal = try PseudoTerminal()
        let command = "exec \(RunningAgent.program) status --watch --config \(agent.configuration)"
        let process = try ChildProcess(
            "sh", ["-c", "\(command) <\(terminal.path) >\(terminal.path) 2>&1"],
            environment: ["TERM": "xterm", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"])
        var screen: [UInt8] = []
        let isDrawnTwice = await eventually {
            screen += terminal.received()
            return String(decoding: screen, as: UTF8.self).ranges(of: "gateway-1").count >= 2
        }
        #expect(isDrawnTwice, "\(String(decoding: screen, as: UTF8.self))")
        try terminal.send("q")
        #expect(await process.wait() == .exited(0))
        screen += terminal.received()
        let text = String(decoding: screen, as: UTF8.self)
        #expect(text.contains("\u{1B}[32m"), "good is green")
        #expect(text.hasSuffix("\u{1B}[0m\u{1B}[?25h\u{1B}[?1049l"))
        try await agent.stop()
    }
}
