import Agent
import AgentTestKit
import Simulation
import Testing

@testable import AdminHTTP

@Suite struct NetworkTests {
    private func ask(_ running: RunningServer, _ arguments: [String]) async throws -> String {
        let port = try #require(running.server.port)
        let output = try await ChildProcess.run(
            "python3", ["-B", PythonPeer.script("admin_tls.py"), "\(port)"] + arguments)
        return output.split(separator: "\n").last.map(String.init) ?? ""
    }

    @Test func `over TCP there is no way in without a token`() async throws {
        let folder = try TemporaryFolder("admin")
        try folder.write("read.token", "read-read-read-read\n")
        try folder.write("write.token", "write-write-write-write\n")
        let authority = try await CertificateAuthority()
        let server = try await authority.issue("localhost")
        let lines = [
            "listen = \"127.0.0.1:0\"", "token_file = \"read.token\"", "write_token_file = \"write.token\"",
            "tls = { certificate = \"\(server.certificateFile)\", key = \"\(server.keyFile)\" }",
        ]
        try await RunningServer.with(lines, in: folder) { running in
            let answer = try await ask(running, [authority.certificateFile])
            #expect(answer == "401")
            #expect(try await ask(running, [authority.certificateFile, "--", "read-read-read-reax"]) == "401")
            #expect(try await ask(running, [authority.certificateFile, "--", "read-read-read-read"]) == "200")
            #expect(try await ask(running, [authority.certificateFile, "--", "write-write-write-write"]) == "200")
            let warnings = running.complaints.newestFirst.filter { $0.text.contains("token") }
            #expect(warnings.count == 1, "two refusals are one line: \(warnings)")
            #expect(warnings.allSatisfy { !$0.text.contains("read-") })
        }
    }

    @Test func `where an authority is named, who shows none of its certificates gets no answer`() async throws {
        let authority = try await CertificateAuthority()
        let stranger = try await CertificateAuthority(name: "Stranger")
        let server = try await authority.issue("localhost")
        let ours = try await authority.issue("operator", alternativeNames: [])
        let theirs = try await stranger.issue("operator", alternativeNames: [])
        let lines = [
            "listen = \"127.0.0.1:0\"",
            "tls = { certificate = \"\(server.certificateFile)\", key = \"\(server.keyFile)\", "
                + "ca = \"\(authority.certificateFile)\" }",
        ]
        try await RunningServer.with(lines) { running in
            let root = authority.certificateFile
            let answer = try await ask(running, [root, ours.certificateFile, ours.keyFile])
            #expect(answer == "200")
            #expect(try await ask(running, [root]).hasPrefix("refused"))
            #expect(try await ask(running, [root, theirs.certificateFile, theirs.keyFile]).hasPrefix("refused"))
        }
    }
}
