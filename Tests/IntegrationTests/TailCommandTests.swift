import AgentTestKit
import Glibc
import Records
import Testing

/// `millrace tail`, against a running agent.
struct TailCommandTests {
    private func tail(_ agent: RunningAgent, _ name: String, _ arguments: String...) throws -> ChildProcess {
        try ChildProcess(
            RunningAgent.program, ["tail", "--config", agent.configuration] + arguments,
            output: .file(agent.folder.file(name)))
    }

    private func lines(_ agent: RunningAgent, _ name: String) -> [String] {
        agent.folder.read(name).split(separator: "\n").map(String.init)
    }

    private func records(_ agent: RunningAgent, _ name: String) -> [JSONTree] {
        lines(agent, name).filter { $0.hasPrefix("{") }.compactMap { JSONTree(Array($0.utf8)) }
    }

    @Test func `without an agent, with a stream that is not there, or a wrong filter, it says why`() async throws {
        let agent = try await RunningAgent()
        let absent = try await Command.run("tail", "--config", agent.configuration)
        #expect(absent.ending == .exited(1) && absent.output.contains("no agent answers at"), "\(absent.output)")
        let filter = try await Command.run("tail", "--config", agent.configuration, "--topic", "a/#/b")
        #expect(filter.ending == .exited(64) && filter.output.contains("a/#/b"), "\(filter.output)")
        try agent.start()
        try await agent.waitUntilReceiving()
        let stream = try await Command.run("tail", "--config", agent.configuration, "--stream", "nothing")
        #expect(stream.ending == .exited(1) && stream.output.contains("nothing"), "\(stream.output)")
        try await agent.stop()
    }

    @Test func `it follows over a kill of the agent: each record once, in order`() async throws {
        let agent = try await RunningAgent()
        try agent.start()
        try await agent.waitUntilReceiving()
        try await Sensor(agent.floor).publish(0..<50)
        let process = try tail(agent, "tail", "--json", "--from", "oldest", "-n", "100")
        #expect(await eventually { records(agent, "tail").count >= 50 })
        try await agent.kill()
        try agent.start()
        try await agent.waitUntilReceiving()
        try await Sensor(agent.floor).publish(50..<100)
        #expect(await process.wait(within: .seconds(60)) == .exited(0))
        let numbers = records(agent, "tail").compactMap { record in
            record["text"]?.string.flatMap { Int($0.prefix { $0.isNumber }) } ?? record["data"]?.integer
        }
        #expect(numbers == Array(0..<100), "\(agent.folder.read("tail"))")
        #expect(agent.folder.read("tail").contains("; trying again"))
        try await agent.stop()
    }

    @Test func `it ends with whoever reads what it prints`() async throws {
        let agent = try await RunningAgent()
        try agent.start()
        try await agent.waitUntilReceiving()
        let sensor = try await Sensor(agent.floor)
        let process = try ChildProcess(
            "sh", ["-c", "'\(RunningAgent.program)' tail --config '\(agent.configuration)' --from oldest | head -n 1"],
            output: .file(agent.folder.file("head")))
        let hasEnded = try await eventually {
            // Who prints nothing learns of nothing.
            try await sensor.publish(topic: "sensors/hall", payload: Array("21.5".utf8))
            return !process.isRunning
        }
        #expect(hasEnded)
        #expect(lines(agent, "head").count == 1, "\(agent.folder.read("head"))")
        try await agent.stop()
    }

    @Test func `filters leave out what does not fit, and lines are for people`() async throws {
        let agent = try await RunningAgent()
        try agent.start()
        try await agent.waitUntilReceiving()
        let sensor = try await Sensor(agent.floor)
        try await sensor.publish(topic: "sensors/hall/warm", payload: Array("21.5".utf8))
        try await sensor.publish(topic: "sensors/yard/warm", payload: Array("3.5".utf8))
        try await sensor.publish(topic: "sensors/hall/wet", payload: [0x1B, 0x5B, 0x41])
        let process = try tail(agent, "tail", "--from", "oldest", "--topic", "sensors/hall/+", "-n", "2")
        #expect(await process.wait() == .exited(0))
        let lines = lines(agent, "tail")
        #expect(lines.count == 2 && lines[0].hasSuffix("Z  sensors/hall/warm  21.5"), "\(lines)")
        #expect(lines.last?.hasSuffix("Z  sensors/hall/wet   [A") == true, "\(lines)")
        let last = try await Command.run("tail", "--config", agent.configuration, "--from", "-2", "-n", "1")
        #expect(last.ending == .exited(0) && last.output.hasSuffix("sensors/yard/warm  3.5\n"), "\(last.output)")
        try await agent.stop()
    }
}
