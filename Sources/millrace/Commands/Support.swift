import Agent
import ArgumentParser
import Glibc
import Records
import StrictTOML

struct Support: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Collect what somebody who is to help needs to know, without secrets, in one archive.",
        discussion: """
            Versions, the configuration with what may be secret masked, status and metrics of the running agent, the \
            newest lines of its journal, the files of the log with the headers of its segments, ports. No records, but \
            the last frames of each port that could not be understood. What is in it is printed; look before you send.
            """)

    @OptionGroup var place: AgentPlace
    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            "The file to write; it must not be there yet; - is standard output. "
                + "(default: millrace-support-TIME.tar, here)", valueName: "file"), completion: .file())
    var output: String?
    @Option(help: ArgumentHelp("The systemd unit whose journal is taken.", valueName: "name")) var unit =
        "millrace.service"

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        do throws(ConfigurationError) {
            _ = try TOMLDocument(path: place.file.path)
        } catch {
            // What can be had without it is collected all the same.
            printIssues(error)
        }
        let now = SystemClock().read().wallMilliseconds
        let archive = await SupportBundle(place: place, unit: unit).archive(at: now / 1000)
        let digits = RecordLine.time(now).prefix(19).filter(\.isNumber)
        let path = output ?? "millrace-support-\(digits).tar"
        guard Self.write(archive.bytes, to: path) else {
            let advice = errno == EACCES || errno == ENOSPC || errno == EEXIST ? "; --output names another file" : ""
            printError("millrace: cannot write \(path): \(String(cString: strerror(errno)))\(advice)")
            throw ExitCode(EX_CANTCREAT)
        }
        for entry in archive.entries { printError("\(ListenScreen.right("\(entry.size)", 9))  \(entry.name)") }
        if path != "-" { writeLine(path, to: 1) }
    }

    /// For its owner only, and never over another file.
    private static func write(_ bytes: [UInt8], to path: String) -> Bool {
        let descriptor = path == "-" ? dup(1) : open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        if writeAll(bytes, to: descriptor) { return true }
        let reason = errno
        // Half an archive is of no use, and in the way of the next.
        if path != "-" { unlink(path) }
        errno = reason
        return false
    }
}
