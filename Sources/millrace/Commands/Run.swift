import AdminHTTP
import Agent
import ArgumentParser
import CMalloc
import Glibc
import Logging
import LogStore
import MQTTTransport
import Records
import ServiceLifecycle
import Synchronization
import UnixSignals

struct ConfigurationOption: ParsableArguments {
    @Option(
        name: [.customShort("c"), .customLong("config")],
        help: ArgumentHelp("The configuration file.", valueName: "file"), completion: .file(extensions: ["toml"]))
    var path = Self.usual

    /// Where the package has it.
    static let usual = "/etc/millrace/millrace.toml"
}

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run the agent until SIGTERM or SIGINT.")

    @OptionGroup var file: ConfigurationOption

    func run() async throws {
        limitMemory()
        signal(SIGPIPE, SIG_IGN)
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        let configuration = try reportingFailures { try loadConfiguration(file.path) }
        let events = RecentEvents()
        let level = LogLevel(configuration.loggingLevel)
        let logger = makeLogger(level, watchedBy: events)
        for note in configuration.notes { logger.warning("\(note)") }
        let notifier = ServiceNotifier(path: environment("NOTIFY_SOCKET"))
        let watchdog = Watchdog(notifier, interval: environment("WATCHDOG_USEC").flatMap(Int64.init))
        let agent = try reportingFailures {
            try MillraceAgent(
                configuration, logger: logger, version: Millrace.number, events: events, makeUplink: makeUplink,
                heartbeat: { watchdog.beat() }, load: { [file] in try loadConfiguration(file.path) },
                didReload: { level.set($0.loggingLevel) })
        }
        let libraries = "SQLite \(sqliteVersion), libmosquitto \(mosquittoVersion())"
        logger.notice("millrace \(Millrace.number), gateway \(configuration.gateway), \(libraries)")
        let admin = AdminServer(
            configuration.admin, of: agent, pages: AdminPage.all, logger: logger.part("admin"))
        let services =
            agent.services + [
                admin, ReloadOnSignal(agent: agent, notifier: notifier, signals: hangups),
                ReadyNotice(notifier: notifier),
            ]
        var group = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint],
            logger: Logger(label: "lifecycle") { _ in
                SwiftLogNoOpLogHandler()
            })
        group.maximumGracefulShutdownDuration = .seconds(8)
        try await ServiceGroup(configuration: group).run()
        logger.notice("stopped")
    }

    private func makeLogger(_ level: LogLevel, watchedBy events: RecentEvents) -> Logger {
        let style: LogLines.Style = environment("JOURNAL_STREAM") == nil ? .terminal : .journal
        return Logger(label: "millrace") { _ in events.watching(LogLines(style: style, level: level)) }
    }
}

/// Tells systemd when everything is under way, and when it ends.
private struct ReadyNotice: Service {
    let notifier: ServiceNotifier

    func run() async throws {
        notifier.ready()
        // Cancellation ends the wait just as shutdown does.
        try? await gracefulShutdown()
        notifier.stopping()
    }
}

/// Passes the commit loop's heartbeat on to systemd, twice in each interval that systemd gives.
private final class Watchdog: Sendable {
    private let notifier: ServiceNotifier
    private let interval: Duration?
    private let next = Mutex(ContinuousClock.now)

    init(_ notifier: ServiceNotifier, interval microseconds: Int64?) {
        self.notifier = notifier
        interval = microseconds.map { .microseconds($0) / 2 }
    }

    func beat() {
        guard let interval else { return }
        let isDue = next.withLock { next in
            guard ContinuousClock.now >= next else { return false }
            next = .now + interval
            return true
        }
        if isDue { notifier.watchdog() }
    }
}

/// One arena for all threads, and freed memory goes back at once: private memory is what counts on a gateway.
func limitMemory() {
    mallopt(M_ARENA_MAX, 1)
    mallopt(M_MMAP_THRESHOLD, 256 << 10)
    mallopt(M_TRIM_THRESHOLD, 512 << 10)
}

/// The configuration, with the credentials that systemd has given the service.
func loadConfiguration(_ path: String) throws -> AgentConfiguration {
    try AgentConfiguration.load(path: path, credentialsDirectory: environment("CREDENTIALS_DIRECTORY"))
}

func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
}
