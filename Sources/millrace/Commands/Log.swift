import Agent
import ArgumentParser
import LogStore
import Records

/// What is in a log, while no agent holds it.
struct Log: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look into a log, take records out of it, or send them again.",
        discussion: """
            The log is locked while an agent runs on it: stop the agent first. Opening it brings it into a sound \
            state, as a start of the agent does.
            """,
        subcommands: [
            LogStat.self, LogTail.self, LogExport.self, LogVerify.self, LogRejected.self, LogReplay.self,
        ])
}

struct LogOption: ParsableArguments {
    @Option(
        name: .customLong("log"),
        help: ArgumentHelp("The folder of the log: [log] path in the configuration.", valueName: "directory"),
        completion: .directory)
    var path = "/var/lib/millrace"

    func open() throws -> RingLog {
        try reportingFailures { try RingLog(inspecting: path, clock: SystemClock()) }
    }
}

/// The streams that an option names, or all of the log's.
func chosenStreams(_ name: String?, in log: RingLog) throws -> [StreamName] {
    let all = log.statistics().streams.keys.sorted()
    guard let name else { return all }
    guard let stream = all.first(where: { $0.rawValue == name }) else {
        let known = all.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("there is no stream \(name) in this log; it has \(known.isEmpty ? "none" : known)")
    }
    return [stream]
}

struct LogStat: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stat", abstract: "Show each stream, its segments, and how far each uplink is.")

    @OptionGroup var log: LogOption
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let log = try log.open()
        defer { log.close() }
        let statistics = log.statistics()
        print(json ? LogReport.json(statistics, of: log.gateway) : LogReport.text(statistics, of: log.gateway))
    }
}

struct LogTail: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail", abstract: "Print the newest records as JSON lines.")

    @OptionGroup var log: LogOption
    @Option(name: [.customShort("n"), .customLong("lines")], help: "How many records of each stream.") var count = 10
    @Option(help: "Only this stream.") var stream: String?

    func validate() throws {
        guard count > 0 else { throw ValidationError("--lines takes a number above 0") }
    }

    func run() throws {
        let log = try log.open()
        defer { log.close() }
        for stream in try chosenStreams(stream, in: log) {
            guard let statistics = log.statistics().streams[stream] else { continue }
            var newest: [String] = []
            RecordWalk(log, stream, behind: statistics.tailStart(count)).run { record, batch in
                newest.append(RecordLine.json(record, of: batch))
                if newest.count > count { newest.removeFirst() }
                return true
            } lost: { _ in
            }
            for line in newest { print(line) }
        }
    }
}

struct LogExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Print records as JSON lines, from a sequence number or a time.",
        discussion: "Records that are missing are told on standard error; the exit code is 1 then.")

    @OptionGroup var log: LogOption
    @Option(help: "Only this stream.") var stream: String?
    @Option(help: "From this sequence number, or <epoch>/<sequence>.") var from: String?
    @Option(help: "From this time on, RFC 3339, such as 2026-11-23T10:00:00Z.") var since: String?
    @Option(help: "Before this time, RFC 3339.") var until: String?
    @Option(help: "No more records than this.") var limit = Int.max

    func run() throws {
        let since = try self.since.map(parseTime)
        let until = try self.until.map(parseTime)
        let log = try log.open()
        defer { log.close() }
        var left = limit
        var lost: UInt64 = 0
        for stream in try chosenStreams(stream, in: log) {
            let start =
                try from.map { try parsePosition($0, in: log, stream) } ?? log.statistics().streams[stream]?.start
            guard let start else { continue }
            RecordWalk(log, stream, behind: start).run { record, batch in
                guard left > 0 else { return false }
                let time = record.time.wallMilliseconds
                if time >= since ?? .min, time < until ?? .max {
                    print(RecordLine.json(record, of: batch))
                    left -= 1
                }
                return true
            } lost: { loss in
                lost += loss.count
                printError("\(stream): \(loss.epoch)/\(loss.first)-\(loss.last) is missing (\(loss.reason.rawValue))")
            }
        }
        if lost > 0 { throw ExitCode(1) }
    }

    private func parseTime(_ text: String) throws -> Int64 {
        guard let milliseconds = RecordLine.milliseconds(text) else {
            throw ValidationError("\(text) is not a time as 2026-11-23T10:00:00Z")
        }
        return milliseconds
    }
}

struct LogVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Read every record, and check every checksum and the continuity.",
        discussion: "Exits with 1 where something is missing or damaged.")

    @OptionGroup var log: LogOption
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let log = try log.open()
        defer { log.close() }
        var findings: [LostRange] = []
        var records: UInt64 = 0
        for stream in try chosenStreams(nil, in: log) {
            guard let start = log.statistics().streams[stream]?.start else { continue }
            RecordWalk(log, stream, behind: start).run { _, _ in
                records += 1
                return true
            } lost: {
                findings.append($0)
            }
        }
        print(json ? LogReport.json(findings, sound: records) : LogReport.text(findings, sound: records))
        if !findings.isEmpty { throw ExitCode(1) }
    }
}

struct LogRejected: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rejected", abstract: "Print the records that uplinks rejected and that are kept, as JSON lines.",
        discussion: "`millrace replay --rejected` sends them again.")

    @OptionGroup var log: LogOption
    @Option(help: "Only those of this uplink.") var uplink: String?

    func run() throws {
        let log = try log.open()
        defer { log.close() }
        for name in log.statistics().uplinks.keys.sorted() where uplink == nil || name.rawValue == uplink {
            let records = try reportingFailures { try log.rejected(by: name) }
            for record in records { print(RecordLine.json(record, of: log.gateway)) }
        }
    }
}

struct LogReplay: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Move an uplink's cursor back, so that records still held are sent again.",
        discussion: """
            From there on everything counts as not forwarded, and comes before what is new. It keeps its identities
            and carries no mark: a consumer that removes duplicates by them sees nothing new.

            `millrace replay` moves no cursor: it sends a part once more beside what is new, marked as a replay, while
            the agent runs or at its start.
            """)

    @OptionGroup var log: LogOption
    @Option(help: "The uplink.") var uplink: String
    @Option(help: "The stream.") var stream = "telemetry"
    @Option(help: "The first record to send again: <sequence>, <epoch>/<sequence>, or oldest.") var from = "oldest"

    func run() throws {
        let log = try log.open()
        defer { log.close() }
        guard let uplink = UplinkName(uplink), log.statistics().uplinks[uplink] != nil else {
            let known = log.statistics().uplinks.keys.sorted().map(\.rawValue).joined(separator: ", ")
            throw ValidationError("the log knows no uplink \(self.uplink); it knows \(known.isEmpty ? "none" : known)")
        }
        let stream = try chosenStreams(stream, in: log)[0]
        let position = from == "oldest" ? nil : try parsePosition(from, in: log, stream)
        let count = try reportingFailures { try log.replay(uplink, in: stream, behind: position) }
        print("\(count) records of \(stream) will be sent again by \(uplink)")
    }
}

/// The position before `<sequence>` of the newest epoch, or before `<epoch>/<sequence>`.
func parsePosition(_ text: String, in log: RingLog, _ stream: StreamName) throws -> Position {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    let newest = log.statistics().streams[stream]?.end.epoch
    guard let last = parts.last.flatMap({ UInt64($0) }), last > 0, parts.count <= 2,
        let epoch = parts.count == 2 ? Epoch(parts[0]) : newest
    else {
        throw ValidationError("\(text) is neither <sequence> nor <epoch>/<sequence>")
    }
    return Position(epoch: epoch, sequence: SequenceNumber(last - 1))
}
