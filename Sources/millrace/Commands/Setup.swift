import Agent
import ArgumentParser
import Glibc
import Simulation
import StrictTOML

struct Setup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask a few questions, try the answers for real, and write the configuration.",
        discussion: """
            Asks for the gateway's name, the log, the brokers to read, what is at each serial port, and the \
            destinations: any MQTT broker, Kafka cluster or HTTP endpoint, and the services that have a preset. Each \
            broker and destination is connected to, each port listened to, before its answer is kept. Passwords and \
            tokens are not shown, and go to files of their own beside the configuration.

            Can be run again: what is there is tried, and kept, changed or taken out; comments stay. Nothing is \
            overwritten without asking, the old file stays beside the new one as .old, and Control-C leaves everything \
            as it was. A script may give the answers on standard input, a line each.
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
            let advice =
                switch errno {
                case EACCES: "; run this with sudo"
                case ENOENT: "; make that folder first"
                default: ""
                }
            printError("millrace: cannot write into \(directory): \(String(cString: strerror(errno)))\(advice)")
            throw ExitCode(EX_CANTCREAT)
        }
        var conversation = SetupConversation(path: file.path, existing: existing, profileFolders: profiles.folders)
        let questions = conversation.questions
        let secrets = conversation.secrets
        secrets.guardAgainstSignals()
        // What the configuration does not name in the end is of no use.
        defer { secrets.prune("") }
        if isatty(0) == 0 { questions.tell("Standard input is no terminal: it is read for the answers, a line each.") }
        do {
            try await conversation.run()
            try finish(conversation, existing: existing)
        } catch is Questions.Ended {
            printError("\nmillrace: the answers ended before everything was asked; nothing is written")
            if isatty(0) == 0 {
                printError(
                    "Run it at a terminal, give it more answers, or write \(file.path) by hand: "
                        + "docs/configuration.md has an example to start from")
            }
            throw ExitCode.failure
        } catch let failure as NewFile.Failure {
            printError("millrace: \(failure)")
            throw ExitCode(EX_CANTCREAT)
        }
        questions.tell("")
    }

    /// Shows what was made of the answers, and writes it.
    private func finish(_ conversation: SetupConversation, existing: String?) throws {
        let questions = conversation.questions
        let text = conversation.text.text
        conversation.secrets.prune(text)
        guard text != existing else { return questions.tell("\(file.path) says all that already; nothing is written") }
        do throws(ConfigurationError) {
            questions.tell("\n" + (try conversation.configuration()).pipelineDescription() + "\n")
        } catch {
            for issue in error.issues { questions.tell("\(issue)") }
            questions.tell("What was there already has mistakes; it is kept, and to be mended by hand.")
        }
        let reader = FileReader(of: file.path)
        func write(_ text: String, to path: String) throws {
            try NewFile.write(text, to: path, reader: reader, mode: 0o640)
        }
        if let existing {
            if try questions.confirm("Replace \(file.path); the old one stays as \(file.path).old", default: false) {
                try conversation.secrets.settle {
                    try write(existing, to: file.path + ".old")
                    try write(text, to: file.path)
                }
                questions.tell("\(file.path) is written")
            } else {
                try conversation.secrets.settle { try write(text, to: file.path + ".new") }
                questions.tell("\(file.path) stays as it was; the answers are in \(file.path).new")
            }
        } else if try questions.confirm("Write \(file.path)", default: true) {
            try conversation.secrets.settle { try write(text, to: file.path) }
            questions.tell("\(file.path) is written")
        } else {
            return questions.tell("nothing is written")
        }
        let isUsual = file.path == ConfigurationOption.usual
        let option = isUsual ? "" : " --config \(file.path)"
        questions.tell("millrace selftest\(option) tries everything; millrace reload\(option) takes it up,")
        questions.tell(
            isUsual ? "or systemctl restart millrace where the agent does not run yet." : "or millrace run\(option).")
    }
}
