import Agent
import AgentTestKit
import Glibc
import Testing

@testable import millrace

/// Files with secrets beside a configuration: whom they are for, and when they go.
struct SecretFilesTests {
    /// A group that is not ours, as the agent's is not root's.
    private static let group = gid_t(4242)

    private let folder: TemporaryFolder
    private var configuration: String { folder.file("millrace.toml") }

    init() throws { folder = try TemporaryFolder("secrets") }

    private func status(_ name: String) -> stat {
        var status = stat()
        #expect(stat(folder.file(name), &status) == 0)
        return status
    }

    @Test func `a folder that cannot be written to is named`() {
        let secrets = SecretFiles(beside: "/proc/nowhere/millrace.toml")
        #expect(throws: NewFile.Failure.self) { try secrets.keep("word", as: "a.password") }
    }

    @Test func `a file that was there keeps its content, one that was made here is written anew`() throws {
        try folder.write("a.password", "old\n")
        let secrets = SecretFiles(beside: configuration)
        #expect(try secrets.keep("one", as: "a.password") == "a-2.password")
        #expect(try secrets.keep("two", as: "a-2.password") == "a-2.password")
        #expect(folder.read("a.password") == "old\n" && folder.read("a-2.password") == "two\n")
        #expect(status("a-2.password").st_mode & 0o777 == 0o600)
    }

    @Test func `what no configuration names is removed, until it is written`() throws {
        let secrets = SecretFiles(beside: configuration)
        _ = try secrets.keep("one", as: "a.password")
        _ = try secrets.keep("two", as: "b.password")
        secrets.prune("password_file = \"b.password\"")
        #expect(access(folder.file("a.password"), F_OK) != 0 && folder.read("b.password") == "two\n")
        #expect(throws: NewFile.Failure.self) { try secrets.settle { throw NewFile.Failure(description: "full") } }
        try secrets.settle {}
        secrets.prune("")
        #expect(folder.read("b.password") == "two\n", "what a configuration names stays")
    }

    @Test(.enabled(if: geteuid() == 0, "only root gives files away"))
    func `where the configuration, or its folder, is for the agent's group, that group reads secrets`() throws {
        #expect(chown(folder.path, 0, Self.group) == 0 && chmod(folder.path, 0o750) == 0)
        _ = try SecretFiles(beside: configuration).keep("one", as: "new.password")
        #expect(status("new.password").st_gid == Self.group && status("new.password").st_mode & 0o777 == 0o640)
        try folder.write("millrace.toml", "", mode: 0o600)
        _ = try SecretFiles(beside: configuration).keep("one", as: "closed.password")
        #expect(status("closed.password").st_mode & 0o777 == 0o600)
        #expect(chown(configuration, 0, Self.group) == 0 && chmod(configuration, 0o640) == 0)
        _ = try SecretFiles(beside: configuration).keep("one", as: "open.password")
        #expect(status("open.password").st_gid == Self.group && status("open.password").st_mode & 0o777 == 0o640)
        let reader = FileReader(of: configuration)
        #expect(reader.advice(on: folder.file("open.password")) == nil)
        #expect(reader.advice(on: folder.file("closed.password"))?.contains("chmod 640") == true)
    }
}
