import LogStore
import Logging
import Records
import SerialIO
import ServiceLifecycle
import Threads
import Uplinks

/// The parts that come and go with the configuration, in its order, each with what it was made from.
struct AgentParts: Sendable {
    var configuration: AgentConfiguration
    var mqttSources: [(key: MQTTSourceKey, part: MQTTSource)] = []
    var serialSources: [(key: SerialSourceKey, part: SerialSource)] = []
    var forwarders: [(key: UplinkKey, part: Forwarder)] = []

    /// Where each is in the configuration.
    var paths: [String] { mqttSources.map(\.key.path) + serialSources.map(\.key.path) + forwarders.map(\.key.path) }
}

extension [SerialSourceConfiguration] {
    /// The ports of all but one.
    func ports(but name: SourceName) -> [PortName] { filter { $0.name != name }.map(\.port) }
}

/// Makes parts from their configuration.
struct PartFactory: Sendable {
    let gateway: GatewayID
    let log: RingLog
    let recorder: Recorder
    let replays: ReplayDesk
    let sessions: BrokerSessions
    let clock: any GatewayClock
    let logger: Logger
    let makeUplink: MillraceAgent.UplinkFactory

    func mqttSource(_ key: MQTTSourceKey) throws -> MQTTSource {
        try MQTTSource(
            key.configuration, gateway: gateway, recorder: recorder, sessions: sessions, linger: key.linger,
            clock: clock, logger: logger.part(key.path))
    }

    /// - Parameter all: the serial sources of the configuration.
    func serialSource(_ key: SerialSourceKey, among all: [SerialSourceConfiguration]) throws -> SerialSource {
        try SerialSource(
            key.configuration, others: all.ports(but: key.configuration.name), gateway: gateway, recorder: recorder,
            clock: clock, logger: logger.part(key.path))
    }

    func forwarder(_ key: UplinkKey) throws -> Forwarder {
        let uplink = key.configuration
        let logger = logger.part(key.path)
        guard let executor = ThreadExecutor(named: "log reader") else {
            throw LogStoreError(.unusable, "no thread for reading the log; raise the limit on threads (TasksMax)")
        }
        let sources = uplink.streams.map {
            LogReading.Source(
                stream: $0, priority: key.priorities[$0] ?? 0, order: uplink.orders[$0] ?? .oldestFirst)
        }
        return Forwarder(
            uplink.name, log: log, uplink: try makeUplink(uplink, gateway, clock, logger),
            reading: LogReading(
                log, for: uplink.name, sources: sources, filters: uplink.filters, desk: replays,
                backlogShare: Double(uplink.backlogShare) / 100, backlogAge: uplink.backlogAfter, clock: clock,
                on: executor),
            committed: recorder.committed, desk: replays, link: uplink.link, clock: clock,
            backOff: BackOff.Limits(delayMin: uplink.retryMin, delayMax: uplink.retryMax),
            credentialFiles: uplink.credentialFiles, logger: logger)
    }
}

/// Parts for another configuration: what did not change stays as it is.
struct PartExchange: Sendable {
    private(set) var parts: AgentParts
    /// What was made, and does not run yet.
    private(set) var mqttSources = Exchanged<MQTTSource>()
    private(set) var serialSources = Exchanged<SerialSource>()
    private(set) var forwarders = Exchanged<Forwarder>()

    /// Parts of one kind.
    struct Exchanged<Part: AnyObject & Sendable>: Sendable {
        /// They do not run yet.
        fileprivate(set) var made: [Part] = []
        /// They run, and are not wanted any more.
        fileprivate(set) var gone: [Part] = []

        fileprivate mutating func rows<Key: Equatable>(
            for keys: [Key], from before: [(key: Key, part: Part)], make: (Key) throws -> Part
        ) rethrows -> [(key: Key, part: Part)] {
            var rows: [(key: Key, part: Part)] = []
            for key in keys {
                if let kept = before.first(where: { $0.key == key }) {
                    rows.append(kept)
                } else {
                    made.append(try make(key))
                    rows.append((key, made[made.count - 1]))
                }
            }
            gone = before.map(\.part).filter { old in !rows.contains { $0.part === old } }
            return rows
        }
    }

    init(for configuration: AgentConfiguration) { parts = AgentParts(configuration: configuration) }

    /// Everything that is to be started.
    var made: [any Service] { forwarders.made + mqttSources.made + serialSources.made }

    /// Makes what is new.
    ///
    /// - Throws: what making a part throws; what was made until then is in the properties.
    mutating func make(from before: AgentParts, with factory: PartFactory) throws {
        let configuration = parts.configuration
        parts.mqttSources = try mqttSources.rows(
            for: configuration.mqttSources.map { MQTTSourceKey($0, linger: configuration.log.commitLinger) },
            from: before.mqttSources, make: factory.mqttSource)
        parts.serialSources = try serialSources.rows(
            for: configuration.serialSources.map(SerialSourceKey.init), from: before.serialSources,
            make: { try factory.serialSource($0, among: configuration.serialSources) })
        parts.forwarders = try forwarders.rows(
            for: configuration.uplinks.map { UplinkKey($0, streams: configuration.streams) },
            from: before.forwarders, make: factory.forwarder)
    }
}
