import AgentTestKit
import Records
import Simulation
import Testing

@testable import Uplinks

/// TLS: whom an uplink believes, and whom not.
@Suite struct HTTPSecurityTests {
    private func uplink(_ peer: HTTPPeer, host: String = "127.0.0.1", _ files: TLSFiles) throws -> HTTPUplink {
        var configuration = HTTPLink.Configuration()
        configuration.tls = files
        let form = BatchForm(
            url: try URLTemplate("https://\(host):\(peer.port)/in"), encoder: CloudEventsEncoder(),
            limits: RequestLimits(recordsMax: 100, sizeTarget: 1 << 20))
        return HTTPUplink(
            gateway: Sample.gateway, form: form, exchange: HTTPLink(configuration), clock: StandingClock())
    }

    /// The reason of an alarm; nothing may have arrived.
    private func alarm(_ peer: HTTPPeer, host: String = "127.0.0.1", _ files: TLSFiles) async throws -> String {
        let uplink = try uplink(peer, host: host, files)
        let outcome = await uplink.send(Sample.batch(count: 3))
        await uplink.close()
        #expect(try peer.requests.isEmpty)
        guard case .retry(_, let reason, true) = outcome else {
            Issue.record("it must be an alarm, and is \(outcome)")
            return ""
        }
        return reason
    }

    @Test func `a server with a certificate of the right authority is believed, by name and by address`() async throws {
        let authority = try await CertificateAuthority()
        let peer = try await HTTPPeer("status:200", certificate: try await authority.issue("server"))
        for host in ["127.0.0.1", "localhost"] {
            let uplink = try uplink(peer, host: host, TLSFiles(authorityFile: authority.certificateFile))
            #expect(await uplink.send(Sample.batch(count: 3)) == .acknowledged(through: SequenceNumber(3)))
            #expect(uplink.traffic.bytes > 2000, "the handshake counts as well")
            await uplink.close()
        }
    }

    @Test
    func
        `certificates that are expired, not valid yet, of another name or authority, or self-signed are refused`()
        async throws
    {
        let authority = try await CertificateAuthority()
        let another = try await CertificateAuthority(name: "Another")
        let files = TLSFiles(authorityFile: authority.certificateFile)
        let bad: [(String, CertificateAuthority.Certificate)] = [
            ("expired", try await authority.issue("expired", on: "2020-01-01")),
            ("future", try await authority.issue("future", on: "2100-01-01")),
            ("other name", try await authority.issue("elsewhere", alternativeNames: ["DNS:elsewhere.example"])),
            ("other authority", try await another.issue("server")),
            ("self-signed", try await authority.issue("self", isSelfSigned: true)),
        ]
        for (kind, certificate) in bad {
            let peer = try await HTTPPeer("status:200", certificate: certificate)
            let reason = try await alarm(peer, files)
            #expect(
                reason.contains("certificate of https://127.0.0.1:\(peer.port) is not accepted"), "\(kind): \(reason)")
        }
        // The system's authorities do not know this one either.
        let peer = try await HTTPPeer("status:200", certificate: try await authority.issue("server"))
        #expect(try await alarm(peer, TLSFiles()).contains("is not accepted"))
    }

    @Test func `a client certificate is shown where it is asked for, and its absence is named`() async throws {
        let authority = try await CertificateAuthority()
        let peer = try await HTTPPeer(
            "status:200", certificate: try await authority.issue("server"),
            clientAuthority: authority.certificateFile)
        var files = TLSFiles(authorityFile: authority.certificateFile)
        let asked = try await alarm(peer, files)
        #expect(asked.contains("tls.certificate"), "\(asked)")
        let another = try await CertificateAuthority(name: "Another")
        let stranger = try await another.issue("gw")
        files.certificateFile = stranger.certificateFile
        files.keyFile = stranger.keyFile
        let refused = try await alarm(peer, files)
        #expect(refused.contains("does not accept our certificate"), "\(refused)")
        let own = try await authority.issue("gw")
        files.certificateFile = own.certificateFile
        files.keyFile = own.keyFile
        let uplink = try uplink(peer, files)
        #expect(await uplink.send(Sample.batch(count: 3)) == .acknowledged(through: SequenceNumber(3)))
        await uplink.close()
    }

    @Test func `a certificate that was renewed on disk serves the next connection, without a restart`() async throws {
        let authority = try await CertificateAuthority()
        let peer = try await HTTPPeer(
            "status:200", certificate: try await authority.issue("server"),
            clientAuthority: authority.certificateFile)
        let folder = try TemporaryFolder("tls")
        let old = try await authority.issue("old", on: "2020-01-01")
        let renewed = try await authority.issue("new")
        func install(_ certificate: CertificateAuthority.Certificate) throws {
            try folder.write("gw.pem", TemporaryFolder.contents(of: certificate.certificateFile))
            try folder.write("gw.key", TemporaryFolder.contents(of: certificate.keyFile))
        }
        try install(old)
        let uplink = try uplink(
            peer,
            TLSFiles(
                authorityFile: authority.certificateFile, certificateFile: folder.file("gw.pem"),
                keyFile: folder.file("gw.key")))
        let outcome = await uplink.send(Sample.batch(count: 3))
        guard case .retry(_, _, true) = outcome else {
            Issue.record("an expired certificate of ours is an alarm, and is \(outcome)")
            await uplink.close()
            return
        }
        try install(renewed)
        #expect(await uplink.send(Sample.batch(count: 3)) == .acknowledged(through: SequenceNumber(3)))
        await uplink.close()
    }

    @Test func `a server that speaks no TLS, and files that hold nothing, are alarms that say so`() async throws {
        let peer = try await HTTPPeer("status:200")
        #expect(try await alarm(peer, TLSFiles()).contains("does not speak TLS"))
        let folder = try TemporaryFolder("tls")
        try folder.write("empty.pem", "nothing\n")
        #expect(
            try await alarm(peer, TLSFiles(authorityFile: folder.file("empty.pem"))).contains(folder.file("empty.pem")))
        #expect(try await alarm(peer, TLSFiles(keyFile: folder.file("none.key"))).contains(folder.file("none.key")))
    }
}
