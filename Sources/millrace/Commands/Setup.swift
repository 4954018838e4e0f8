import Agent
import ArgumentParser
import Glibc
import Simulation
import StrictTOML

struct Setup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask a few questions, try the answers for real, and write the configuration.",
        discussion: """
            Asks for the gateway's name, the log, the brokers to read, what is at each serial port, and the destination.
            Each broker and destination is connected to, each port listened to, before its answer is kept. Can be run
            again: what is there is tried and kept, comments too. Nothing is overwritten without asking, and the old
            file stays beside the new one as .old. A script may give the answers on standard input, a line each.
            """)

    @OptionGroup var file: ConfigurationOption
    @OptionGroup var profiles: ProfilesOption

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        var existing: String?
        if access(file.path, F_OK) == 0 {
            // What is no TOML cannot be changed table by table.
            _ = try reportingFailures { try TOMLDocument(path: file.path) }
            existing = TemporaryFolder.contents(of: file.path)
        }
        let directory = AgentPlace.directory(of: file.path)
        guard access(directory, W_OK) == 0 else {
            printError(
                "millrace: cannot write into \(directory): \(String(cString: strerror(errno))); run this with sudo")
            throw ExitCode(EX_CANTCREAT)
        }
        var conversation = SetupConversation(path: file.path, existing: existing, profileFolders: profiles.folders)
        let questions = conversation.questions
        do {
            try await conversation.run()
            try finish(conversation, existing: existing)
        } catch is Questions.Ended {
            conversation.secretFiles.forEach { unlink($0) }
            printError("\nmillrace: the answers ended before everything was asked; nothing is written")
            throw ExitCode.failure
        } catch let failure as NewFile.Failure {
            conversation.secretFiles.forEach { unlink($0) }
            printError("millrace: \(failure)")
            throw ExitCode(EX_CANTCREAT)
        }
        questions.tell("")
    }

    /// Shows what was made of the answers, and writes it.
    private func finish(_ conversation: SetupConversation, existing: String?) throws {
        let questions = conversation.questions
        let text = conversation.text.text
        guard text != existing else { return questions.tell("\(file.path) says all that already; nothing is written") }
        do throws(ConfigurationError) {
            questions.tell("\n" + (try conversation.configuration()).pipelineDescription() + "\n")
        } catch {
            for issue in error.issues { questions.tell("\(issue)") }
            questions.tell("What was there already has mistakes; it is kept, and to be mended by hand.")
        }
        if existing != nil {
            if try questions.confirm("Replace \(file.path); the old one stays as \(file.path).old", default: false) {
                try NewFile.write(existing ?? "", to: file.path + ".old", mode: 0o640)
                try NewFile.write(text, to: file.path, mode: 0o640)
                questions.tell("\(file.path) is written")
            } else {
                try NewFile.write(text, to: file.path + ".new", mode: 0o640)
                questions.tell("\(file.path) stays as it was; the answers are in \(file.path).new")
            }
        } else if try questions.confirm("Write \(file.path)", default: true) {
            try NewFile.write(text, to: file.path, mode: 0o640)
            questions.tell("\(file.path) is written")
        } else {
            conversation.secretFiles.forEach { unlink($0) }
            return questions.tell("nothing is written")
        }
        questions.tell("millrace selftest tries everything; systemctl restart millrace takes it up.")
    }
}
