import AgentTestKit
import Glibc
import Records
import SimulatedDevices
import Testing

/// `millrace selftest`, on real brokers, ports and files.
struct SelfTestTests {
    private struct Outcome {
        let ending: ChildProcess.Ending?
        let output: String
        let tree: JSONTree?

        func findings(_ part: String, _ verdict: String) -> [String] {
            (tree?["findings"]?.elements ?? []).filter {
                $0["part"]?.string == part && $0["verdict"]?.string == verdict
            }.compactMap { $0["text"]?.string }
        }
    }

    private let folder: TemporaryFolder
    /// Where nobody listens any more.
    private let freePort: UInt16

    init() async throws {
        folder = try TemporaryFolder("selftest")
        let broker = try await Broker()
        try await broker.stop()
        freePort = broker.port
    }

    private func run(_ tables: String, _ arguments: String...) async throws -> Outcome {
        let path = try folder.write(
            "millrace.toml",
            """
            gateway.id = "gw"
            log.path = "\(folder.file("log"))"
            log.capacity = "16MiB"
            \(tables)
            """)
        let output = folder.file("output")
        let process = try ChildProcess(
            RunningAgent.program, ["selftest", "--config", path, "--seconds", "2", "--json"] + arguments,
            output: .file(output))
        let ending = await process.wait(within: .seconds(120))
        let text = folder.read("output")
        return Outcome(ending: ending, output: text, tree: JSONTree(Array(text.utf8)))
    }

    @Test func `a wrong configuration ends it before anything is tried`() async throws {
        let result = try await run("[mqtt.floor]\nurl = \"mqtt://127.0.0.1:1\"\ntopic = [\"a\"]")
        #expect(result.ending == .exited(78) && result.output.contains("topics"), "\(result.output)")
    }

    @Test func `an absent port, a silent one, a broker that is not there and a wrong password are each named`()
        async throws
    {
        var options = Broker.Options()
        options.users = ["plant": "right"]
        let broker = try await Broker(options)
        try folder.write("password", "sesame-open\n")
        let terminal = try PseudoTerminal()
        let result = try await run(
            """
            [mqtt.gone]
            url = "mqtt://127.0.0.1:\(freePort)"
            topics = ["sensors/#"]
            [serial.lost]
            port = "\(folder.file("no-port"))"
            profile = "plantower-pms5003"
            [serial.quiet]
            port = "\(terminal.path)"
            profile = "plantower-pms5003"
            [uplinks.central]
            url = "mqtt://127.0.0.1:\(broker.port)"
            username = "plant"
            password_file = "password"
            """)
        #expect(result.ending == .exited(1), "\(result.output)")
        #expect(result.findings("mqtt.gone", "bad").first?.contains("refused") == true, "\(result.output)")
        #expect(result.findings("serial.lost", "bad").first?.contains("is not there") == true, "\(result.output)")
        #expect(result.findings("serial.quiet", "bad").first?.contains("nothing came") == true, "\(result.output)")
        #expect(result.findings("uplinks.central", "bad").count == 1, "\(result.output)")
        #expect(!result.output.contains("sesame"), "a password is no part of an answer")
    }

    @Test func `a destination that does not know the token, and a certificate that has ended, are bad`() async throws {
        let peer = try await HTTPPeer("status:401")
        try folder.write("token", "secret-token\n")
        let authority = try await CertificateAuthority()
        let old = try await authority.issue("old", on: "2020-01-01")
        let result = try await run(
            """
            [mqtt.floor]
            url = "mqtts://127.0.0.1:\(freePort)"
            topics = ["sensors/#"]
            tls = { ca = "\(old.certificateFile)" }
            [uplinks.lake]
            url = "http://127.0.0.1:\(peer.port)/in"
            token_file = "token"
            """)
        #expect(result.ending == .exited(1))
        #expect(result.findings("mqtt.floor", "bad").contains { $0.contains("ended on 2020-01-0") }, "\(result.output)")
        #expect(result.findings("uplinks.lake", "bad").first?.contains("HTTP 401") == true, "\(result.output)")
        #expect(!result.output.contains("secret-token"))
    }

    @Test func `a certificate with the key of another one is bad`() async throws {
        let authority = try await CertificateAuthority()
        let own = try await authority.issue("own")
        let other = try await authority.issue("other")
        let result = try await run(
            """
            [mqtt.floor]
            url = "mqtts://127.0.0.1:\(freePort)"
            topics = ["sensors/#"]
            tls = { certificate = "\(own.certificateFile)", key = "\(other.keyFile)" }
            """)
        #expect(result.ending == .exited(1))
        #expect(result.findings("mqtt.floor", "bad").contains { $0.contains("does not belong") }, "\(result.output)")
    }

    @Test func `where all is well it exits with 0, sends nothing, and leaves nothing behind`() async throws {
        var options = Broker.Options()
        options.lines = ["log_type all"]
        let broker = try await Broker(options)
        let centre = try await Broker(options)
        let device = try ProfileAgent.device("air", "plantower-pms5003")
        let line = try ProfileAgent.line(device)
        #expect(line.start())
        let result = try await run(
            """
            [mqtt.floor]
            url = "mqtt://127.0.0.1:\(broker.port)"
            topics = ["sensors/#"]
            client_id = "floor-reader"
            [serial.air]
            port = "\(line.terminal.path)"
            profile = "plantower-pms5003"
            [uplinks.central]
            url = "mqtt://127.0.0.1:\(centre.port)"
            """)
        #expect(result.ending == .exited(0), "\(result.output)")
        #expect(result.tree?["good"]?.boolean == true)
        #expect(result.findings("mqtt.floor", "good").first?.contains("grants the subscription") == true)
        #expect(result.findings("uplinks.central", "good").first?.contains("lets us in") == true)
        #expect(result.findings("serial.air", "good").first?.contains("air at") == true, "\(result.output)")
        #expect(broker.log.contains("floor-reader-selftest"))
        #expect(!centre.log.contains("Received PUBLISH") && !broker.log.contains("Received PUBLISH"))
        #expect(access(folder.file("log"), F_OK) != 0, "it made the log's folder")
        let flushes = (result.tree?["findings"]?.elements ?? []).compactMap {
            $0["figures"]?["flush_p99_seconds"]?.number
        }
        #expect(flushes.count == 1 && flushes[0] > 0)
    }
}
