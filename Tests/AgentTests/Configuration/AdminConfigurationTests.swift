import Simulation
import Testing

@testable import Agent

@Suite struct AdminConfigurationTests {
    private let text: ConfigurationText
    private let rest = "\n[mqtt.a]\nurl = \"mqtt://h\"\ntopics = [\"#\"]\n"

    init() throws {
        text = try ConfigurationText()
        try text.folder.write("a.token", "0123456789abcdef\n")
        try text.folder.write("b.token", "0123456789abcdef0\n")
        try text.folder.write("short.token", "0123456789abcde\n")
        try text.folder.write("spaced.token", "0123456789 abcdef\n")
    }

    private func problems(_ admin: String) -> [String] { text.problems("[admin]\n" + admin + rest) }

    @Test func `without a word there is a socket beside the log, and nothing on the network`() throws {
        let admin = try text.read("[log]\npath = \"l\"\n" + rest).admin
        #expect(admin.socket == "\(text.folder.path)/l/admin.sock")
        #expect(admin.socketRole == .write)
        #expect(admin.listener == nil)
        #expect(try text.read("[admin]\nsocket = \"\"" + rest).admin.socket == nil)
    }

    @Test func `P5 nothing listens on the network without a proof of who asks`() {
        #expect(problems("listen = \"127.0.0.1:1\"").contains { $0.contains("must prove who it is") })
        #expect(problems("listen = \"127.0.0.1:1\"\ntoken_file = \"a.token\"") == [])
        #expect(problems("listen = \"[::1]:0\"\nwrite_token_file = \"a.token\"") == [])
    }

    @Test(arguments: [
        ("listen = \"127.0.0.1\"\ntoken_file = \"a.token\"", "no address with a port"),
        ("listen = \":80\"\ntoken_file = \"a.token\"", "no address with a port"),
        ("listen = \"h:99999\"\ntoken_file = \"a.token\"", "no address with a port"),
        ("listen = \"h:1\"\ntoken_file = \"short.token\"", "16 to 256 visible ASCII"),
        ("listen = \"h:1\"\ntoken_file = \"spaced.token\"", "16 to 256 visible ASCII"),
        ("listen = \"h:1\"\ntoken_file = \"none.token\"", "cannot read"),
        ("listen = \"h:1\"\ntoken_file = \"a.token\"\nwrite_token_file = \"a.token\"", "could write"),
        ("token_file = \"a.token\"", "means nothing without \"listen\""),
        ("hosts = [\"h\"]", "means nothing without \"listen\""),
        ("listen = \"h:1\"\ntoken_file = \"a.token\"\nclient_role = \"write\"", "client certificates"),
        ("listen = \"h:1\"\ntoken_file = \"a.token\"\ntls = {}", "certificate and its key"),
        ("socket_role = \"admin\"", "\"write\""), ("sockets = \"x\"", "did you mean \"socket\""),
    ]) func `what is wrong is named`(admin: String, word: String) {
        let problems = problems(admin)
        #expect(problems.contains { $0.contains(word) }, "\(problems)")
    }

    @Test func `a socket's path that is too long for one is refused, with a way out`() {
        let long = String(repeating: "x", count: 120)
        #expect(problems("socket = \"/\(long)\"").contains { $0.contains("107 bytes") })
        #expect(text.problems("[log]\npath = \"/\(long)\"" + rest).contains { $0.contains("set a shorter one") })
    }

    @Test func `tokens that travel unencrypted beyond this machine are noted`() throws {
        let lines = "token_file = \"a.token\"\nwrite_token_file = \"b.token\""
        #expect(try text.notes("[admin]\nlisten = \"0.0.0.0:1\"\n" + lines + rest).isEmpty == false)
        let notes = try text.notes("[admin]\nlisten = \"192.168.1.1:1\"\n" + lines + rest)
        #expect(notes.contains { $0.contains("unencrypted") })
        let local = try text.notes("[admin]\nlisten = \"127.0.0.1:1\"\n" + lines + rest)
        #expect(!local.contains { $0.contains("unencrypted") })
    }
}
