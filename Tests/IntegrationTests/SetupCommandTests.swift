import AgentTestKit
import Glibc
import SerialIO
import Testing

/// `millrace setup`, by a script on standard input, and at a terminal.
struct SetupCommandTests {
    /// One answer for each port of this machine: it is left alone.
    private static let noPorts = DeviceTree().ports().map { _ in "n" }

    private let folder: TemporaryFolder
    private var path: String { folder.file("millrace.toml") }

    init() throws { folder = try TemporaryFolder("setup") }

    /// Gives these answers on standard input.
    private func run(_ answers: [String]) async throws -> Command.Result {
        try folder.write("answers", answers.joined(separator: "\n") + "\n")
        let command = "exec \(RunningAgent.program) setup --config \(path) <\(folder.file("answers"))"
        let process = try ChildProcess("sh", ["-c", command], output: .file(folder.file("output")))
        return Command.Result(ending: await process.wait(within: .seconds(60)), output: folder.read("output"))
    }

    private func answers(_ floor: Broker, _ centre: Broker) -> [String] {
        [
            "plant7-gw2", folder.file("log"), "16MiB",
            "mqtt://127.0.0.1:\(floor.port)", "sensors/#, alarms/#", "", "none",
        ] + Self.noPorts + [
            "", "mqtt://127.0.0.1:\(centre.port)", "", "", "none",
        ]
    }

    @Test func `without a terminal and without answers it says what to do instead`() async throws {
        let result = try await Command.run("setup", "--config", path)
        #expect(result.ending == .exited(1) && result.output.contains("is no terminal"), "\(result.output)")
        #expect(result.output.contains("by hand"), "\(result.output)")
        #expect(access(path, F_OK) != 0)
    }

    @Test func `answers that end too early write nothing`() async throws {
        var options = Broker.Options()
        options.users = ["plant": "right"]
        let broker = try await Broker(options)
        let result = try await run(
            ["gw", folder.file("log"), "", "mqtt://127.0.0.1:\(broker.port)", "", "plant", "wrong"])
        #expect(result.ending == .exited(1) && result.output.contains("nothing is written"), "\(result.output)")
        #expect(access(path, F_OK) != 0)
        #expect(access(folder.file("local.password"), F_OK) != 0, "a password without a configuration")
    }

    @Test func `wrong answers are told, and asked for again`() async throws {
        let broker = try await Broker()
        let centre = try await Broker()
        try await centre.stop()
        let result = try await run(
            [
                "a gateway", "gw", "log", folder.file("log"), "small", "1MiB", "16MiB",
                "http://127.0.0.1", "mqtt://127.0.0.1:\(broker.port)", "a/#/b", "", "again", "", "sensors/#", "",
                "none",
            ] + Self.noPorts + [
                "/dev", "", "", "nowhere", "99", "ftp://127.0.0.1", "mqtt://127.0.0.1:\(centre.port)", "", "", "what",
                "l",
                "none", "y",
            ])
        #expect(result.ending == .exited(0), "\(result.output)")
        #expect(result.output.contains("1 to 64 letters") && result.output.contains("4MiB at least"))
        #expect(result.output.contains("wanted is mqtt:// or mqtts://") && result.output.contains("not in the list"))
        #expect(result.output.contains("[k]eep it all the same"), "the centre is not there: \(result.output)")
        let text = folder.read("millrace.toml")
        #expect(!text.contains("[uplinks") && text.contains("topics = [\"sensors/#\"]"), "\(text)")
    }

