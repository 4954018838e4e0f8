import Agent
import ArgumentParser
import Glibc
import Records
import StrictTOML
import Threads
import Uplinks

struct SelfTest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "selftest",
        abstract: "Try for real what the configuration needs: disk, clock, ports, brokers, certificates.",
        discussion: """
            Measures how long the disk takes to make records durable and whether it can be believed, what the log can \
            take and how long the medium bears it; opens each port and listens to its devices; connects to each broker \
            and destination with their certificates and logins. No record is sent, and no session taken over: client \
            ids get -selftest at their end. What it writes below [log] path, some 100 MB, is removed again.

            Run it as the agent's user: sudo -u millrace millrace selftest. It may run beside the agent, which then \
            holds the ports. Exits with 1 where something is bad, and with 78 where the configuration is wrong.
            """)

    @OptionGroup var file: ConfigurationOption
    @Option(help: "How long to listen to each device, seconds; 0: not at all.") var seconds = 3
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard (0...600).contains(seconds) else { throw ValidationError("--seconds is between 0 and 600.") }
    }

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let configuration = try reportingFailures { try loadConfiguration(file.path) }
        let report = SelfTestReport(isJSON: json)
        var clock = ClockProbe(SystemClock())
        report.add(await onThread { disk(configuration) })
        for source in configuration.mqttSources { report.add([await BrokerProbe(source).finding()]) }
        for uplink in configuration.uplinks {
            report.add([await DestinationProbe(uplink: uplink, gateway: configuration.gateway).finding()])
        }
        report.add(await onThread { credentials(configuration) })
        for source in configuration.serialSources {
            report.add(await PortProbe(source: source, listening: .seconds(seconds)).findings())
        }
        clock.last = SystemClock().read()
        report.add(clock.findings)
        report.finish()
        if report.isBad { throw ExitCode.failure }
    }

    // MARK: Disk

    private func disk(_ configuration: AgentConfiguration) -> [Finding] {
        let folder = Self.existing(configuration.log.path)
        let room = room(configuration, folder)
        do {
            let judgement = DiskJudgement(disk: DiskDescription(folder: folder), times: try DiskProbe(in: folder))
            let linger = configuration.log.commitLinger / .seconds(1)
            let rate = configuration.polledRate
            let counts = LoadEstimate.recordCounts(
                linger: linger, rates: LoadEstimate.rates + (rate > 0 ? [rate] : []))
            let estimate = LoadEstimate(
                linger: linger, probe: try LogProbe(in: folder, recordCounts: counts),
                medium: MediumWatch(folder: folder), endurance: configuration.log.endurance, polledRate: rate)
            return [room] + judgement.findings + estimate.findings
        } catch {
            let free = MediumWatch(folder: folder).status(written: nil, rate: nil, endurance: nil).free
            let advice =
                free.map { $0 < .mebibytes(128) } == true
                ? "make room: the test itself writes some 100 MB, and removes them again"
                : "run this as the user that the agent runs as, and let it write there"
            return [room, Finding(.bad, "disk", "\(error)", advice: advice)]
        }
    }

    /// The folder, or the nearest one above it that is there.
    static func existing(_ path: String) -> String {
        var path = path[...]
        while access(String(path), F_OK) != 0, let slash = path.lastIndex(of: "/"), slash > path.startIndex {
            path = path[..<slash]
        }
        return access(String(path), F_OK) == 0 ? String(path) : "/"
    }

    /// Whether the capacity that is configured fits.
    private func room(_ configuration: AgentConfiguration, _ folder: String) -> Finding {
        let status = MediumWatch(folder: folder).status(written: nil, rate: nil, endurance: nil)
        guard let free = status.free else { return Finding(.untold, "disk", "how much is free in \(folder)") }
        let capacity = configuration.log.capacity
        guard free >= capacity else {
            return Finding(
                .warning, "disk", "\(free) are free in \(folder), and the log may grow to \(capacity)",
                advice: "if it holds less than that already, make room or lower [log] capacity")
        }
        return Finding(.good, "disk", "\(free) are free in \(folder); the log takes \(capacity) at most")
    }

    // MARK: Certificates

    /// Whether our certificates have the right keys, and when they, tokens and keys end, as far as they say so.
    private func credentials(_ configuration: AgentConfiguration) -> [Finding] {
        let now = SystemClock().read().wallMilliseconds / 1000
        let strangers = configuration.tlsFiles.compactMap { part, files in
            do throws(SigningFailure) {
                try files.checkIdentity()
                return nil as Finding?
            } catch {
                return Finding(.bad, part, error.reason, advice: "set tls.certificate and tls.key to files of one pair")
            }
        }
        return strangers
            + configuration.credentials.compactMap { credential in
                do throws(SigningFailure) {
                    return try credential.validity().map { Self.finding(credential, $0, at: now) }
                } catch {
                    return Finding(.bad, credential.part, error.reason)
                }
            }
    }

    /// - Parameter now: seconds since 1970.
    static func finding(_ credential: Credential, _ validity: Validity, at now: Int64) -> Finding {
        let urgency = CredentialUrgency(validity, now: now)
        let days = Double(validity.end - now) / 86_400
        let figures = [Finding.Figure(name: "days_left", value: days)]
        guard urgency < .over else {
            return Finding(
                .bad, credential.part, "\(credential.path) ended on \(validity.endText.prefix(10))", advice: "renew it",
                figures: figures)
        }
        return Finding(
            urgency > .none ? .warning : .good, credential.part,
            "\(credential.path) is good until \(validity.endText.prefix(10)), \(days.text(0)) days",
            advice: urgency > .none ? "renew it" : nil, figures: figures)
    }
}

/// What was found, told as it comes, or at the end as one JSON object.
private final class SelfTestReport {
    private let isJSON: Bool
    private let isColoured = isatty(1) == 1 && Terminal.wantsColour
    private var findings: [Finding] = []

    init(isJSON: Bool) { self.isJSON = isJSON }

    var isBad: Bool { findings.contains { $0.verdict == .bad } }

    func add(_ found: [Finding]) {
        findings += found
        guard !isJSON else { return }
        for finding in found {
            for line in finding.lines(columns: Terminal.columns) {
                writeLine(line.rendered(columns: .max, isColoured: isColoured), to: 1)
            }
        }
    }

    func finish() {
        guard isJSON else {
            let counts = [Finding.Verdict.bad, .warning].map { verdict in
                findings.count { $0.verdict == verdict }
            }
            return writeLine("\(findings.count) findings: \(counts[0]) bad, \(counts[1]) warnings", to: 1)
        }
        var writer = JSONWriter(reservingCapacity: 4096)
        writer.beginObject()
        writer.member("good", boolean: !isBad)
        writer.key("findings")
        writer.beginArray()
        for finding in findings { finding.write(to: &writer) }
        writer.endArray()
        writer.endObject()
        writeLine(String(decoding: writer.bytes, as: UTF8.self), to: 1)
    }
}

/// Runs what blocks on a thread of its own.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        // Where the system gives no thread it blocks here: a command has nothing else to do.
        guard OwnThread.start(named: "selftest", { continuation.resume(returning: body()) }) else {
            return continuation.resume(returning: body())
        }
    }
}
