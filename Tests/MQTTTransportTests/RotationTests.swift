import AgentTestKit
import Glibc
import MQTTTransport
import Records
import Synchronization
import Testing

/// Passwords and certificates that are replaced while a client runs: the next connection uses the new ones.
@Suite struct RotationTests {
    @Test func `a password that was replaced opens the next connection`() async throws {
        var options = Broker.Options()
        options.users = ["gw": "first"]
        let broker = try await Broker(options)
        var configuration = testConfiguration(broker.port, "gw")
        configuration.username = "gw"
        let shared = SharedPassword("first")
        configuration.passwordSource = { try shared.read() }
        let events = EventLog()
        let publisher = try await startPublisher(configuration, events: events)
        #expect(await publisher.waitUntilConnected())
        options.users = ["gw": "0ther-secret"]
        try await broker.restart(with: options)
        #expect(await eventually { events.reasons.contains { $0.contains("uthori") || $0.contains("password") } })
        #expect(!publisher.isConnected)
        shared.set(nil)
        #expect(await eventually { events.reasons.contains { $0.hasSuffix("is not asked to let us in: no password") } })
        shared.set("0ther-secret")
        #expect(await eventually { publisher.isConnected })
        #expect(await publisher.publish(count: 3) { message("a", "\($0)") }.confirmed == 3)
        #expect(!"\(events.all)".contains("0ther-secret"))
        await publisher.stop()
    }

    @Test func `a certificate that was replaced is shown at the next connection, whichever file comes first`()
        async throws
    {
        let folder = try TemporaryFolder("rotation")
        let authority = try await CertificateAuthority()
        let next = try await CertificateAuthority(name: "Next Authority")
        let server = try await authority.issue("server")
        func install(_ certificate: CertificateAuthority.Certificate) throws {
            for (name, path) in [("gw.pem", certificate.certificateFile), ("gw.key", certificate.keyFile)] {
                try folder.write("new", TemporaryFolder.contents(of: path))
                #expect(rename(folder.file("new"), folder.file(name)) == 0)
            }
        }
        try install(try await authority.issue("gw"))
        var options = Broker.Options()
        options.tls = .init(
            authorityFile: authority.certificateFile, certificate: server, requiresClientCertificate: true)
        let broker = try await Broker(options)
        var configuration = testConfiguration(broker.port, "gw")
        configuration.tls = .init(
            authorityFile: authority.certificateFile, certificateFile: folder.file("gw.pem"),
            keyFile: folder.file("gw.key"))
        let events = EventLog()
        let publisher = try await startPublisher(configuration, events: events)
        #expect(await publisher.waitUntilConnected())
        options.tls?.authorityFile = next.certificateFile
        try await broker.restart(with: options)
        #expect(await eventually { events.reasons.count >= 3 })
        #expect(!publisher.isConnected)
        try install(try await next.issue("gw"))
        #expect(await eventually { publisher.isConnected }, "\(events.reasons)")
        #expect(await publisher.publish(count: 3) { message("a", "\($0)") }.confirmed == 3)
        await publisher.stop()
    }
}

/// A password that a test changes.
private final class SharedPassword: Sendable {
    private let text: Mutex<String?>

    init(_ text: String) { self.text = Mutex(text) }

    func set(_ text: String?) { self.text.withLock { $0 = text } }
    func read() throws -> String {
        guard let text = text.withLock({ $0 }) else { throw TestKitError("no password") }
        return text
    }
}
