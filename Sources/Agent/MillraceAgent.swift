import Logging
import LogStore
import MQTTTransport
import Records
import ServiceLifecycle
import Synchronization
import Threads
import Uplinks

/// The program: sources, the recorder, forwarders, put together from a configuration.
public final class MillraceAgent: Sendable {
    /// Makes an uplink from its configuration; the command knows the concrete types.
    public typealias UplinkFactory =
        @Sendable (UplinkConfiguration, GatewayID, any GatewayClock, Logger) throws -> any Uplink

    /// What it was made from.
    public let configuration: AgentConfiguration
    /// The ring log; read it from any thread.
    public let log: RingLog
    /// In the order of the configuration.
    public let mqttSources: [MQTTSource]
    /// In the order of the configuration.
    public let serialSources: [SerialSource]
    /// One per uplink, in the order of the configuration.
    public let forwarders: [Forwarder]
    /// When the files end by which uplinks and sources prove who they are.
    public let credentials: CredentialWatch
    /// What happened lately, for the status.
    public let events: RecentEvents
    /// The version that the status shows.
    let version: String
    let clock: any GatewayClock
    let started = ContinuousClock.now
    let watch: LogWatch
    let medium: MediumWatch
    let recorder: Recorder
    /// What reads and writes the log for others.
    let desk = AccessDesk()
    /// Where replays wait that were asked for.
    private let replays: ReplayDesk
    private let replayWatch: ReplayWatch
    private let logger: Logger

    /// Opens the log and makes all parts; nothing runs yet.
    ///
    /// - Parameters:
    ///   - version: what the status shows.
    ///   - events: what the log says of importance, for the status.
    ///   - heartbeat: called by the commit loop at least once a second: a hung disk silences it.
    /// - Throws: ``LogStoreError`` where the log cannot be opened, or what `makeUplink` throws.
    public init(
        _ configuration: AgentConfiguration, clock: any GatewayClock = SystemClock(), logger: Logger,
        version: String = "", events: RecentEvents = RecentEvents(), makeUplink: UplinkFactory,
        heartbeat: @escaping @Sendable () -> Void = {}
    ) throws {
        self.configuration = configuration
        self.logger = logger
        self.version = version
        self.events = events
        self.clock = clock
        let gateway = configuration.gateway
        let log = try RingLog(configuration.logSettings, clock: clock)
        self.log = log
        let watch = LogWatch(log)
        self.watch = watch
        medium = MediumWatch(folder: configuration.log.path)
        let recorder = Recorder(
            log: log, streams: configuration.streams.map(\.name), clock: clock,
            linger: configuration.log.commitLinger, logger: logger.part("log")
        ) {
            watch.beat()
            heartbeat()
        }
        self.recorder = recorder
        mqttSources = try configuration.mqttSources.map {
            try MQTTSource(
                $0, gateway: gateway, recorder: recorder, linger: configuration.log.commitLinger, clock: clock,
                logger: logger.part("mqtt.\($0.name)"))
        }
        serialSources = try configuration.serialSources.map { source in
            try SerialSource(
                source, others: configuration.serialSources.filter { $0.name != source.name }.map(\.port),
                gateway: gateway, recorder: recorder, clock: clock, logger: logger.part("serial.\(source.name)"))
        }
        credentials = CredentialWatch(configuration.credentials, clock: clock, logger: logger.part("credentials"))
        let replays = ReplayDesk()
        self.replays = replays
        replayWatch = try ReplayWatch(
            configuration, desk: replays, committed: recorder.committed, logger: logger.part("replay"))
        let priorities = Dictionary(uniqueKeysWithValues: configuration.streams.map { ($0.name, $0.priority) })
        forwarders = try configuration.uplinks.map { uplink in
            let logger = logger.part("uplinks.\(uplink.name)")
            guard let executor = ThreadExecutor(named: "log reader") else {
                throw LogStoreError(.unusable, "no thread for reading the log; raise the limit on threads (TasksMax)")
            }
            let sources = uplink.streams.map {
                LogReading.Source(
                    stream: $0, priority: priorities[$0] ?? 0, order: uplink.orders[$0] ?? .oldestFirst)
            }
            return Forwarder(
                uplink.name, log: log, uplink: try makeUplink(uplink, gateway, clock, logger),
                reading: LogReading(
                    log, for: uplink.name, sources: sources, filters: uplink.filters, desk: replays,
                    backlogShare: Double(uplink.backlogShare) / 100, backlogAge: uplink.backlogAfter, clock: clock,
                    on: executor),
                committed: recorder.committed, desk: replays, link: uplink.link, clock: clock,
                backOff: BackOff.Limits(delayMin: uplink.retryMin, delayMax: uplink.retryMax), logger: logger)
        }
        watch.countSources { [weak self] in self?.sourceCounts ?? [:] }
    }

    /// Everything that runs, in the order of the start. Shutdown walks backwards: sources and forwarders stop first,
    /// all at the same time, and then the recorder commits and closes the log.
    public var services: [any Service] {
        [recorder, ServicesTogether(services: forwarders + mqttSources + serialSources + [credentials, replayWatch])]
    }

    /// What is known of each device, in the order of the configuration.
    public var deviceStates: [DeviceState] {
        mqttSources.flatMap(\.deviceStates) + serialSources.flatMap(\.deviceStates)
    }

    /// Sends a part of a stream once more, marked as a replay; in its turn, beside what is new. Forgotten by a restart,
    /// unlike what ``ReplayFolder`` takes.
    ///
    /// - Returns: whether there was room for the request.
    public func replay(_ request: ReplayRequest) -> Bool {
        guard replays.submit(request, name: "\(UInt64.random(in: 0 ... .max))") else { return false }
        recorder.committed.announce()
        return true
    }

    /// Why streams take nothing at present.
    public var obstacles: [StreamName: LogStoreError] { recorder.obstacles }
}

extension AgentConfiguration {
    /// How the log is kept.
    public var logSettings: LogSettings {
        LogSettings(
            path: log.path, gateway: gateway,
            streams: Dictionary(
                uniqueKeysWithValues: streams.map {
                    (
                        $0.name,
                        StreamSettings(
                            capacity: $0.capacity,
                            overflow: StreamSettings.Overflow(rawValue: $0.overflow.rawValue) ?? .dropOldest,
                            retention: $0.retention)
                    )
                }),
            uplinks: Dictionary(uniqueKeysWithValues: uplinks.map { ($0.name, Set($0.streams)) }))
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
