import Agent
import ArgumentParser

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the configuration and show the pipeline that it describes.",
        discussion: """
            Prints every error with its file, line and key, and exits with 78 where there is one.

            With --from-mosquitto it prints the configuration that does what the bridges of a mosquitto.conf(5) do, \
            and on standard error, line by line, what it does otherwise or not at all; it exits with 1 where a line \
            has no counterpart.
            """)

    @OptionGroup var file: ConfigurationOption

    @Option(
        help: ArgumentHelp("Print the configuration that does what the bridges of this file do.", valueName: "file"),
        completion: .file())
    var fromMosquitto: String?

    func run() throws {
        if let fromMosquitto { return try carryOver(fromMosquitto) }
        let configuration = try reportingFailures { try loadConfiguration(file.path) }
        for note in configuration.notes { printError("\(note)") }
        print(configuration.pipelineDescription())
    }

    private func carryOver(_ path: String) throws {
        let result = try reportingFailures { try MosquittoCarryOver(path: path) }
        for remark in result.remarks { printError("\(remark)") }
        print(result.text, terminator: "")
        if !result.isComplete { throw ExitCode(1) }
    }
}
