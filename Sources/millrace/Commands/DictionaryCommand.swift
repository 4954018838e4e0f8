import Agent
import ArgumentParser
import Compression
import Glibc

/// `millrace dictionary`: the dictionary that a consumer needs.
struct DictionaryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dictionary",
        abstract: "Writes the built-in zstd dictionary, for the consumer of messages that are compressed with it.",
        discussion: """
            With dictionary = "built-in" an uplink compresses against it, and `content-encoding` says \
            "zstd-dictionary". Whoever reads the messages needs it once:

                millrace dictionary > millrace-1.zdict
            """)

    func run() throws {
        let dictionary = ZstandardDictionary.builtIn
        guard isatty(STDOUT_FILENO) == 0 else {
            throw ValidationError(
                "the dictionary is no text; redirect it to a file: millrace dictionary > \(dictionary.number).zdict")
        }
        guard writeAll(dictionary.bytes, to: STDOUT_FILENO) else { throw ExitCode.failure }
    }
}
