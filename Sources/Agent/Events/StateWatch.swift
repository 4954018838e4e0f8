import Records
import ServiceLifecycle

/// Looks once a second at how everything is, and tells what has changed.
final class StateWatch: Service {
    private let journal: EventJournal
    private let start: Int64
    private let look: @Sendable () -> AgentSighting

    private static let interval = Duration.seconds(1)

    init(_ journal: EventJournal, since start: Int64, look: @escaping @Sendable () -> AgentSighting) {
        self.journal = journal
        self.start = start
        self.look = look
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            var finder = ChangeFinder(atMilliseconds: start)
            while !Task.isCancelled {
                for event in finder.events(from: look()) { journal.note(event) }
                // Cancellation ends the pause, and with it the loop.
                try? await Task.sleep(for: Self.interval)
            }
        }
    }
}

/// Tells that the agent has started, and, when everything else has stopped but the recorder, that it stops.
struct LifeNotice: Service {
    let journal: EventJournal
    let gateway: GatewayID

    func run() async throws {
        journal.note(AgentEvent(.agentStarted, of: "agent", "the agent of \(gateway) has started"))
        await untilShutdown()
        journal.note(AgentEvent(.agentStopped, of: "agent", "the agent of \(gateway) stops"))
    }
}
