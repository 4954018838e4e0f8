import AgentTestKit
import Records
import Testing

@testable import Uplinks

/// A certificate and its key are looked at before a handshake fails over them.
struct TLSIdentityTests {
    private let folder: TemporaryFolder
    private let authority: CertificateAuthority
    private let own: CertificateAuthority.Certificate
    private let other: CertificateAuthority.Certificate

    init() async throws {
        folder = try TemporaryFolder("identity")
        authority = try await CertificateAuthority()
        own = try await authority.issue("own")
        other = try await authority.issue("other")
    }

    private func problem(_ certificate: String, _ key: String) -> String? {
        do {
            try TLSFiles(certificateFile: certificate, keyFile: key).checkIdentity()
            return nil
        } catch {
            return error.reason
        }
    }

    @Test func `what is absent or no key is named`() throws {
        let absent = folder.file("absent")
        #expect(problem(own.certificateFile, absent)?.contains(absent) == true)
        #expect(problem(absent, own.keyFile)?.contains(absent) == true)
        #expect(problem(own.certificateFile, own.certificateFile)?.contains("no private key") == true)
        #expect(problem(own.keyFile, own.keyFile)?.contains("no certificate") == true)
        let cut = try folder.write("cut.key", String(TemporaryFolder.contents(of: own.keyFile).prefix(80)))
        #expect(problem(own.certificateFile, cut) != nil)
    }

    @Test func `the key of another certificate does not belong to it`() {
        #expect(problem(own.certificateFile, other.keyFile)?.contains("does not belong to") == true)
    }

    @Test func `a key with a passphrase is refused, with the way to write it without`() async throws {
        let locked = folder.file("locked.key")
        try await ChildProcess.run(
            "openssl", ["pkey", "-in", own.keyFile, "-aes256", "-passout", "pass:abc", "-out", locked])
        #expect(problem(own.certificateFile, locked)?.contains("openssl pkey -in \(locked)") == true)
    }

    @Test func `a pair is a pair, and nothing is nothing`() throws {
        #expect(problem(own.certificateFile, own.keyFile) == nil)
        try TLSFiles(authorityFile: own.certificateFile).checkIdentity()
    }
}
