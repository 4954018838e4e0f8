import AgentTestKit
import Glibc
import Testing

/// `millrace devices detect` and `millrace devices listen`.
struct DevicesCommandTests {
    /// A profile that no other is like, and a sensor that speaks so.
    private final class Sensor: Sendable {
        let folder: TemporaryFolder
        let terminal: PseudoTerminal
        private let line: ScriptedLine

        init(says lines: [String] = ["$WARMTH 21.5*", "$WARMTH 21.75*"], profiles: [String] = ["warmth"]) throws {
            folder = try TemporaryFolder("profiles")
            for name in profiles {
                try folder.write("\(name).toml", WarmthSensor.profile)
            }
            terminal = try PseudoTerminal()
            line = ScriptedLine(on: terminal, lines: lines, every: .milliseconds(50), repeats: true)
            guard line.start() else { throw SimulationError("no thread") }
        }

        deinit { line.stop() }
    }

    @Test func `a folder of profiles that is none is named, not left out`() async throws {
        let folder = try TemporaryFolder("profiles")
        let file = try folder.write("a.toml", "")
        for (path, reason) in [(folder.file("none"), "No such file"), (file, "is no folder")] {
            let result = try await Command.run("devices", "list", "--profiles", path)
            #expect(result.ending == .exited(64) && result.output.contains("--profiles \(path)"))
            #expect(result.output.contains(reason), "\(result.output)")
        }
    }

    @Test func `detect prints a table that the configuration takes`() async throws {
        let sensor = try Sensor()
        let result = try await Command.run(
            "devices", "detect", sensor.terminal.path, "--seconds", "1", "--profiles", sensor.folder.path)
        #expect(result.ending == .exited(0), "\(result.output)")
        #expect(result.output.contains("plausible frames at 9600 8N1, 0 damaged"), "\(result.output)")
        let path = try sensor.folder.write(
            "millrace.toml",
            """
            gateway.id = "gw"
            log.path = "\(sensor.folder.file("log"))"
            profiles.folders = ["\(sensor.folder.path)"]
            \(result.output)
            """)
        let check = try await Command.run("check", "--config", path)
        #expect(check.ending == .exited(0) && check.output.contains("warmth"), "\(check.output)")
    }

    @Test func `what cannot be told apart is listed, and the table cannot be used before somebody has chosen`()
        async throws
    {
        let sensor = try Sensor(profiles: ["warmth", "twin"])
        let result = try await Command.run(
            "devices", "detect", sensor.terminal.path, "--seconds", "1", "--profiles", sensor.folder.path)
        #expect(result.ending == .exited(0))
        #expect(result.output.contains("2 profiles fit, and nothing on the wire tells them apart"), "\(result.output)")
        #expect(result.output.contains("profile = \"\"   # choose: \"twin\", \"warmth\""), "\(result.output)")
        let json = try await Command.run(
            "devices", "detect", sensor.terminal.path, "--seconds", "1", "--profiles", sensor.folder.path, "--json")
        #expect(json.output.contains("\"result\":\"ambiguous\",\"choices\":[\"twin\",\"warmth\"]"), "\(json.output)")
    }

    @Test func `detect exits with 1 where nothing fits, and with 75 where the port is absent`() async throws {
        let sensor = try Sensor(says: ["%% nobody knows this"])
        let nothing = try await Command.run(
            "devices", "detect", sensor.terminal.path, "--seconds", "1", "--profiles", sensor.folder.path)
        #expect(nothing.ending == .exited(1))
        #expect(nothing.output.contains("no profile fits what was heard"), "\(nothing.output)")
        #expect(nothing.output.contains("%% nobody knows this"), "\(nothing.output)")
        sensor.terminal.unplug()
        let absent = try await Command.run(
            "devices", "detect", sensor.terminal.path, "--profiles", sensor.folder.path)
        #expect(absent.ending == .exited(75))
        #expect(absent.output.contains("is not there"), "\(absent.output)")
    }

    @Test func `listen prints what decode prints, captures the bytes, and ends by itself`() async throws {
        let sensor = try Sensor()
        let capture = sensor.folder.file("capture")
        let result = try await Command.run(
            "devices", "listen", sensor.terminal.path, "--profile", "warmth", "--profiles", sensor.folder.path,
            "--seconds", "1", "--capture", capture)
        #expect(result.ending == .exited(0), "\(result.output)")
        let reading = "\"readings\":[{\"name\":\"temperature\",\"value\":21.75,\"unit\":\"Cel\"}],\"rejected\":"
        #expect(result.output.contains("{\"profile\":\"warmth\",\"device\":null,\(reading)"), "\(result.output)")
        #expect(sensor.folder.read("capture").contains("$WARMTH 21.5*\n"))
        let decoded = try await Command.run(
            "devices", "decode", "--profile", "warmth", "--profiles", sensor.folder.path, "--file", capture)
        #expect(decoded.output.contains(reading), "\(decoded.output)")
    }

    @Test func `listen without a profile shows bytes and text`() async throws {
        let sensor = try Sensor()
        let result = try await Command.run("devices", "listen", sensor.terminal.path, "--seconds", "1")
        #expect(result.ending == .exited(0))
        #expect(result.output.contains("24 57 41 52 4D 54 48 20 32 31 2E"), "\(result.output)")
        #expect(result.output.contains("  $WARMTH 21."), "\(result.output)")
    }

    @Test func `listen exits with 75 where the port is absent, and with 0 when it is told to end`() async throws {
        let sensor = try Sensor()
        let file = sensor.folder.file("output")
        let process = try ChildProcess(
            RunningAgent.program,
            ["devices", "listen", sensor.terminal.path, "--profile", "warmth", "--profiles", sensor.folder.path],
            output: .file(file))
        #expect(await eventually { sensor.folder.read("output").contains("temperature") })
        process.kill(SIGINT)
        #expect(await process.wait() == .exited(0))
        #expect(sensor.folder.read("output").contains("frames, 0 errors"))
        sensor.terminal.unplug()
        let absent = try await Command.run("devices", "listen", sensor.terminal.path)
        #expect(absent.ending == .exited(75) && absent.output.contains("is not there"), "\(absent.output)")
    }
}
