import AgentTestKit
import Glibc
import Records
import Testing

/// `millrace support`: what is in the archive, and what is not.
struct SupportCommandTests {
    private static let secrets = [
        "pass-word-of-the-floor", "token-of-the-lake", "header-secret-1", "Endpoint-Key-0123456789==",
    ]

    private func unpack(_ archive: String, in folder: TemporaryFolder) async throws -> [String: String] {
        try await ChildProcess.run("tar", ["-C", folder.path, "-xf", archive])
        let names = try await ChildProcess.run("tar", ["-tf", archive]).split(separator: "\n").map(String.init)
        return Dictionary(uniqueKeysWithValues: names.map { ($0, folder.read($0)) })
    }

    private func configure(_ agent: RunningAgent) throws {
        try agent.folder.write("lake.token", Self.secrets[1] + "\n")
        try agent.folder.write("floor.password", Self.secrets[0] + "\n")
        try agent.folder.write(
            "hubs.connection",
            "Endpoint=sb://127.0.0.1/;SharedAccessKeyName=send;SharedAccessKey=\(Self.secrets[3]);EntityPath=a\n")
    }

    private static let tables = [
        """
        [mqtt.second]
        url = "mqtt://127.0.0.1:1"
        topics = ["x/#"]
        username = "floor"
        password_file = "floor.password"
        [uplinks.lake]
        url = "http://127.0.0.1:1/in"
        token_file = "lake.token"
        headers = { X-Note = "header-secret-1" }
        [uplinks.hubs]
        preset = "event-hubs"
        url = "http://127.0.0.1:1/telemetry"
        connection_string_file = "hubs.connection"
        """
    ]

    @Test func `no secret of the configuration is in the archive, whoever wrote it there`() async throws {
        var options = RunningAgent.Options()
        options.tables = Self.tables
        let agent = try await RunningAgent(options)
        try configure(agent)
        try agent.start()
        try await agent.waitUntilReceiving()
        // Somebody else lets a secret slip into a file's name that is listed.
        try agent.folder.write("log/note-\(Self.secrets[1]).txt", "x")
        let file = agent.folder.file("support.tar")
        let result = try await Command.run("support", "--config", agent.configuration, "--output", file)
        #expect(result.ending == .exited(0), "\(result.output)")
        let bytes = TemporaryFolder.contents(of: file)
        for secret in Self.secrets { #expect(!bytes.contains(secret), "\(secret) is in it") }
        let entries = try await unpack(file, in: agent.folder)
        let status = try #require(entries["millrace-support/status.json"])
        #expect(JSONTree(Array(status.utf8))?["gateway"]?.string == "gateway-1", "\(status)")
        let configuration = try #require(entries["millrace-support/configuration.json"])
        #expect(configuration.contains("\"token_file\":\"lake.token\"") && configuration.contains("\"X-Note\":\"***\""))
        #expect(entries["millrace-support/files.txt"]?.contains("note-***.txt") == true)
        #expect(entries["millrace-support/metrics.txt"]?.contains("millrace_") == true)
        for name in entries.keys { #expect(result.output.contains(name), "\(name) is not told of") }
        var state = stat()
        #expect(stat(file, &state) == 0 && state.st_mode & 0o777 == 0o600)
        try await agent.stop()
    }

    @Test func `without an agent it holds the log's segments and their headers, and overwrites nothing`() async throws {
        let agent = try await RunningAgent()
        try agent.start()
        try await agent.waitUntilReceiving()
        try await Sensor(agent.floor).publish(0..<10)
        try await agent.waitUntilAccepted(10)
        try await agent.stop()
        let file = agent.folder.file("support.tar")
        let result = try await Command.run("support", "--config", agent.configuration, "--output", file)
        #expect(result.ending == .exited(0), "\(result.output)")
        let again = try await Command.run("support", "--config", agent.configuration, "--output", file)
        #expect(again.ending == .exited(73) && again.output.contains("File exists"), "\(again.output)")
        let entries = try await unpack(file, in: agent.folder)
        #expect(entries["millrace-support/log.txt"]?.contains("stream telemetry: 10 records") == true)
        let files = try #require(entries["millrace-support/files.txt"])
        #expect(files.contains(".segment  page 4096, pages "), "\(files)")
        #expect(entries["millrace-support/status.json"]?.contains("no agent answers") == true)
    }

    @Test func `a configuration that is wrong does not keep it from helping`() async throws {
        let folder = try TemporaryFolder("support")
        let path = try folder.write(
            "millrace.toml", "[mqtt.a]\nurl = \"mqtt://user:pa55word@host\"\npassword = \"hunter22\"\n")
        let file = folder.file("support.tar")
        let result = try await Command.run("support", "--config", path, "--output", file)
        #expect(result.ending == .exited(0), "\(result.output)")
        let entries = try await unpack(file, in: folder)
        #expect(entries["millrace-support/check.txt"]?.contains("mqtt.a") == true)
        for text in entries.values {
            #expect(!text.contains("hunter22") && !text.contains("pa55word"), "\(text)")
        }
    }

    @Test func `the last bad frames of a port are in it, as they came`() async throws {
        let terminal = try PseudoTerminal()
        var options = RunningAgent.Options()
        options.tables = ["[serial.air]\nport = \"\(terminal.path)\"\nprofile = \"plantower-pms5003\""]
        let agent = try await RunningAgent(options)
        try agent.start()
        #expect(await agent.everLogged("reading \(terminal.path)"))
        // A frame of the right form with a checksum that does not fit.
        try terminal.send([0x42, 0x4D, 0x00, 0x1C] + [UInt8](repeating: 0xAB, count: 28))
        let file = agent.folder.file("support.tar")
        let isThere = await eventually {
            unlink(file)
            let result = try? await Command.run("support", "--config", agent.configuration, "--output", file)
            return result?.ending == .exited(0)
                && TemporaryFolder.contents(of: file).contains("\"bytes\":\"42 4D 00 1C AB AB")
        }
        #expect(isThere, "\(agent.logText)")
        #expect(TemporaryFolder.contents(of: file).contains("\"reason\":\"the checksum does not fit\""))
        try await agent.stop()
    }
}
