import ServiceLifecycle
import Simulation
import Synchronization

/// What a person, the clock or a signal wants of the demonstration.
enum DemoEvent: Sendable {
    /// Cut the link, or restore it.
    case link
    /// End: the first time in order, the second time without waiting for the backlog.
    case end
}

/// Where events come from many sides.
struct DemoEvents: Sendable {
    let stream: AsyncStream<DemoEvent>
    private let continuation: AsyncStream<DemoEvent>.Continuation

    init() {
        // More than a person can press before one is looked at; further ones are dropped.
        (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(16))
    }

    func send(_ event: DemoEvent) { continuation.yield(event) }
}

/// Leads the demonstration from its begin to its end, then lets everything else stop.
final class DemoScript: Service {
    /// Something that happens by itself, so long after what was before it.
    typealias Cue = (after: Duration, event: DemoEvent)

    /// How long a backlog is waited for at the end.
    private static let drainingLimit = Duration.seconds(120)
    private let world: DemoWorld
    private let events: DemoEvents
    private let cues: [Cue]
    private let report: @Sendable (String) -> Void
    private let shared = Mutex<Outcome?>(nil)

    /// How it ended.
    struct Outcome: Sendable {
        var snapshot: DemoSnapshot
        /// Somebody did not want to wait for the backlog.
        var isCutShort: Bool
    }

    /// - Parameters:
    ///   - cues: what happens by itself.
    ///   - report: told what happens, in a few words.
    init(_ world: DemoWorld, events: DemoEvents, cues: [Cue], report: @escaping @Sendable (String) -> Void) {
        self.world = world
        self.events = events
        self.cues = cues
        self.report = report
    }

    /// Nil until it has ended.
    var outcome: Outcome? { shared.withLock { $0 } }

    /// Runs to the end; cancelled, it ends at once.
    func run() async throws {
        try await cancelWhenGracefulShutdown {
            try await self.world.begin()
            async let fleet: Void = self.world.fleet.run()
            await self.act()
            await self.world.stopSources()
            await fleet
            let isCutShort = await !self.drain()
            self.shared.withLock { $0 = Outcome(snapshot: self.world.snapshot(), isCutShort: isCutShort) }
        }
    }

    private func act() async {
        // Ends with what follows it: a cue that comes late must not be taken for impatience.
        async let _: Void = play()
        await follow()
    }

    private func play() async {
        for cue in cues {
            guard (try? await Task.sleep(for: cue.after)) != nil else { return }
            events.send(cue.event)
        }
    }

    private func follow() async {
        for await event in events.stream {
            switch event {
            case .end: return
            case .link:
                let isUp = !world.isLinkUp
                world.setLink(up: isUp)
                report(isUp ? "the link is restored" : "the link is cut")
            }
        }
    }

    /// Waits until all is at the centre; false when somebody did not want to wait, or it takes too long.
    private func drain() async -> Bool {
        world.setLink(up: true)
        report("the sources have stopped; waiting for the backlog")
        return await withTaskGroup(of: Bool.self) { group in
            group.addTask { [world] in
                await eventually(within: Self.drainingLimit) { world.snapshot().isDrained || Task.isCancelled }
                    && !Task.isCancelled
            }
            group.addTask { [events] in
                for await event in events.stream where event == .end { return false }
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
    }
}
