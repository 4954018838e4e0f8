import DeviceProfiles
import Logging
import Records
import SerialIO
import ServiceLifecycle
import Synchronization

/// Takes in what serial ports deliver: one port, or every match of a pattern.
///
/// Readings become a SenML pack (RFC 8428), raw lines stay as they are.
public final class SerialSource: Service {
    /// As in the configuration.
    public let name: String
    let configuration: SerialSourceConfiguration
    /// The ports of the other sources, which patterns and `auto` leave alone.
    private let others: Mutex<[PortName]>
    /// What a pattern fits at present, and who is told when that changes; nil while nobody is.
    private let matches = Mutex<(paths: [String], changes: AsyncStream<[String]>.Continuation)?>(nil)
    private let records: ReadingRecords
    private let clock: any GatewayClock
    private let tree: DeviceTree
    private let logger: Logger
    let lines = Mutex<[SerialLine]>([])
    /// What ports took in that have gone.
    private let past = Mutex(SourceCounters())
    /// Ports on which it is or was detected what is there, and by which attempt; until they are unplugged.
    private let detections = Mutex<(attempts: [String: Int], last: Int)>(([:], 0))

    /// How often it is looked whether a value has waited for long enough.
    private static let dueInterval = Duration.milliseconds(500)

    /// - Parameter others: the ports of the other sources, which `auto` leaves alone.
    init(
        _ configuration: SerialSourceConfiguration, others: [PortName], gateway: GatewayID, recorder: Recorder,
        clock: any GatewayClock, tree: DeviceTree = DeviceTree(), logger: Logger
    ) throws {
        self.configuration = configuration
        self.others = Mutex(others)
        self.clock = clock
        self.tree = tree
        self.logger = logger
        name = configuration.name.rawValue
        records = ReadingRecords(
            gateway: gateway, stream: configuration.stream, recorder: recorder, clock: clock)
    }

    /// Reads until graceful shutdown.
    ///
    /// - Throws: ``SerialPortError`` where the system gives no thread or descriptor.
    public func run() async throws {
        if configuration.port.isPlural {
            try await readMatches()
        } else {
            let line = try makeLine(configuration, configuration.port, suffix: "")
            try begin(line)
            await publishWhatIsDue()
            await end(line)
        }
    }

    /// What it took in since the start, ports that have gone included.
    public var counters: SourceCounters {
        lines.withLock { lines in
            lines.map { $0.receiver.shared.withLock { $0.counters } }
                .reduce(into: past.withLock { $0 }) { $0.add($1) }
        }
    }

    /// The state of each port that is read at present.
    public var states: [SerialPortState] {
        lines.withLock { lines in lines.map { $0.receiver.shared.withLock { $0.state } } }
    }

    /// Each port that is read at present, and its state.
    public var links: [(port: String, state: SerialPortState)] {
        lines.withLock { lines in
            lines.map { ($0.port.description, $0.receiver.shared.withLock { $0.state }) }
        }
    }

    /// What is known of each device on them.
    public var deviceStates: [DeviceState] {
        lines.withLock { $0 }.flatMap { $0.receiver.deviceStates(of: name) }
    }

    /// Whether there are ports, and all of them are open.
    public var isReading: Bool {
        let states = self.states
        return !states.isEmpty && states.allSatisfy { if case .open = $0 { true } else { false } }
    }

    // MARK: Several ports

    /// Looks again at what is there, because other sources have other ports now, or profiles have changed.
    func lookAgain(others: [PortName]) {
        self.others.withLock { $0 = others }
        matches.withLock { matches in _ = matches.map { $0.changes.yield($0.paths) } }
    }

