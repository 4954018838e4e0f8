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
    /// What happened so far.
    public let journal: EventJournal
    let recorder: Recorder
    let factory: PartFactory
    let parts: Mutex<AgentParts>
    let running: PartGroup
    let reloads = ReloadTurn()
    let clock: any GatewayClock
    let logger: Logger

    /// Opens the log and makes all parts; nothing runs yet.
    ///
    /// - Parameters:
    ///   - heartbeat: called by the commit loop at least once a second: a hung disk silences it.
    /// - Throws: ``LogStoreError`` where the log cannot be opened, or what `makeUplink` throws.
    public init(
        _ configuration: AgentConfiguration, clock: any GatewayClock = SystemClock(), logger: Logger,
        makeUplink: @escaping UplinkFactory, heartbeat: @escaping @Sendable () -> Void = {}
    ) throws {
        self.logger = logger
        self.clock = clock
        log = try RingLog(configuration.logSettings, clock: clock)
        recorder = Recorder(
            log: log, streams: configuration.streams.map(\.name), clock: clock,
            linger: configuration.log.commitLinger, logger: logger.part("log"), heartbeat: heartbeat)
        factory = PartFactory(
            gateway: configuration.gateway, log: log, recorder: recorder, clock: clock, logger: logger,
            makeUplink: makeUplink)
        var exchange = PartExchange(for: configuration)
        try exchange.make(from: exchange.parts, with: factory)
        parts = Mutex(exchange.parts)
        running = PartGroup(exchange.made)
        journal = EventJournal(recorder: recorder, clock: clock, logger: logger.part("agent"))
        journal.record(into: configuration.eventStream)
    }

    /// What it was made from, or what was read since: see ``reload(_:)``.
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
    func part(_ name: String) -> Logger {
        var logger = self
        logger[metadataKey: "part"] = .string(name)
        return logger
    }
}
