import AgentTestKit
import FoundationEssentials
import Glibc
import Logging
import Records
import Simulation
import Testing
import Uplinks

@testable import Agent

/// When files with credentials end, and what a person is told, when.
@Suite struct CredentialWatchTests {
    private static let day: Int64 = 86_400
    private let folder: TemporaryFolder
    private let clock = ManualClock(wallMilliseconds: 1_787_476_445_000)

    init() throws { folder = try TemporaryFolder("credentials") }

    private func watch(_ key: String, _ kind: Credential.Kind, _ path: String) -> CredentialWatch {
        CredentialWatch(
            [Credential(part: "uplinks.central", key: key, kind: kind, path: path)], clock: clock, logger: .silent)
    }

    @Test(
        arguments: [
            (365, 31, .none), (365, 30, .soon), (365, 8, .soon), (365, 7, .near), (365, 1, .last), (365, 0, .over),
            (365, -1, .over), (30, 11, .none), (30, 10, .soon), (30, 5, .near), (30, 2, .near), (30, 1, .last),
            (0, 30, .soon),
        ] as [(Int64, Int64, CredentialUrgency)])
    func `a warning comes 30, 7 and 1 days before the end, later where a life is short`(
        life: Int64, left: Int64, urgency: CredentialUrgency
    ) {
        let end: Int64 = 2_000_000_000
        let validity = Validity(start: life == 0 ? nil : end - life * Self.day, end: end)
        #expect(CredentialUrgency(validity, now: end - left * Self.day) == urgency)
    }

    @Test func `what lives for an hour warns in its last minutes`() {
        let validity = Validity(start: 0, end: 3600)
        #expect(CredentialUrgency(validity, now: 2300) == .none)
        #expect(CredentialUrgency(validity, now: 2400) == .soon)
        #expect(CredentialUrgency(validity, now: 3300) == .last)
    }

