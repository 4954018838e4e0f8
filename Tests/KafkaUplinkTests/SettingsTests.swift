import AgentTestKit
import Records
import Testing
import Uplinks

@testable import KafkaUplink

/// What librdkafka is told.
@Suite struct SettingsTests {
    private struct NoFile: Error {}

    private func settings(_ configuration: KafkaConfiguration) throws -> [String: String] {
        let list = try configuration.settings(batchSize: configuration.messageSizeMax.rawValue)
        #expect(Set(list.map(\.name)).count == list.count, "each setting is said once")
        return Dictionary(uniqueKeysWithValues: list.map { ($0.name, $0.value) })
    }

    private var configuration: KafkaConfiguration { KafkaConfiguration(brokers: ["a:1", "b:2"], clientID: "gw") }

    @Test func `confirmed means by all replicas, once, in order, whatever the configuration`() throws {
        let settings = try settings(configuration)
        #expect(settings["acks"] == "all")
        #expect(settings["enable.idempotence"] == "true")
        #expect(settings["enable.gapless.guarantee"] == "true")
        #expect(settings["message.timeout.ms"] == "0")
        #expect(settings["partitioner"] == "murmur2_random")
        #expect(settings["bootstrap.servers"] == "a:1,b:2")
        #expect(settings["security.protocol"] == "plaintext")
        #expect(settings["compression.codec"] == "zstd" && settings["compression.level"] == "1")
        #expect(settings["sasl.mechanism"] == nil)
    }

    @Test func `TLS always verifies certificate and name`() async throws {
        var configuration = configuration
        configuration.tls = .init()
        #expect(try settings(configuration)["ssl.ca.location"] == nil)
        let authority = try await CertificateAuthority()
        let client = try await authority.issue("client")
        configuration.tls = .init(
            authorityFile: authority.certificateFile, certificateFile: client.certificateFile, keyFile: client.keyFile)
        let settings = try settings(configuration)
        #expect(settings["security.protocol"] == "ssl")
        #expect(settings["enable.ssl.certificate.verification"] == "true")
        #expect(settings["ssl.endpoint.identification.algorithm"] == "https")
        #expect(settings["ssl.ca.location"] == authority.certificateFile)
        #expect(settings["ssl.certificate.location"] == client.certificateFile)
        #expect(settings["ssl.key.location"] == client.keyFile)
        let producer = try KafkaProducer(configuration: configuration) { _ in }
        await producer.stop()
    }

    @Test func `each login is one that librdkafka knows`() async throws {
        let password: KafkaConfiguration.SecretSource = { "secret-5711" }
        let logins: [(KafkaConfiguration.Login, String)] = [
            (.plain(username: "u", password: password), "PLAIN"),
            (.scramSHA256(username: "u", password: password), "SCRAM-SHA-256"),
            (.scramSHA512(username: "u", password: password), "SCRAM-SHA-512"),
            (.bearerToken { "token" }, "OAUTHBEARER"),
        ]
        for (login, mechanism) in logins {
            for tls in [nil, TLSFiles()] {
                var configuration = configuration
                configuration.login = login
                configuration.tls = tls
                let settings = try settings(configuration)
                #expect(settings["sasl.mechanism"] == mechanism)
                #expect(settings["security.protocol"] == (tls == nil ? "sasl_plaintext" : "sasl_ssl"))
                #expect(settings["sasl.password"] == (mechanism == "OAUTHBEARER" ? nil : "secret-5711"))
                let producer = try KafkaProducer(configuration: configuration) { _ in }
                await producer.stop()
            }
        }
    }

    @Test func `a file that librdkafka cannot read stops start-up and is named`() {
        var configuration = configuration
        configuration.tls = .init(authorityFile: "/nonexistent/ca.pem")
        #expect(throws: KafkaError.self) { try KafkaProducer(configuration: configuration) { _ in } }
        do {
            _ = try KafkaProducer(configuration: configuration) { _ in }
        } catch {
            #expect(error.message.contains("/nonexistent/ca.pem"))
        }
        configuration.tls = nil
        configuration.login = .plain(username: "u") { throw NoFile() }
        #expect(throws: KafkaError.self) { try KafkaProducer(configuration: configuration) { _ in } }
    }

    @Test func `no secret appears in a message`() {
        var configuration = configuration
        configuration.login = .plain(username: "u") { "pass\u{0}word-5711" }
        configuration.clientID = String(repeating: "x", count: 10)
        configuration.tls = .init(authorityFile: "/nonexistent/ca.pem")
        do {
            let producer = try KafkaProducer(configuration: configuration) { _ in }
            Issue.record("\(producer) has no authority")
        } catch {
            #expect(!error.message.contains("5711"))
        }
    }
}
