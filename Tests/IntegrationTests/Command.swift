import AgentTestKit
import Glibc

/// The command, run to its end.
enum Command {
    struct Result: Sendable {
        let ending: ChildProcess.Ending?
        /// Standard output and standard error.
        let output: String
    }

    static func run(_ arguments: String..., environment: [String: String]? = nil) async throws -> Result {
        try await run(arguments, environment: environment)
    }

    static func run(_ arguments: [String], environment: [String: String]? = nil) async throws -> Result {
        let folder = try TemporaryFolder("command")
        let process = try ChildProcess(
            RunningAgent.program, arguments, environment: environment, output: .file(folder.file("output")))
        let ending = await process.wait()
        return Result(ending: ending, output: folder.read("output"))
    }
}
