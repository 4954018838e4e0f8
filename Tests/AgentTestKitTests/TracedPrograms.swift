import AgentTestKit
import Glibc
import Testing

/// A folder of its own for one test, removed with the value.
final class Scratch {
    let path: String

    init() throws {
        var template = Array("/tmp/millrace-trace-XXXXXX".utf8CString)
        let made = try #require(mkdtemp(&template), "no temporary folder")
        path = String(cString: made)
    }

    deinit { Programs.run(["rm", "-rf", path]) }
}

/// Small C programs that the tests compile and trace.
enum Programs {
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    /// Why nothing can be traced here; nil where it can.
    static let unavailable: Comment? = {
        if run(["cc", "--version"]).code != 0 { return "no C compiler" }
        if run(["strace", "-f", "-o", "/dev/null", "true"]).code != 0 {
            return "strace is missing or may not trace here"
        }
        return nil
    }()

    static func compile(_ source: String, in scratch: Scratch, libraries: [String] = []) throws -> String {
        try FolderImage(files: ["program.c": Array(source.utf8)]).write(to: scratch.path)
        let program = scratch.path + "/program"
        let compiler = run(
            ["cc", "-O1", "-pthread", "-o", program, scratch.path + "/program.c"] + libraries.map { "-l\($0)" })
        if compiler.code != 0 { throw Missing(description: "the C program does not compile") }
        return program
    }

    /// Traces one run of the program on `folder` below the scratch folder.
    static func trace(
        _ program: String, _ arguments: [String], in scratch: Scratch, faults: [FaultInjection] = []
    ) throws -> (trace: SystemCallTrace, code: Int32, folder: String) {
        let folder = scratch.path + "/data"
        try FolderImage().write(to: folder)
        let recording = try TraceRecording(
            of: [program, folder] + arguments, following: folder, into: scratch.path + "/strace.log", faults: faults)
        let code = run(recording.command).code
        return (try recording.trace(), code, folder)
    }

    /// Runs to the end with the outputs thrown away. Codes above 128 are signals.
    @discardableResult
    static func run(_ command: [String]) -> (code: Int32, signal: Int32) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in Int32(1)...2 {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
        }
        var arguments = command.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        var process = pid_t()
        guard posix_spawnp(&process, command[0], &actions, nil, &arguments, environ) == 0 else { return (127, 0) }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return ((status >> 8) & 0xFF, status & 0x7F)
    }
}
