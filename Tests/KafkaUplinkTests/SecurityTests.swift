import AgentTestKit
import Records
import Testing
import Uplinks

@testable import KafkaUplink

/// TLS and logins over real sockets. librdkafka's mock brokers have neither, so a front of our own stands before them,
/// which speaks both by the books (RFC 4616, 5802, 7628) with Python's own TLS.
@Suite(.enabled(if: KafkaCluster.isInstalled, "needs librdkafka-dev, cc and kcat"))
struct SecurityTests {
    /// A front before a cluster.
    private final class Front: Sendable {
        let brokers: [String]
        private let folder: TemporaryFolder
        private let process: ChildProcess

        /// Logins so far, such as `accepted PLAIN gw-2`.
        var logins: [String] { folder.read("log").split(separator: "\n").dropFirst().map(String.init) }

        init(_ cluster: KafkaCluster, _ arguments: [String]) async throws {
            let script = #filePath.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/Peers/kafka_front.py"
            let folder = try TemporaryFolder("kafka-front")
            let process = try ChildProcess(
                "python3", [script, folder.file("log"), cluster.brokers.joined(separator: ",")] + arguments,
                output: .file(folder.file("output")))
            let isReady = await eventually { !process.isRunning || folder.read("log").hasSuffix("\n") }
            let line = folder.read("log").split(separator: "\n").first ?? ""
            guard isReady, line.hasPrefix("ready ") else {
                throw TestKitError("there is no front: \(folder.read("output"))")
            }
            brokers = line.dropFirst("ready ".count).split(separator: ",").map(String.init)
            self.folder = folder
            self.process = process
        }
    }

    private func fixture(
        _ front: Front, tls: TLSFiles? = nil, login: KafkaConfiguration.Login? = nil
    ) throws -> Fixture {
        try Fixture(front.brokers) { configuration in
            configuration.tls = tls
            configuration.login = login
            configuration.shutOutWait = .seconds(1)
        }
    }

    /// Sends three records, and expects an alarm that says one of these words.
    private func expectAlarm(
        _ fixture: Fixture, _ words: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        let outcome = await fixture.uplink.send(Sample.batch(1...3))
        guard case .retry(nil, let reason, isAlarm: true) = outcome else {
            Issue.record("a person is needed: \(outcome)", sourceLocation: sourceLocation)
            return
        }
        #expect(words.contains { reason.contains($0) }, "\(reason)", sourceLocation: sourceLocation)
        #expect(!reason.contains("secret-5711"), sourceLocation: sourceLocation)
        await fixture.uplink.close()
    }

    // MARK: TLS

    @Test func `over TLS with a client certificate all arrives, and every byte of it is counted`() async throws {
        let cluster = try await KafkaCluster()
        let authority = try await CertificateAuthority()
        let server = try await authority.issue("server")
        let client = try await authority.issue("client")
        let front = try await Front(
            cluster,
            [
                "--certificate", server.certificateFile, "--key", server.keyFile, "--client-ca",
                authority.certificateFile,
            ])
        let fixture = try fixture(
            front,
            tls: TLSFiles(
                authorityFile: authority.certificateFile, certificateFile: client.certificateFile,
                keyFile: client.keyFile))
        #expect(await fixture.uplink.send(Sample.batch(1...500)) == .acknowledged(through: SequenceNumber(500)))
        #expect(try await cluster.messages(in: "telemetry").count == 500)
        // The certificates alone are over a kilobyte in each direction.
        #expect(fixture.uplink.traffic.bytesReceived > 1000)
        await fixture.uplink.close()
    }

    @Test func `a client certificate that is replaced on disk lets in, without a restart`() async throws {
        let cluster = try await KafkaCluster(brokers: 1)
        let authority = try await CertificateAuthority()
        let stranger = try await CertificateAuthority(name: "Stranger")
        let server = try await authority.issue("server")
        let front = try await Front(
            cluster,
            [
                "--certificate", server.certificateFile, "--key", server.keyFile, "--client-ca",
                authority.certificateFile,
            ])
        let folder = try TemporaryFolder("client")
        func install(_ certificate: CertificateAuthority.Certificate) throws {
            try folder.write("client.pem", TemporaryFolder.contents(of: certificate.certificateFile))
            try folder.write("client.key", TemporaryFolder.contents(of: certificate.keyFile))
        }
        try install(try await stranger.issue("client"))
        let fixture = try fixture(
            front,
            tls: TLSFiles(
                authorityFile: authority.certificateFile, certificateFile: folder.file("client.pem"),
                keyFile: folder.file("client.key")))
        let batch = Sample.batch(1...50)
        guard case .retry(nil, _, isAlarm: true) = await fixture.uplink.send(batch) else {
            Issue.record("a stranger's certificate lets nobody in")
            return
        }
        try install(try await authority.issue("client"))
        #expect(await fixture.uplink.send(batch) == .acknowledged(through: SequenceNumber(50)))
        #expect(try await cluster.messages(in: "telemetry").count == 50)
        await fixture.uplink.close()
    }

