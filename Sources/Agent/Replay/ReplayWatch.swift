import Logging
import LogStore
import Records
import ServiceLifecycle
import Threads

/// Takes up the requests that were left in the log's folder, and says there what became of them.
actor ReplayWatch: Service {
    private static let interval = Duration.seconds(1)
    /// How often the progress of a request is saved.
    private static let roundsBetweenSaves = 10

    private let executor: ThreadExecutor
    private let folder: ReplayFolder
    private let desk: ReplayDesk
    private let log: RingLog
    private let committed: Announcement
    private let logger: Logger
    private var saved: [String: ReplayRequest] = [:]

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(
        of log: RingLog, in path: String, desk: ReplayDesk, committed: Announcement, logger: Logger
    ) throws(LogStoreError) {
        guard let executor = ThreadExecutor(named: "replays") else {
            throw LogStoreError(.unusable, "no thread for replays; raise the limit on threads (TasksMax)")
        }
        folder = ReplayFolder(log: path)
        self.log = log
        self.desk = desk
        self.committed = committed
        self.logger = logger
        self.executor = executor
    }

    /// Looks once a second until graceful shutdown.
    nonisolated func run() async throws {
        await prepare()
        await cancelWhenGracefulShutdown {
            var round = 0
            repeat {
                await self.look(saves: round % Self.roundsBetweenSaves == 0)
                round += 1
                // Cancellation ends it.
            } while (try? await Task.sleep(for: Self.interval)) != nil
        }
        await look(saves: true)
    }

    /// Leaves a request as the command does, and takes it up at once.
    ///
    /// - Returns: its name.
    func leave(_ request: ReplayRequest) throws(AccessFailure) -> String {
        let name: String
        do throws(ReplayFolder.Failure) {
            name = try folder.leave(request)
        } catch {
            throw AccessFailure(.unavailable, "\(error)")
        }
        look(saves: false)
        return name
    }

    private func prepare() {
        do throws(ReplayFolder.Failure) {
            try folder.prepare()
        } catch {
            logger.warning("no replays can be asked for: \(error)")
        }
    }

    private func look(saves: Bool) {
        for (name, outcome) in desk.takeFinished() {
            saved[name] = nil
            folder.finish(name, outcome)
            logger.notice("a replay is done: \(outcome.sent) records sent, \(outcome.missing) missing")
        }
        var isNew = false
        for (name, request) in folder.requests() where saved[name] == nil {
            guard log.uplinks[request.uplink] != nil else {
                folder.finish(name, ReplayOutcome(problem: "there is no uplink \(request.uplink)"))
                continue
            }
            guard desk.submit(request, name: name) else { continue }
            saved[name] = request
            isNew = true
            logger.notice("a replay of \(request.stream) to \(request.uplink) is asked for")
        }
        if isNew { committed.announce() }
        guard saves else { return }
        for job in desk.jobs where saved[job.name] != nil && saved[job.name] != job.request {
            saved[job.name] = job.request
            folder.save(job.request, as: job.name)
        }
    }
}
