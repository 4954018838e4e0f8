import NIOCore
import Threads

/// Runs tasks on an event loop's thread: the server then has one thread for all that it does, and
/// that one gives way to everything that takes records in.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) {
        self.loop = loop
        loop.execute { OwnThread.giveWay() }
    }

    /// Runs the job after those that wait already.
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
