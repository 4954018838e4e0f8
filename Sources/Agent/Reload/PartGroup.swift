import Logging
import ServiceLifecycle
import Synchronization
import Threads

/// Runs parts that can be started and stopped one by one; at graceful shutdown all stop at the same time, so that what
/// each of them waits for does not add up: a broker that hangs must not use up the time that the others have.
///
/// A part that throws ends all.
final class PartGroup: Service {
    /// One part while it runs.
    private final class Running: Sendable {
        let part: any Service
        private let group: ServiceGroup
        let ended = Announcement()

        init(_ part: any Service) {
            self.part = part
            // A group of its own, so that it can be told alone to shut down.
            group = ServiceGroup(
                configuration: ServiceGroupConfiguration(
                    services: [.init(service: part, successTerminationBehavior: .gracefullyShutdownGroup)],
                    logger: Logger(label: "part") { _ in SwiftLogNoOpLogHandler() }))
        }

        func run() async throws {
            defer { ended.announce() }
            try await group.run()
        }

        func stop() async {
            await group.triggerGracefulShutdown()
            await ended.wait(after: 0)
        }
    }

    private let running: Mutex<[Running]>
    private let started: AsyncStream<Running>
    private let starting: AsyncStream<Running>.Continuation

    /// - Parameter parts: run from the start.
    init(_ parts: [any Service]) {
        // As many as parts are started: nothing is lost, and nobody starts more than a configuration names.
        (started, starting) = AsyncStream.makeStream()
        running = Mutex([])
        for part in parts { start(part) }
    }

    /// Starts a part; before ``run()`` it waits for that.
    func start(_ part: any Service) {
        let new = Running(part)
        running.withLock { $0.append(new) }
        starting.yield(new)
    }

    /// Stops a part as at graceful shutdown, and returns when it has stopped. Only while the group runs.
    func stop(_ part: some Service & AnyObject) async {
        guard let found = running.withLock({ $0.first { ($0.part as AnyObject) === part } }) else { return }
        await found.stop()
        running.withLock { $0.removeAll { $0 === found } }
    }

    func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { [starting] in
                await untilShutdown()
                starting.finish()
            }
            for await part in started {
                group.addTask { [starting] in
                    do {
                        try await part.run()
                    } catch {
                        starting.finish()
                        throw error
                    }
                }
            }
        }
    }
}
