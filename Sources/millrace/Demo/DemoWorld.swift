import Agent
import LogStore
import Logging
import Records
import SerialIO
import Simulation
import Synchronization
import Threads
import Uplinks

/// A shop floor, a gateway and a centre on this machine: real brokers, real serial lines, and a link that can be cut.
final class DemoWorld: Sendable {
    /// One way, so long does a message take over the link.
    static let linkDelay = Duration.milliseconds(50)
    /// The longest interval over which a serial source combines values, and what looking for its end takes.
    private static let lastInterval = Duration.milliseconds(1500)

    let fleet: DeviceFleet
    let sensors: [SimulatedSensor]
    let agent: MillraceAgent
    /// The agent's log lines.
    let lines = RecentLines()
    /// The configuration that the agent runs with.
    let configurationPath: String
    private let folder: TemporaryFolder
    private let localBroker: Broker
    private let centralBroker: Broker
    private let relay: Relay
    private let centre: CentreAudit
    private let state = Mutex(State())

    private struct State {
        var begun: ContinuousClock.Instant?
        var ended: ContinuousClock.Instant?
        var isLinkUp = true
        var linkChanged = ContinuousClock.now
    }

    /// Starts the brokers and connects the centre; the agent and the sources do not run yet.
    ///
    /// - Throws: ``SimulationError``, or what keeps the agent from being made.
    init() async throws {
        folder = try TemporaryFolder("demo")
        var options = Broker.Options()
        options.isInOwnGroup = true
        async let local = Broker(options)
        async let central = Broker(options)
        (localBroker, centralBroker) = try await (local, central)
        relay = try Relay(to: centralBroker.port)
        relay.behaviour = .delayed(Self.linkDelay)
        sensors = try SimulatedSensor.all()
        fleet = try DeviceFleet(port: localBroker.port)
        centre = try CentreAudit(port: centralBroker.port)
        let configuration = DemoConfiguration(localPort: localBroker.port, linkPort: relay.port, sensors: sensors)
        configurationPath = try folder.write("millrace.toml", configuration.text)
        let level = LogLevel(.info)
        let logger = Logger(label: "millrace") { [lines] _ in
            LogLines(style: .terminal, level: level, output: lines.append)
        }
        agent = try MillraceAgent(
            AgentConfiguration.load(path: configurationPath), logger: logger, makeUplink: makeUplink)
    }

    // MARK: What happens

    /// Waits until nothing that the sources say can be missed, and lets the sensors speak.
    ///
    /// - Throws: ``SimulationError`` where a part does not come up.
    func begin() async throws {
        let isReady = await eventually { [centre, agent] in
            centre.isListening && agent.mqttSources.allSatisfy(\.isSubscribed)
                && agent.serialSources.allSatisfy { $0.isReading }
        }
        guard isReady else {
            throw SimulationError("the agent does not come up:\n\(lines.last(10).joined(separator: "\n"))")
        }
        for sensor in sensors { try sensor.start() }
        state.withLock { $0.begun = .now }
    }

    /// Cuts the link, or restores it.
    func setLink(up isUp: Bool) {
        let isNews = state.withLock { state in
            guard state.isLinkUp != isUp else { return false }
            state.isLinkUp = isUp
            state.linkChanged = .now
            return true
        }
        if isNews { relay.behaviour = isUp ? .delayed(Self.linkDelay) : .cut }
    }

    /// Whether bytes pass between gateway and centre.
    var isLinkUp: Bool { state.withLock { $0.isLinkUp } }

    /// Lets the sources fall silent; what they had begun is said.
    func stopSources() async {
        state.withLock { $0.ended = .now }
        fleet.stop()
        let sensors = sensors
        await withCheckedContinuation { continuation in
            let stop: @Sendable () -> Void = {
                for sensor in sensors { sensor.stop() }
                continuation.resume()
            }
            // Stopping blocks, so it has a thread of its own; without one, the pool bears it once.
            if !OwnThread.start(named: "sensors", stop) { stop() }
        }
        // What a device said last goes out when its interval has ended.
        try? await Task.sleep(for: Self.lastInterval)
    }

    /// Disconnects and ends the brokers, once the agent has ended.
    func close() async throws {
        await fleet.close()
        await centre.close()
        try await localBroker.stop()
        try await centralBroker.stop()
    }

    // MARK: What is seen

    /// Everything at this moment. The log may block on the disk.
    func snapshot() -> DemoSnapshot {
        var snapshot = DemoSnapshot()
        let state = state.withLock { $0 }
        let begun = state.begun ?? .now
        snapshot.elapsed = begun.duration(to: .now)
        snapshot.isEnding = state.ended != nil
        snapshot.link.isUp = state.isLinkUp
        snapshot.link.since = max(begun, state.linkChanged).duration(to: .now)
        snapshot.link.isDelivering = agent.forwarders.allSatisfy(\.status.isDelivering)
        // The centre first and the sources last: what is downstream is never ahead of what is upstream.
        snapshot.centre = centre.summary
        snapshot.unreadable = centre.unreadableCount
        let statistics = agent.log.statistics()
        for stream in statistics.streams.values {
            snapshot.segments += stream.segments.count
            snapshot.size = snapshot.size + stream.size
            snapshot.capacity = snapshot.capacity + stream.capacity
        }
        for uplink in statistics.uplinks.values.flatMap(\.values) {
            snapshot.accepted += uplink.accepted
            snapshot.forwarded += uplink.forwarded
            snapshot.held += uplink.held
            snapshot.lost += uplink.lost
            snapshot.rejected += uplink.rejected
        }
        snapshot.sensors = sensors.map { sensor in
            let rows = sensor.rows.map { DemoSnapshot.Device(name: $0.name, value: $0.value) }
            let taken = agent.serialSources.first { $0.name == sensor.name }?.counters.received ?? 0
            return DemoSnapshot.Sensor(devices: rows, sent: sensor.sentCount ?? taken)
        }
        snapshot.published = fleet.publishedCount
        return snapshot
    }
}
