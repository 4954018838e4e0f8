import Agent
import ArgumentParser
import Compression
import KafkaUplink
import MQTTTransport
import Records
import StrictTOML
import UnixSignals
import Uplinks

/// The centre's side: is everything here that the gateways took in?
struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check at the centre that every record of every gateway arrived.",
        discussion: """
            Reads the identity of each record that gateways deliver, in every format: how many came, came twice, are \
            missing, were announced as lost, were left out by a filter, came out of order, and how late. It keeps no \
            records. A stream counts from the first record that arrives, unless --from-start says that it is the first \
            there is.

            At a broker it subscribes: what is published while it does not listen, it does not see. In a Kafka cluster \
            it reads the topics from their oldest message on, without a group and without committing an offset.

            On a terminal a live table, with q to end; elsewhere, and with --json, a report every --interval. With \
            --once it ends when nothing has come for --quiet.

            Exits with 0 when every record arrived or was left out by a filter; 1 when records are missing or messages \
            cannot be read; 2 when nothing is missing but what gateways announced as lost; 3 when nothing arrived; \
            69 when the broker cannot be reached.
            """)

    @Option(help: "The broker or cluster: mqtt://HOST[:PORT] or kafka://HOST[:PORT],…; mqtts:// or kafkas:// for TLS.")
    var url = "mqtt://127.0.0.1:1883"
    @Option(help: "A topic filter, or a Kafka topic; may be given more than once. (default: gateways/#)")
    var topic: [String] = []
    @OptionGroup var login: CentreLogin
    @Flag(help: "Print JSON.") var json = false
    @Flag(help: "End when nothing has come for a while, and report once.") var once = false
    @Option(
        help: ArgumentHelp("With --once: how long nothing may come. (default: 5s)", valueName: "time"),
        transform: Audit.duration)
    var quiet = Duration.seconds(5)
    @Option(
        name: .customLong("for"), help: ArgumentHelp("End after this time, such as 10m.", valueName: "time"),
        transform: Audit.duration)
    var length: Duration?
    @Option(
        help: ArgumentHelp("Between two reports. (default: 10s)", valueName: "time"), transform: Audit.duration)
    var interval = Duration.seconds(10)
    @Flag(help: "Every epoch is seen from its first record on: what is missing there is missing.") var fromStart = false
    @Option(
        help: ArgumentHelp("A dictionary that messages are compressed with.", valueName: "file"), completion: .file())
    var dictionary: [String] = []

    private var isKafka: Bool { url.hasPrefix("kafka") }
    private var topics: [String] { topic.isEmpty ? ["gateways/#"] : topic }

    func validate() throws {
        if isKafka {
            guard !topic.isEmpty else { throw ValidationError("Say which topics to read: --topic NAME.") }
            return
        }
        for filter in topics where !MQTTTopicFilter.isValid(filter) {
            throw ValidationError("'\(filter)' is no topic filter (MQTT 5.0, section 4.7).")
        }
    }

    func run() async throws {
        let inbox = CentreInbox(
            isFromStart: fromStart, dictionaries: [.builtIn] + (try dictionary.map(Self.read)), clock: SystemClock())
        let feed = try reportingFailures { try makeFeed(into: inbox) }
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        try reportingFailures { try feed.start() }
        let isReached = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                for await _ in signals { break }
                return true
            }
            group.addTask { await watch(inbox, feed) }
            let isReached = await group.next() ?? true
            group.cancelAll()
            return isReached
        }
        await feed.stop()
        guard isReached else {
            let reason = inbox.read { $0.disconnection ?? $0.refusal } ?? "nobody answers"
            printError("millrace audit: \(url): \(reason)")
            throw ExitCode.missingProgram
        }
        let report = inbox.report()
        writeLine(json ? report.json : report.text, to: 1)
        if report.verdict != .complete { throw ExitCode(report.verdict.rawValue) }
    }

    private func makeFeed(into inbox: CentreInbox) throws -> any CentreFeed {
        guard isKafka else { return try BrokerFeed(try login.configuration(of: url), topics: topics, into: inbox) }
        return ClusterFeed(try login.cluster(at: url), topics: topics, into: inbox)
    }

    // MARK: While it listens

    /// Until it is to end; false where the broker could not be reached.
    private func watch(_ inbox: CentreInbox, _ feed: any CentreFeed) async -> Bool {
        let begun = ContinuousClock.now
        while !feed.isListening {
            let isRefused = inbox.read { $0.refusal != nil } && !feed.isListening
            guard begun.duration(to: .now) < Self.patience, !isRefused, await pause() else { return Task.isCancelled }
        }
        let listening = ContinuousClock.now
        let isLive = !json && !once && Terminal.isInteractive
        let screen = isLive ? AuditScreen(title: "\(url)  \(topics.joined(separator: " "))") : nil
        defer { screen?.close() }
        var reported = listening
        while await pause() {
            let now = ContinuousClock.now
            if let length, listening.duration(to: now) >= length { return true }
            let last = inbox.read { $0.lastArrival } ?? listening
            if once, max(last, listening).duration(to: now) >= quiet { return true }
            if let screen {
                guard screen.show(inbox.report(), problem: inbox.read { $0.disconnection ?? $0.problem }) else {
                    return true
                }
            } else if !once, reported.duration(to: now) >= interval {
                reported = now
                let report = inbox.report()
                writeLine(json ? report.json : report.verdictLine, to: 1)
            }
        }
        return true
    }

    /// How long the broker may take to answer at first.
    private static let patience = Duration.seconds(20)

    /// A moment; false when it is to end.
    private func pause() async -> Bool {
        // Cancellation is how it ends.
        (try? await Task.sleep(for: .milliseconds(200))) != nil
    }

    // MARK: Arguments

    private static func duration(_ text: String) throws -> Duration {
        guard let duration = DurationText.parse(text), duration >= .milliseconds(100) else {
            throw ValidationError("'\(text)' is no time, such as 500ms, 30s or 5m.")
        }
        return duration
    }

    private static func read(_ path: String) throws -> ZstandardDictionary {
        do throws(FileContents.Failure) {
            let file = try FileContents(path: path, sizeMax: .mebibytes(1))
            guard let dictionary = ZstandardDictionary(reading: file.bytes) else {
                throw FileContents.Failure(path: path, reason: "it is no dictionary of zstd")
            }
            return dictionary
        } catch {
            throw ValidationError("--dictionary: \(error)")
        }
    }
}
