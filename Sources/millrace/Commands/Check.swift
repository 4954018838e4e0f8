import Agent
import ArgumentParser

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the configuration and show the pipeline that it describes.",
        discussion: "Prints every error with its file, line and key, and exits with 78 where there is one.")

    @OptionGroup var file: ConfigurationOption

    func run() throws {
        let configuration = try reportingFailures { try loadConfiguration(file.path) }
        for note in configuration.notes { printError("\(note)") }
        print(configuration.pipelineDescription())
    }
}
