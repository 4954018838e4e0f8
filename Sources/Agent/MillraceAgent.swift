import Logging
import LogStore
import MQTTTransport
import Records
import ServiceLifecycle
import Synchronization
import Threads
import Uplinks

/// The program: sources, the recorder, forwarders, put together from a configuration, which may change while it runs.
public final class MillraceAgent: Sendable {
    /// Makes an uplink from its configuration; the command knows the concrete types.
    public typealias UplinkFactory =
        @Sendable (UplinkConfiguration, GatewayID, any GatewayClock, Logger) throws -> any Uplink

    /// The ring log; read it from any thread.
    public let log: RingLog
    /// When the files end by which uplinks and sources prove who they are.
    public let credentials: CredentialWatch
    /// What happened lately, for the status.
    public let events: RecentEvents
    /// Where what happens is told, for the centre.
    public let journal: EventJournal
    /// The version that the status shows.
    let version: String
    let clock: any GatewayClock
    let started = ContinuousClock.now
    let watch: LogWatch
    let medium: MediumWatch
    let recorder: Recorder
    /// What reads and writes the log for others.
    let desk = AccessDesk()
    /// Takes up replays that are asked for.
    let replayWatch: ReplayWatch
    let factory: PartFactory
    let parts: Mutex<AgentParts>
    let running: PartGroup
    let reloading: ReloadDesk
    let logger: Logger

    /// Opens the log and makes all parts; nothing runs yet.
    ///
    /// - Parameters:
    ///   - version: what the status shows.
    ///   - events: what the log says of importance, for the status.
    ///   - heartbeat: called by the commit loop at least once a second: a hung disk silences it.
    ///   - load: reads the whole configuration again, for ``reload()``; nil: that is refused.
    ///   - didReload: gets the configuration that holds after a reload.
    /// - Throws: ``LogStoreError`` where the log cannot be opened, or what `makeUplink` throws.
    public init(
        _ configuration: AgentConfiguration, clock: any GatewayClock = SystemClock(), logger: Logger,
        version: String = "", events: RecentEvents = RecentEvents(), makeUplink: @escaping UplinkFactory,
        heartbeat: @escaping @Sendable () -> Void = {},
        load: (@Sendable () throws -> AgentConfiguration)? = nil,
        didReload: @escaping @Sendable (AgentConfiguration) -> Void = { _ in }
    ) throws {
        self.logger = logger
        self.version = version
        self.events = events
        self.clock = clock
        reloading = ReloadDesk(load, didReload: didReload)
        let log = try RingLog(configuration.logSettings, clock: clock)
        self.log = log
        let watch = LogWatch(log)
        self.watch = watch
        medium = MediumWatch(folder: configuration.log.path)
        recorder = Recorder(
            log: log, streams: configuration.streams.map(\.name), clock: clock,
            linger: configuration.log.commitLinger, logger: logger.part("log")
        ) {
            watch.beat()
            heartbeat()
        }
        credentials = CredentialWatch(configuration.credentials, clock: clock, logger: logger.part("credentials"))
        let replays = ReplayDesk()
        replayWatch = try ReplayWatch(
            of: log, in: configuration.log.path, desk: replays, committed: recorder.committed,
            logger: logger.part("replay"))
        let sessions = BrokerSessions(log: configuration.log.path, logger: logger.part("mqtt"))
        sessions.tellOfStrangers(to: configuration.mqttSources)
        factory = PartFactory(
            gateway: configuration.gateway, log: log, recorder: recorder, replays: replays, sessions: sessions,
            clock: clock, logger: logger, makeUplink: makeUplink)
        var exchange = PartExchange(for: configuration)
        try exchange.make(from: exchange.parts, with: factory)
        parts = Mutex(exchange.parts)
        running = PartGroup(exchange.made + [credentials, replayWatch])
        journal = EventJournal(recorder: recorder, logger: logger.part("agent"))
        journal.record(into: configuration.eventStream)
        watch.countSources { [weak self] in self?.sourceCounts ?? [:] }
    }

    /// What it was made from, or what was read since: see ``reload()``.
    public var configuration: AgentConfiguration { parts.withLock { $0.configuration } }
    /// In the order of the configuration.
    public var mqttSources: [MQTTSource] { parts.withLock { $0.mqttSources.map(\.part) } }
    /// In the order of the configuration.
    public var serialSources: [SerialSource] { parts.withLock { $0.serialSources.map(\.part) } }
    /// One per uplink, in the order of the configuration.
    public var forwarders: [Forwarder] { parts.withLock { $0.forwarders.map(\.part) } }

    /// Everything that runs, in the order of the start. Shutdown walks backwards: sources and forwarders stop first,
    /// all at the same time, and at last the recorder commits and closes the log.
    public var services: [any Service] {
        [
            recorder, LifeNotice(journal: journal, gateway: log.gateway),
            StateWatch(journal, since: clock.bootMilliseconds()) { [self] in sighting() }, running,
        ]
    }

    /// What is known of each device, in the order of the configuration.
    public var deviceStates: [DeviceState] {
        mqttSources.flatMap(\.deviceStates) + serialSources.flatMap(\.deviceStates)
    }

    /// Why streams take nothing at present.
    public var obstacles: [StreamName: LogStoreError] { recorder.obstacles }
}

extension AgentConfiguration {
    /// How the log is kept.
    public var logSettings: LogSettings {
        LogSettings(
            path: log.path, gateway: gateway,
            streams: Dictionary(uniqueKeysWithValues: streams.map { ($0.name, $0.settings) }),
            uplinks: Dictionary(uniqueKeysWithValues: uplinks.map { ($0.name, Set($0.streams)) }))
    }

    /// The stream of what the agent tells of itself; nil where there is none.
    var eventStream: StreamName? { streams.map(\.name).first { $0 == .millrace } }
}

extension StreamConfiguration {
    /// The log's form of it.
    fileprivate var settings: StreamSettings {
        StreamSettings(
            capacity: capacity, overflow: StreamSettings.Overflow(rawValue: overflow.rawValue) ?? .dropOldest,
            retention: retention)
    }
}

extension Logger {
    /// The same log with the name of a part in front of each line.
    public func part(_ name: String) -> Logger {
        var logger = self
        logger[metadataKey: "part"] = .string(name)
        return logger
    }
}
