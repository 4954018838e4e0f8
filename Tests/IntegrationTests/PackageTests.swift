import AgentTestKit
import Glibc
import Testing

/// The Debian package that `make deb` made, and the unit in it. `make test` makes it first; `swift test` alone may find
/// none.
@Suite struct PackageTests {
    private static let repository = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }

    /// Nil where none was made.
    private static let package: String? = {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob("\(repository)/.build/millrace_*.deb", 0, nil, &found) == 0, let first = found.gl_pathv[0] else {
            return nil
        }
        return String(cString: first)
    }()

    private func run(_ program: String, _ arguments: [String]) async throws -> Command.Result {
        let folder = try TemporaryFolder("package")
        let process = try ChildProcess(program, arguments, output: .file(folder.file("output")))
        let ending = await process.wait(within: .seconds(1200))
        return Command.Result(ending: ending, output: folder.read("output"))
    }

    @Test(.enabled(if: access("/usr/bin/systemd-analyze", X_OK) == 0, "systemd-analyze is not installed"))
    func `the unit is exposed at most 1.5 of 10, as systemd rates it`() async throws {
        let audit = try await run(
            "systemd-analyze",
            ["security", "--offline=true", "--threshold=15", "\(Self.repository)/systemd/millrace.service"])
        #expect(audit.ending == .exited(0), "\(audit.output.suffix(200))")
    }

    @Test(.enabled(if: package != nil, "there is no package; make deb makes it"))
    func `the package has at most 15 MB`() throws {
        var status = stat()
        try #require(stat(try #require(Self.package), &status) == 0)
        #expect(status.st_size <= 15_000_000)
    }

    @Test(.enabled(if: package != nil, "there is no package; make deb makes it"))
    func `the package installs in a fresh Debian, forwards, is upgraded, removed and purged`() async throws {
        let trial = try await run("\(Self.repository)/systemd/debian/try.sh", [try #require(Self.package)])
        // 77: namespaces, root or a mirror are missing; the script says which.
        if trial.ending == .exited(77) { try Test.cancel("\(trial.output)") }
        #expect(trial.ending == .exited(0), "\(trial.output)")
    }
}