    @Test func `a script answers, and the agent runs with what it wrote`() async throws {
        var options = Broker.Options()
        options.lines = ["log_type subscribe"]
        let floor = try await Broker(options)
        let centre = try await Broker()
        let result = try await run(answers(floor, centre) + ["y"])
        #expect(result.ending == .exited(0), "\(result.output)")
        let check = try await Command.run("check", "--config", path)
        #expect(check.ending == .exited(0) && check.output.contains("plant7-gw2"), "\(check.output)")
        let inbox = try await CentralInbox(centre, keepsRecords: true)
        let tried = floor.log.count  // Setup has subscribed, too.
        let agent = try ChildProcess(
            RunningAgent.program, ["run", "--config", path], output: .file(folder.file("agent")))
        #expect(
            await eventually {
                let asked = floor.log.dropFirst(tried)
                return asked.contains("sensors/#") && asked.contains("alarms/#")
            }, "\(folder.read("agent"))")
        try await Sensor(floor).publish(0..<5)
        #expect(await inbox.receives(0..<5), "\(folder.read("agent"))")
        agent.kill(SIGTERM)
        #expect(await agent.wait() == .exited(0))
    }

    @Test func `run again it tries and keeps what is there, comments too, and asks before it replaces the file`()
        async throws
    {
        let floor = try await Broker()
        let before = """
            # Painted green.
            [gateway]
            id = "old"   # on the door

            [log]
            path = "\(folder.file("log"))"
            capacity = "16MiB"

            # The broker in the cabinet.
            [mqtt.cabinet]
            url = "mqtt://127.0.0.1:\(floor.port)"
            topics = ["a/#"]   # all

            """
        try folder.write("millrace.toml", before, mode: 0o640)
        let same = try await run(["", "", "", "", ""] + Self.noPorts + ["", "", ""])
        #expect(same.ending == .exited(0) && same.output.contains("says all that already"), "\(same.output)")
        #expect(same.output.contains("grants the subscription"), "\(same.output)")
        let kept = try await run(["new", "", "", "", ""] + Self.noPorts + ["", "", "n"])
        #expect(kept.ending == .exited(0), "\(kept.output)")
        #expect(folder.read("millrace.toml") == before)
        let after = before.replacing("id = \"old\"", with: "id = \"new\"")
        #expect(folder.read("millrace.toml.new") == after)
        let replaced = try await run(["new", "", "", "", ""] + Self.noPorts + ["", "", "y"])
        #expect(replaced.ending == .exited(0), "\(replaced.output)")
        #expect(folder.read("millrace.toml") == after && folder.read("millrace.toml.old") == before)
        var state = stat()
        #expect(stat(path, &state) == 0 && state.st_mode & 0o777 == 0o640)
    }

    @Test func `at a terminal a password is kept in a file of its own, and a sensor is found and read`() async throws {
        var options = Broker.Options()
        options.users = ["plant": "right-word"]
        let floor = try await Broker(options)
        let profiles = try TemporaryFolder("profiles")
        try profiles.write("warmth.toml", WarmthSensor.profile)
        let terminal = try PseudoTerminal()
        let line = ScriptedLine(on: terminal, lines: ["$WARMTH 21.5*"], every: .milliseconds(50), repeats: true)
        #expect(line.start())
        let dialogue = try Dialogue("\(RunningAgent.program) setup --config \(path) --profiles \(profiles.path)")
        try await dialogue.answer("Name of this gateway", "gw")
        try await dialogue.answer("Folder of the log", folder.file("log"))
        try await dialogue.answer("How large", "16MiB")
        try await dialogue.answer("MQTT broker to read", "mqtt://127.0.0.1:\(floor.port)")
        try await dialogue.answer("Topics", "")
        try await dialogue.answer("User name", "plant")
        try await dialogue.answer("Password", "right-word")
        try await dialogue.answer("MQTT broker to read", "none")
        for answer in Self.noPorts { try await dialogue.answer("Find out what is at", answer) }
        try await dialogue.answer("Another serial port", terminal.path)
        try await dialogue.answer("send requests", "n")
        try await dialogue.answer("Read it as [serial.warmth]", "y")
        try await dialogue.answer("Another serial port", "")
        try await dialogue.answer("Destination", "none")
        try await dialogue.answer("Write \(path)", "y")
        #expect(await dialogue.process.wait() == .exited(0), "\(dialogue.text)")
        let text = folder.read("millrace.toml")
        #expect(text.contains("password_file = \"local.password\"") && !text.contains("right-word"), "\(text)")
        #expect(text.contains("profile = \"warmth\""), "\(text)")
        #expect(folder.read("local.password") == "right-word\n")
        var state = stat()
        #expect(stat(folder.file("local.password"), &state) == 0 && state.st_mode & 0o777 == 0o600)
    }
}
