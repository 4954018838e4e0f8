import Agent
import ArgumentParser
import Glibc
import LogStore

/// Asks the running agent to read its configuration again.
struct Reload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask the running agent to read its configuration again, and wait for what comes of it.",
        discussion: """
            Prints what has changed and exits with 0; or prints why the agent keeps what it had, and exits with 78. \
            Only what has changed is started anew. The gateway's id and the log's path cannot change while the agent \
            runs.
            """)

    @OptionGroup var file: ConfigurationOption
    @Option(
        name: .customLong("log"),
        help: ArgumentHelp(
            "The folder of the log, where the agent was started with another file.", valueName: "directory"),
        completion: .directory)
    var log: String?

    /// How long the agent may take: each part that is stopped has some seconds.
    private static let patience = Duration.seconds(60)

    func run() async throws {
        let path = try reportingFailures { try log ?? AgentConfiguration.logPath(of: file.path) }
        guard let holder = LogHolder(of: path), holder.isRunning else {
            printError("millrace: no agent runs on the log \(path); start it, or name its log with --log")
            throw ExitCode.missingProgram
        }
        let note = ReloadNote(log: path)
        let before = note.content.number
        guard kill(holder.process, SIGHUP) == 0 else {
            printError(
                "millrace: process \(holder.process) cannot be asked: \(String(cString: strerror(errno))); run this as "
                    + "the agent's user or as root")
            throw ExitCode.logInUse
        }
        let deadline = ContinuousClock.now + Self.patience
        while ContinuousClock.now < deadline, holder.isRunning {
            let content = note.content
            if content.number > before, let outcome = content.outcome { return try report(outcome) }
            try await Task.sleep(for: .milliseconds(20))
        }
        printError("millrace: process \(holder.process) gives no answer; its log may say why")
        throw ExitCode.logInUse
    }

    private func report(_ outcome: ReloadOutcome) throws {
        switch outcome {
        case .unchanged: print("nothing has changed")
        case .applied(let changes): for change in changes { print(change) }
        case .refused(let reasons):
            for reason in reasons { printError(reason) }
            throw ExitCode.configuration
        }
    }
}
