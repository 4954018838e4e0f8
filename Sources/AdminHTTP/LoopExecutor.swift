import Glibc
import NIOCore

/// Runs tasks on an event loop's thread: the server then has one thread, and one priority, for all that it does.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    /// Lower than everything that takes records in.
    private static let niceness: Int32 = 10

    init(_ loop: any EventLoop) {
        self.loop = loop
        // On Linux 0 is the calling thread. Where it is refused, it is as urgent as the rest.
        loop.execute { _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.niceness) }
    }

    /// Runs the job after those that wait already.
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
