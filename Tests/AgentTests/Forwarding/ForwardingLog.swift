import AgentTestKit
import LogStore
import Logging
import Records
import ServiceLifecycle
import Synchronization
import Threads
import Uplinks

@testable import Agent

/// A log with uplinks behind it, and the forwarders between them.
final class ForwardingLog: Sendable {
    let folder: AgentTestKit.TemporaryFolder
    let log: RingLog
    let uplinks: [UplinkName: ScriptedUplink]
    let committed = Announcement()
    let desk = ReplayDesk()
    private let streams: [StreamName: StreamSettings]
    private let priorities: [StreamName: Int]
    private let order: DeliveryOrder
    private let link: LinkConfiguration
    private let filters: [FilterRule]
    private let backOff: BackOff.Limits
    private let credentialFiles: [String]
    private let forwarders = Mutex<[UplinkName: Forwarder]>([:])
    /// What the records are stamped with, and what their age is told by.
    let clock = ManualClock()

    static let alarms = StreamName("alarms")!

    init(
        _ uplinks: [String: ScriptedUplink], streams: [StreamName: StreamSettings] = [.telemetry: .small],
        priorities: [StreamName: Int] = [:], order: DeliveryOrder = .oldestFirst,
        link: LinkConfiguration = LinkConfiguration(), filters: [FilterRule] = [],
        backOff: BackOff.Limits = BackOff.Limits(delayMin: .milliseconds(1), delayMax: .milliseconds(5)),
        credentialFiles: [String] = []
    ) throws {
        folder = try AgentTestKit.TemporaryFolder("forwarding", isInMemory: true)
        self.uplinks = Dictionary(uniqueKeysWithValues: uplinks.map { (UplinkName($0)!, $1) })
        self.streams = streams
        self.priorities = priorities
        self.order = order
        self.link = link
        self.filters = filters
        self.backOff = backOff
        self.credentialFiles = credentialFiles
        log = try RingLog(
            LogSettings(
                path: folder.file("log"), gateway: GatewayID("gw")!, streams: streams,
                uplinks: self.uplinks.mapValues { _ in Set(streams.keys) }), clock: clock)
    }

    /// Commits one record per payload, as one chunk.
    @discardableResult
    func append(_ payloads: [String], to stream: StreamName = .telemetry) -> LogStoreError? {
        var builder = ChunkBuilder(clock: clock.read())
        let topic = Array("t".utf8)
        for payload in payloads {
            let bytes = Array(payload.utf8)
            builder.append(
                topic: topic.span.bytes, payload: bytes.span.bytes, bootMilliseconds: clock.bootMilliseconds())
        }
        let failure = log.commit([stream: [builder]])[stream]
        committed.announce()
        return failure
    }

    /// Runs a forwarder for each uplink while `body` runs, then stops them in order.
    func forwarding(_ body: () async throws -> Void) async throws {
        let services: [Forwarder] = try uplinks.map { name, uplink in
            guard let executor = ThreadExecutor(named: "log reader") else { throw TestKitError("no thread") }
            let sources = streams.keys.map {
                LogReading.Source(stream: $0, priority: priorities[$0] ?? 0, order: order)
            }
            return Forwarder(
                name, log: log, uplink: uplink,
                reading: LogReading(
                    log, for: name, sources: sources, filters: filters, desk: desk, clock: clock, on: executor),
                committed: committed, desk: desk, link: link, clock: clock,
                backOff: backOff, credentialFiles: credentialFiles, logger: .silent)
        }
        forwarders.withLock { $0 = Dictionary(uniqueKeysWithValues: services.map { ($0.name, $0) }) }
        try await running(services, body)
    }

    /// The forwarder that runs, or ran last.
    func forwarder(of uplink: String) throws -> Forwarder {
        guard let forwarder = forwarders.withLock({ $0[UplinkName(uplink)!] }) else {
            throw TestKitError("no forwarder for \(uplink)")
        }
        return forwarder
    }

    func numbers(of uplink: String, in stream: StreamName = .telemetry) throws -> LogStatistics.Uplink {
        guard let numbers = log.statistics().uplinks[UplinkName(uplink)!]?[stream] else {
            throw TestKitError("no numbers for \(uplink)")
        }
        return numbers
    }
}

extension StreamSettings {
    /// The smallest ring.
    static let small = StreamSettings(capacity: StreamSettings.capacityMin)
}

extension LogStatistics.Uplink {
    /// Promise P3, in one line.
    var isBalanced: Bool { accepted == forwarded + held + lost + rejected + filtered }
}

extension Logger {
    /// For parts whose log lines are not what is tested.
    static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}

/// Runs services while `body` runs, then shuts them down in order.
func running(_ services: [any Service], _ body: () async throws -> Void) async throws {
    let group = ServiceGroup(services: services, logger: .silent)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        do {
            try await body()
        } catch {
            await group.triggerGracefulShutdown()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
    }
}
