import Agent
import ArgumentParser
import Records

/// Sends records once more, beside what is new.
struct Replay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send a part of a stream once more, marked as a replay.",
        discussion: """
            Leaves a request in the log's folder. An agent that runs takes it up within a second, one that does not \
            when it starts, and a restart goes on where it was. The records keep their identities and carry the \
            attribute `replay`; they have their turn beside what is new, which goes on in its order, and no count but \
            that of the link changes. What is in the log no more cannot be sent.

            --from and --to are sequence numbers (<sequence> of the newest epoch, or <epoch>/<sequence>), --to \
            included, or times of receipt (RFC 3339, such as 2026-11-23T10:00:00Z), --to not included. Give --log and \
            be the user that the log belongs to, or root.
            """)

    @OptionGroup var log: LogOption
    @Option(help: "Whom to send it to.") var uplink: String
    @Option(help: "Whose records.") var stream = "telemetry"
    @Option(help: "The first record, or the time from which on; without it the oldest that is held.") var from: String?
    @Option(help: "The last record, or the time before which; without it the newest.") var to: String?
    @Flag(help: "Send also what the uplink's filters leave out.") var unfiltered = false
    @Flag(
        help:
            "Send those records that the uplink rejected and that are kept; they count as forwarded when it takes them."
    )
    var rejected = false
    @Flag(help: "Wait until it is done, and say what came of it; exits with 1 where records are missing or refused.")
    var wait = false

    func run() async throws {
        guard let uplink = UplinkName(uplink) else { throw ValidationError("'\(uplink)' is no name of an uplink.") }
        guard let stream = StreamName(stream) else { throw ValidationError("'\(stream)' is no name of a stream.") }
        var request = ReplayRequest(
            uplink: uplink, stream: stream, from: try bound(from, "--from"), to: try bound(to, "--to"))
        request.isUnfiltered = unfiltered
        request.isOfRejected = rejected
        let folder = ReplayFolder(log: log.path)
        let name: String
        do throws(ReplayFolder.Failure) {
            name = try folder.leave(request)
        } catch {
            printError("millrace replay: \(error)")
            throw ExitCode.unusableLog
        }
        guard wait else {
            print("left the request \(name) in \(folder.path)")
            return
        }
        try report(try await outcome(of: name, in: folder))
    }

    private func outcome(of name: String, in folder: ReplayFolder) async throws -> ReplayOutcome {
        while true {
            if let outcome = folder.takeOutcome(of: name) { return outcome }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    private func report(_ outcome: ReplayOutcome) throws {
        if let problem = outcome.problem {
            printError("millrace replay: \(problem)")
            throw ExitCode.failure
        }
        print("\(outcome.sent) records sent, \(outcome.missing) missing, \(outcome.rejected) refused")
        guard outcome.missing == 0, outcome.rejected == 0 else { throw ExitCode.failure }
    }

    private func bound(_ text: String?, _ option: String) throws -> ReplayRequest.Bound? {
        guard let text else { return nil }
        guard let bound = ReplayRequest.Bound(text, time: RecordLine.milliseconds) else {
            throw ValidationError("\(option): '\(text)' is neither a sequence nor a time as 2026-11-23T10:00:00Z.")
        }
        return bound
    }
}
