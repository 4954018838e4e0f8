import AgentTestKit
import Records
import Testing

@testable import MQTTTransport

/// Bad certificates never lead to a connection; what is wrong is said, and where to act.
@Suite struct CertificateTests {
    private func broker(
        _ certificate: CertificateAuthority.Certificate, of authority: CertificateAuthority, asksClients: Bool = false
    ) async throws -> Broker {
        var options = Broker.Options()
        options.tls = .init(
            authorityFile: authority.certificateFile, certificate: certificate, requiresClientCertificate: asksClients)
        return try await Broker(options)
    }

    /// Tries until what is expected was told. There must be no connection.
    private func attempt(_ broker: Broker, _ tls: TLSFiles, untilTold expected: String) async throws {
        var configuration = testConfiguration(broker.port, "out")
        configuration.host = "localhost"
        configuration.tls = tls
        let events = EventLog()
        let publisher = try await startPublisher(configuration, events: events)
        // Several attempts: now and then a handshake fails so early that its details are lost.
        let isTold = await eventually { events.reasons.contains { $0.contains(expected) } }
        await publisher.stop()
        #expect(isTold, "expected \(expected), got \(Set(events.reasons))")
        #expect(events.all.filter(\.isConnected).isEmpty)
        #expect(events.reasons.allSatisfy { $0.contains("localhost:\(broker.port)") }, "\(events.reasons)")
    }

    private func connects(_ broker: Broker, _ tls: TLSFiles) async throws -> Bool {
        var configuration = testConfiguration(broker.port, "out")
        configuration.host = "localhost"
        configuration.tls = tls
        let publisher = try await startPublisher(configuration)
        let isConnected = await eventually { publisher.isConnected }
        await publisher.stop()
        return isConnected
    }

    @Test func `a server's certificate of six bad kinds is refused, and then a good one is taken`() async throws {
        let authority = try await CertificateAuthority()
        let another = try await CertificateAuthority(name: "Another")
        let bad = [
            (try await authority.issue("expired", on: "2020-01-01"), "expired; renew the server's certificate"),
            (try await authority.issue("future", on: "2100-01-01"), "not yet valid; set the clock of this machine"),
            (
                try await authority.issue("elsewhere", alternativeNames: ["DNS:elsewhere.example"]),
                "the server's certificate is not for localhost"
            ),
            (try await another.issue("server"), "set tls.ca to the certificate of the authority"),
            (try await authority.issue("self", isSelfSigned: true), "the server vouches for itself"),
            (
                try await authority.issue("client", usage: "clientAuth"),
                "the server's certificate is not issued for servers"
            ),
        ]
        let tls = TLSFiles(authorityFile: authority.certificateFile)
        for (certificate, expected) in bad {
            try await attempt(try await broker(certificate, of: authority), tls, untilTold: expected)
        }
        let good = try await broker(try await authority.issue("server", usage: "serverAuth"), of: authority)
        #expect(try await connects(good, tls))
    }

    @Test func `a client's certificate that is missing or bad is told, and then a good one is taken`() async throws {
        let authority = try await CertificateAuthority()
        let another = try await CertificateAuthority(name: "Another")
        let broker = try await broker(try await authority.issue("server"), of: authority, asksClients: true)
        var tls = TLSFiles(authorityFile: authority.certificateFile)
        try await attempt(broker, tls, untilTold: "certificate")
        let bad = [
            try await another.issue("stranger"), try await authority.issue("late", on: "2020-01-01"),
            try await authority.issue("server-only", usage: "serverAuth"),
        ]
        for certificate in bad {
            tls.certificateFile = certificate.certificateFile
            tls.keyFile = certificate.keyFile
            try await attempt(broker, tls, untilTold: "tls.certificate")
        }
        let good = try await authority.issue("gateway", usage: "clientAuth")
        tls.certificateFile = good.certificateFile
        tls.keyFile = good.keyFile
        #expect(try await connects(broker, tls))
    }

    @Test func `the words of both OpenSSL 1_1 and 3 lead to advice, and others to none`() {
        func advice(_ text: String) -> String? {
            TLSAdvice.advice(on: text, host: "central.example", address: "central.example:8883")
        }
        let unknown = "set tls.ca to the certificate of the authority that issued the server's"
        #expect(advice("self signed certificate in certificate chain") == unknown)
        #expect(advice("self-signed certificate in certificate chain") == unknown)
        #expect(advice("certificate verify failed; unable to get local issuer certificate") == unknown)
        #expect(advice("unsupported certificate purpose") == advice("unsuitable certificate purpose"))
        #expect(advice("tlsv13 alert certificate required")?.contains("set tls.certificate and tls.key") == true)
        #expect(advice("tlsv1 alert unknown ca")?.contains("does not know the authority of our certificate") == true)
        #expect(advice("host name verification failed")?.contains("not for central.example:") == true)
        #expect(
            advice("certificate verify failed")
                == "openssl s_client -connect central.example:8883 -verify_return_error tells why")
        #expect(advice("something that nobody knows") == nil)
    }

    @Test func `a protocol of the application is announced where one is set`() async throws {
        let authority = try await CertificateAuthority()
        let server = try await authority.issue("server")
        for (announced, isTaken) in [("x-amzn-mqtt-ca", true), (nil, false)] as [(String?, Bool)] {
            let peer = try await OpenSSLServer(server, ["-alpn", "x-amzn-mqtt-ca", "-rev", "-tlsextdebug"])
            var configuration = testConfiguration(peer.port, "out")
            configuration.tls = .init(authorityFile: authority.certificateFile)
            configuration.applicationProtocol = announced
            let publisher = try await startPublisher(configuration)
            #expect(await eventually { peer.output.contains("CONNECTION ESTABLISHED") })
            let output = peer.output
            #expect(output.contains("application layer protocol negotiation") == isTaken)
            // Its dump has sixteen bytes a line, two of them for lengths.
            #expect(output.contains("x-amzn-mqtt-c") == isTaken)
            await publisher.stop()
            peer.stop()
        }
    }
}
