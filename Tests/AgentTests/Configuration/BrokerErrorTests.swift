import Agent
import Glibc
import Simulation
import StrictTOML
import Testing

/// What a person reads when a broker, a login or a file is configured wrongly.
@Suite struct BrokerErrorTests {
    private let text: ConfigurationText

    init() throws { text = try ConfigurationText() }

    /// The only problem of a source with these lines from line 2 on, without the name of the file.
    private func problem(_ lines: String, sourceLocation: SourceLocation = #_sourceLocation) -> String {
        let found = text.problems("[mqtt.m]\n\(lines)\ntopics = [\"a\"]\n")
        #expect(found.count == 1, "\(found)", sourceLocation: sourceLocation)
        return String((found.first ?? "").dropFirst(ConfigurationText.file.count + 1))
    }

    private static let secure = "url = \"mqtts://h\"\n"

    @Test(arguments: [
        ("127.0.0.1:1883", "\"127.0.0.1:1883\" is no broker url; "),
        ("ws://h", "\"ws://h\" begins with \"ws://\"; "),
        ("mqtt://", "\"mqtt://\" has no usable host name; "),
        ("mqtt://:1883", "\"mqtt://:1883\" has no usable host name; "),
        ("mqtt://a b", "\"mqtt://a b\" has no usable host name; "),
        ("mqtt://h/path", "\"mqtt://h/path\" has no usable host name; "),
        ("mqtt://[::1", "\"mqtt://[::1\" has no usable host name; "),
    ])
    func `a url that names no broker is refused`(url: String, message: String) {
        #expect(
            problem("url = \"\(url)\"")
                == "2: mqtt.m.url: \(message)write mqtt://HOST:PORT, or mqtts://HOST:PORT for TLS")
    }

    @Test(arguments: ["0", "65536", "x", "1883x", ""])
    func `a port that is none is refused`(port: String) {
        #expect(
            problem("url = \"mqtt://h:\(port)\"")
                == "2: mqtt.m.url: \"mqtt://h:\(port)\" has the port \"\(port)\"; allowed is 1 to 65535")
    }

    @Test func `a missing url is named with an example`() {
        #expect(problem("") == "1: mqtt.m: missing key \"url\"; for example url = \"mqtt://127.0.0.1:1883\"")
    }

    @Test(arguments: ["mqtt://joe:geheim@h", "mqtt://joe@h:1883", "geheim@h"])
    func `a login in a url is refused and not repeated`(url: String) {
        #expect(
            problem("url = \"\(url)\"")
                == "2: mqtt.m.url: user names and passwords do not belong in a url, where they would be shown; "
                + "set \"username\" and \"password_file\"")
    }

    @Test func `a password in the file leads to the password file and is not repeated`() {
        #expect(
            problem("url = \"mqtt://h\"\nusername = \"u\"\npassword = \"geheim\"")
                == "4: mqtt.m: unknown key \"password\"; did you mean \"password_file\"?")
    }

    @Test func `files that cannot be used are named with the reason`() throws {
        try text.folder.write("empty", "")
        try text.folder.write("newline", "\n")
        try text.folder.write("two", "a\nb\n")
        try text.folder.write("binary", [0xFF, 0x0A])
        try text.folder.write("text", "hello\n")
        let login = "username = \"u\"\npassword_file = "
        let head = "url = \"mqtt://localhost\"\n" + login
        let place = "4: mqtt.m.password_file: "
        #expect(problem(head + "\"absent\"") == place + "cannot read FOLDER/absent: No such file or directory")
        #expect(problem(head + "\"/dev\"") == place + "cannot read /dev: it is a directory")
        #expect(problem(head + "\"empty\"") == place + "FOLDER/empty is empty")
        #expect(problem(head + "\"newline\"") == place + "FOLDER/newline holds no password")
        #expect(problem(head + "\"binary\"") == place + "FOLDER/binary holds no text in UTF-8")
        #expect(problem(head + "\"two\"") == place + "FOLDER/two has more than one line; a password is one line")
        #expect(
            problem(Self.secure + "tls = { ca = \"absent.pem\" }")
                == "3: mqtt.m.tls.ca: cannot read FOLDER/absent.pem: No such file or directory")
        #expect(
            problem(Self.secure + "tls = { ca = \"text\" }")
                == "3: mqtt.m.tls.ca: FOLDER/text holds no certificate in PEM form")
        #expect(problem(Self.secure + "tls = { ca = \"empty\" }") == "3: mqtt.m.tls.ca: FOLDER/empty is empty")
    }

    @Test func `a path that leads through a file is named with the reason`() throws {
        try text.folder.write("file", "x")
        let found = problem("url = \"mqtt://localhost\"\nusername = \"u\"\npassword_file = \"file/x\"")
        #expect(found == "4: mqtt.m.password_file: cannot read FOLDER/file/x: Not a directory")
    }

    @Test(.enabled(if: geteuid() != 0, "root may read every file"))
    func `a file that the agent may not read is named with the reason`() throws {
        try text.folder.write("closed", "x", mode: 0o000)
        let found = problem("url = \"mqtt://localhost\"\nusername = \"u\"\npassword_file = \"closed\"")
        #expect(found == "4: mqtt.m.password_file: cannot read FOLDER/closed: Permission denied")
    }

    @Test func `certificate and key go together`() throws {
        try text.folder.write("c.pem", "-----BEGIN CERTIFICATE-----\n")
        try text.folder.write("k.pem", "-----BEGIN PRIVATE KEY-----\n")
        #expect(
            problem(Self.secure + "tls = { certificate = \"c.pem\" }")
                == "3: mqtt.m.tls.certificate: a client certificate needs its private key; set \"key\"")
        #expect(
            problem(Self.secure + "tls = { key = \"k.pem\" }")
                == "3: mqtt.m.tls.key: a private key needs its certificate; set \"certificate\"")
        #expect(
            problem(Self.secure + "tls = { certificate = \"c.pem\", key = \"c.pem\" }")
                == "3: mqtt.m.tls.key: FOLDER/c.pem holds no private key in PEM form")
    }

    @Test func `encryption that is half asked for is refused`() {
        #expect(
            problem("url = \"mqtt://h\"\ntls = {}")
                == "2: mqtt.m.url: tls is set, but the url says mqtt://; write mqtts:// for an encrypted connection")
    }

    @Test func `a password without a user is refused`() throws {
        try text.folder.write("p", "x")
        #expect(
            problem("url = \"mqtt://localhost\"\npassword_file = \"p\"")
                == "3: mqtt.m.password_file: a password needs a user name; set \"username\"")
    }

    @Test func `secrets that others could read are noted`() throws {
        try text.folder.write("p", "geheim", mode: 0o644)
        try text.folder.write("c.pem", "-----BEGIN CERTIFICATE-----\n", mode: 0o644)
        try text.folder.write("k.pem", "-----BEGIN PRIVATE KEY-----\n", mode: 0o644)
        let notes = try text.notes(
            """
            [mqtt.m]
            url = "mqtt://broker.example"
            username = "u"
            password_file = "p"
            topics = ["a"]
            [uplinks.u]
            url = "mqtts://k"
            tls = { certificate = "c.pem", key = "k.pem" }
            """)
        let chmod = "every user of this machine can read this file; chmod 640 it, with the agent's group"
        #expect(
            notes == [
                "millrace.toml:2: mqtt.m.url: the password travels unencrypted to broker.example; "
                    + "mqtts:// would encrypt it",
                "millrace.toml:4: mqtt.m.password_file: \(chmod)",
                "millrace.toml:8: uplinks.u.tls.key: \(chmod)",
            ])
    }

    @Test func `a will that could not be published is refused`() {
        #expect(
            problem("url = \"mqtt://h\"\nwill = { payload = \"x\" }")
                == "3: mqtt.m.will: missing key \"topic\"; for example topic = \"gateways/{gateway}/state\"")
        #expect(
            problem("url = \"mqtt://h\"\nwill = { topic = \"a/#\" }")
                == "3: mqtt.m.will.topic: \"a/#\" has the wildcard \"#\"; nothing can be published to a wildcard")
    }

    @Test func `a client id with control characters is refused`() {
        #expect(
            problem("url = \"mqtt://h\"\nclient_id = \"a\\tb\"")
                == "3: mqtt.m.client_id: must have at most 256 bytes and no control characters")
    }
}
