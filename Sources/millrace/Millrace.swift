import ArgumentParser

@main
struct Millrace: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "millrace", subcommands: [])
}