    @Test func `a certificate's end is read, a bundle's by what it is for`() async throws {
        let authority = try await CertificateAuthority()
        let current = try await authority.issue("current")
        let old = try await authority.issue("old", on: "2026-01-01")
        let both = folder.file("both.pem")
        try folder.write(
            "both.pem",
            TemporaryFolder.contents(of: old.certificateFile) + TemporaryFolder.contents(of: current.certificateFile))
        let certificate = try Validity.ofCertificates(in: current.certificateFile, isAuthority: false)
        let start = try #require(certificate.start)
        #expect(certificate.end - start == 30 * Self.day)
        #expect(try Validity.ofCertificates(in: both, isAuthority: true) == certificate)
        let first = try Validity.ofCertificates(in: both, isAuthority: false)
        #expect(first.endText.hasPrefix("2026-01-02T"))
        for text in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            try folder.write("bad.pem", text)
            #expect(throws: SigningFailure.self) {
                try Validity.ofCertificates(in: folder.file("bad.pem"), isAuthority: true)
            }
        }
    }

    private static func token(_ claims: String) -> String {
        "eyJhbGciOiJSUzI1NiJ9." + Data(claims.utf8).base64EncodedString().replacing("=", with: "") + ".c2ln"
    }

    @Test(
        arguments: [
            (token("{\"iat\":1787470000,\"exp\":1787480000}"), 1_787_480_000),
            (token("{\"exp\":1787480000.5}"), 1_787_480_000),
            ("SharedAccessSignature sr=a&sig=b&se=1787480000&skn=c", 1_787_480_000),
            (
                "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"B\",\"Expiration\":\"2026-08-23T09:14:05Z\"}",
                1_787_476_445
            ),
            (token("{\"sub\":\"gw\"}"), nil), (token("{\"exp\":\"soon\"}"), nil), (token("{\"exp\":1e300}"), nil),
            ("a.b.c", nil), ("..", nil), ("geheim", nil), ("SharedAccessSignature se=x", nil),
            ("[default]\naws_access_key_id=A\naws_secret_access_key=B", nil),
        ] as [(String, Int64?)])
    func `a secret that says when it ends is understood, and one that does not has no end`(
        text: String, end: Int64?
    ) throws {
        try folder.write("secret", text + "\n")
        #expect(try Validity.ofSecret(in: folder.file("secret"))?.end == end)
    }

    @Test func `a person is told once at each step, and when it was renewed`() throws {
        let now: Int64 = 1_787_476_445
        let path = folder.file("token")
        func write(start: Int64, end: Int64) throws {
            try folder.write("token", Self.token("{\"iat\":\(start),\"exp\":\(end)}"))
        }
        try write(start: now - 300 * Self.day, end: now + 40 * Self.day)
        let watch = watch("token_file", .secret, path)
        var told: [String] = []
        func look(afterDays days: Int64) {
            clock.change { $0.wallMilliseconds = (now + days * Self.day) * 1000 }
            let before = watch.status[0]
            watch.look()
            let notice = CredentialWatch.notice(watch.status[0], before, now: now + days * Self.day)
            if let notice { told.append("\(notice.level): \(notice.text)") }
        }
        for days: Int64 in [0, 9, 11, 12, 34, 39, 41, 42] { look(afterDays: days) }
        let name = "uplinks.central: token_file"
        let until = "\(path), good until 2026-10-02T09:14:05Z"
        #expect(
            told == [
                "warning: \(name) ends in 29 days: \(until)", "warning: \(name) ends in 6 days: \(until)",
                "warning: \(name) ends in 1 day: \(until)",
                "error: \(name) is over: \(until); put a new one in its place, nothing is to be restarted",
            ])
        #expect(watch.status[0].urgency == .over)
        told = []
        try write(start: now + 42 * Self.day, end: now + 400 * Self.day)
        look(afterDays: 43)
        #expect(told == ["notice: \(name) was renewed: \(path), good until 2027-09-27T09:14:05Z"])
        told = []
        #expect(unlink(path) == 0)
        for _ in 1...2 { look(afterDays: 44) }
        #expect(told == ["warning: \(name): the file \(path) cannot be read: No such file or directory"])
        #expect(watch.status[0].problem != nil && watch.status[0].validity == nil)
    }

    @Test func `a gateway without the time warns of nothing`() throws {
        try folder.write("token", Self.token("{\"exp\":1787480000}"))
        clock.change { $0.wallMilliseconds = 86_400_000 }
        let watch = watch("token_file", .secret, folder.file("token"))
        watch.look()
        #expect(watch.status[0].validity?.end == 1_787_480_000 && watch.status[0].urgency == .none)
    }

    @Test func `every file with a credential in a configuration is watched`() async throws {
        let text = try ConfigurationText()
        for name in ["ca.pem", "gw.pem", "gw.key"] {
            try text.folder.write(name, "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n")
        }
        try text.folder.write("secret", "geheim\n")
        let files = "tls = { ca = \"ca.pem\", certificate = \"gw.pem\", key = \"gw.key\" }\n"
        let login = "username = \"u\"\npassword_file = \"secret\"\n"
        let configuration = try text.read(
            "[mqtt.floor]\nurl = \"mqtts://h\"\ntopics = [\"a\"]\n" + login + files
                + "[uplinks.a]\nurl = \"mqtts://c\"\n" + login + files
                + "[uplinks.k]\nurl = \"kafkas://k\"\n" + login + files
                + "[uplinks.w]\nurl = \"https://w\"\ntoken_file = \"secret\"\n" + files)
        let found = configuration.credentials.map { "\($0.part) \($0.key)" }
        #expect(
            found
                == ["mqtt.floor", "uplinks.a", "uplinks.k", "uplinks.w"].flatMap { part in
                    let secret = part == "uplinks.w" ? "token_file" : "password_file"
                    return ["tls.ca", "tls.certificate", secret].map { "\(part) \($0)" }
                })
        #expect(configuration.credentials.allSatisfy { $0.path.hasPrefix(text.folder.path) })
    }
}