    @Test func `no kind of bad certificate is trusted`() async throws {
        let cluster = try await KafkaCluster(brokers: 1)
        let authority = try await CertificateAuthority()
        let stranger = try await CertificateAuthority(name: "Stranger")
        let folder = try TemporaryFolder("self-signed")
        try await ChildProcess.run(
            "openssl",
            [
                "req", "-x509", "-days", "30", "-subj", "/CN=127.0.0.1", "-keyout", folder.file("key"), "-out",
                folder.file("self-signed.pem"), "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-addext",
                "subjectAltName=IP:127.0.0.1",
            ])
        let issued = [
            try await authority.issue("expired", on: "2020-01-01"),
            try await authority.issue("not-yet-valid", on: "2090-01-01"),
            try await authority.issue("another-name", alternativeNames: ["DNS:elsewhere.example"]),
            try await stranger.issue("another-authority"),
        ]
        let servers =
            issued.map { ($0.certificateFile, $0.keyFile) } + [(folder.file("self-signed.pem"), folder.file("key"))]
        let trust = TLSFiles(authorityFile: authority.certificateFile)
        for (certificate, key) in servers {
            let front = try await Front(cluster, ["--certificate", certificate, "--key", key])
            await expectAlarm(try fixture(front, tls: trust), ["certificate"])
            #expect(try await cluster.messages(in: "telemetry").isEmpty, "\(certificate)")
        }
        let server = try await authority.issue("server")
        let front = try await Front(
            cluster,
            [
                "--certificate", server.certificateFile, "--key", server.keyFile, "--client-ca",
                authority.certificateFile,
            ])
        await expectAlarm(try fixture(front, tls: trust), ["certificate", "SSL"])
        #expect(try await cluster.messages(in: "telemetry").isEmpty)
    }

    @Test func `TLS to a port that does not speak it ends in an alarm that says so`() async throws {
        let cluster = try await KafkaCluster(brokers: 1)
        let authority = try await CertificateAuthority()
        let fixture = try Fixture(cluster.brokers) { configuration in
            configuration.tls = TLSFiles(authorityFile: authority.certificateFile)
            configuration.shutOutWait = .seconds(1)
            configuration.acknowledgementTimeout = .seconds(3)
        }
        guard case .retry(nil, let reason, _) = await fixture.uplink.send(Sample.batch(1...3)) else {
            Issue.record("nothing can have been confirmed")
            return
        }
        #expect(reason.contains("SSL") || reason.contains("handshake"), "\(reason)")
        await fixture.uplink.close()
    }

    // MARK: Logging in

    @Test(arguments: ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
    func `a password lets in, a wrong one is an alarm, and the file is read again`(mechanism: String) async throws {
        let cluster = try await KafkaCluster(brokers: 1)
        let front = try await Front(
            cluster, ["--mechanism", mechanism, "--user", "gw-2", "--password", "secret-5711"])
        let folder = try TemporaryFolder("password")
        let file = CredentialFile(path: try folder.write("password", "wrong-secret-5711\n"))
        let source: KafkaConfiguration.SecretSource = { try file.secret().exposed }
        let login: KafkaConfiguration.Login =
            switch mechanism {
            case "PLAIN": .plain(username: "gw-2", password: source)
            case "SCRAM-SHA-256": .scramSHA256(username: "gw-2", password: source)
            default: .scramSHA512(username: "gw-2", password: source)
            }
        let fixture = try fixture(front, login: login)
        let batch = Sample.batch(1...50)
        let outcome = await fixture.uplink.send(batch)
        guard case .retry(nil, let reason, isAlarm: true) = outcome else {
            Issue.record("a person is needed: \(outcome)")
            return
        }
        #expect(reason.contains("check user name, password"), "\(reason)")
        #expect(!reason.contains("5711"))
        #expect(reason.contains("Kafka 4") == (mechanism != "PLAIN" && KafkaHandle.hasOldSCRAM))
        #expect(front.logins.allSatisfy { $0.hasPrefix("refused") } && !front.logins.isEmpty)
        try folder.write("password", "secret-5711\n")
        #expect(await fixture.uplink.send(batch) == .acknowledged(through: SequenceNumber(50)))
        #expect(front.logins.last == "accepted \(mechanism) gw-2")
        #expect(try await cluster.messages(in: "telemetry").count == 50)
        await fixture.uplink.close()
    }

    @Test func `a token is read from its file when it is needed, and a fresh one lets in`() async throws {
        let cluster = try await KafkaCluster(brokers: 1)
        let folder = try TemporaryFolder("token")
        let front = try await Front(
            cluster, ["--mechanism", "OAUTHBEARER", "--token-file", try folder.write("right", "fresh-token")])
        let file = CredentialFile(path: try folder.write("ours", "stale-token\n"))
        let fixture = try fixture(front, login: .bearerToken { try file.secret().exposed })
        let outcome = await fixture.uplink.send(Sample.batch(1...50))
        guard case .retry(nil, let reason, isAlarm: true) = outcome else {
            Issue.record("a person is needed: \(outcome)")
            return
        }
        #expect(!reason.contains("stale-token"))
        try folder.write("ours", "fresh-token\n")
        #expect(await fixture.uplink.send(Sample.batch(1...50)) == .acknowledged(through: SequenceNumber(50)))
        #expect(front.logins.last == "accepted OAUTHBEARER token")
        await fixture.uplink.close()
    }

    @Test func `a login that the brokers do not know is an alarm`() async throws {
        let cluster = try await KafkaCluster(brokers: 1)
        let front = try await Front(
            cluster, ["--mechanism", "SCRAM-SHA-512", "--user", "gw-2", "--password", "secret-5711"])
        await expectAlarm(
            try fixture(front, login: .plain(username: "gw-2") { "secret-5711" }), ["SASL", "mechanism"])
    }
}