    /// Reads each match of the pattern from when it comes until it goes.
    private func readMatches() async throws {
        let (changes, continuation) = AsyncStream.makeStream(of: [String].self, bufferingPolicy: .bufferingNewest(1))
        matches.withLock { $0 = ([], continuation) }
        let lookout = try PortLookout(configuration.port, tree: tree) { [weak self] paths in
            self?.matches.withLock { $0?.paths = paths }
            continuation.yield(paths)
        }
        try lookout.start()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.publishWhatIsDue() }
            group.addTask {
                await withDiscardingTaskGroup { detections in
                    for await paths in changes { await self.adopt(paths, &detections) }
                    detections.cancelAll()
                }
            }
            await group.next()
            lookout.stop()
            matches.withLock { $0 = nil }
            continuation.finish()
            group.cancelAll()
        }
        for line in lines.withLock({ $0 }) { await end(line) }
    }

    /// Begins to read ports that are new, and lets go of those that have gone.
    private func adopt(_ paths: [String], _ detections: inout DiscardingTaskGroup) async {
        let wanted = paths.filter { !isOfAnother($0) }
        let present = lines.withLock { $0 }
        for line in present where !wanted.contains(line.port.description) { await end(line) }
        if case .detected(let library) = configuration.content {
            for line in present where wanted.contains(line.port.description) && !line.isAsDescribed(in: library) {
                logger.notice("the profile of what is at \(line.port) has changed")
                await end(line)
                self.detections.withLock { $0.attempts[line.port.description] = nil }
            }
            for (path, attempt) in beginDetections(wanted) {
                detections.addTask { await self.detect(path, attempt: attempt, among: library) }
            }
            return
        }
        let known = Set(present.map(\.port.description))
        for path in wanted where !known.contains(path) { read(path, configuration) }
    }

    /// Begins to read one of several ports.
    private func read(_ path: String, _ configuration: SerialSourceConfiguration) {
        do {
            let suffix = "-" + (path.split(separator: "/").last.map(String.init) ?? path)
            try begin(makeLine(configuration, .path(path), suffix: suffix))
        } catch {
            logger.error("\(path) cannot be read: \(error)")
        }
    }

    // MARK: Detection

    /// Ports that were not there before, each with the number of its attempt. Those that have gone are forgotten: what
    /// is plugged in next may be something else.
    private func beginDetections(_ paths: [String]) -> [(path: String, attempt: Int)] {
        detections.withLock { detections in
            detections.attempts = detections.attempts.filter { paths.contains($0.key) }
            return paths.filter { detections.attempts[$0] == nil }.map { path in
                detections.last += 1
                detections.attempts[path] = detections.last
                return (path, detections.last)
            }
        }
    }

    /// Finds out what is at a port, and reads it where that is certain; else it is left alone until it is plugged in
    /// again.
    private func detect(_ path: String, attempt: Int, among library: ProfileLibrary) async {
        let detection = SourceDetection(path: path, library: library, clock: clock, tree: tree, logger: logger)
        guard let found = await detection.run() else { return }
        let isCurrent = detections.withLock { $0.attempts[path] == attempt }
        if isCurrent, !Task.isCancelled { read(path, configuration.resolved(found)) }
    }

    /// Whether another source names the port, by whatever name.
    private func isOfAnother(_ path: String) -> Bool {
        let file = DeviceTree.resolved(path)
        return others.withLock({ $0 }).contains { other in
            tree.matches(other).contains { DeviceTree.resolved($0) == file }
        }
    }

    // MARK: One port

    private func makeLine(
        _ configuration: SerialSourceConfiguration, _ port: PortName, suffix: String
    ) throws -> SerialLine {
        try SerialLine(
            configuration, port: port, suffix: suffix, into: records, clock: clock, tree: tree,
            logger: logger)
    }

    private func begin(_ line: SerialLine) throws {
        try line.start()
        lines.withLock { $0.append(line) }
    }

    private func end(_ line: SerialLine) async {
        await line.stop()
        lines.withLock { lines in
            guard let index = lines.firstIndex(where: { $0 === line }) else { return }
            lines.remove(at: index)
            let counters = line.receiver.shared.withLock { $0.counters }
            past.withLock { $0.add(counters) }
        }
    }

    /// Publishes what has waited for its interval to end, until shutdown.
    private func publishWhatIsDue() async {
        guard configuration.content.isTimed else { return await untilShutdown() }
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                // Cancellation ends the pause, and with it the loop.
                try? await Task.sleep(for: Self.dueInterval)
                for line in self.lines.withLock({ $0 }) { line.receiver.publishDue() }
            }
        }
    }
}

extension SerialSourceConfiguration.Content {
    /// Whether something may have to go out without another frame.
    fileprivate var isTimed: Bool {
        switch self {
        case .raw: false
        case .devices(let devices): devices.contains(where: \.profile.holdsReadings)
        case .detected: true
        }
    }
}
