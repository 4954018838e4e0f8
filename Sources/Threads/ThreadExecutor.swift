import Glibc

/// Runs the jobs of actors on one thread of its own, for actors whose methods block on the disk.
public final class ThreadExecutor: SerialExecutor {
    private struct Queue {
        var jobs: [UnownedJob] = []
        var isStopped = false
    }

    private let queue = Gate(Queue())

    /// Starts the thread; nil where the system gives none.
    public init?(named name: String) {
        let queue = queue
        // The thread holds the executor until it stops, so that a job never outlives where it runs.
        guard OwnThread.start(named: name, { [weak self] in ThreadExecutor.run(queue) { self } }) else { return nil }
    }

    deinit { queue.change { $0.isStopped = true } }

    /// Runs the job on the thread, after those that wait already.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.change { $0.jobs.append(job) }
    }

    private static func run(_ queue: Gate<Queue>, _ executor: () -> ThreadExecutor?) {
        while true {
            let jobs = queue.wait { queue -> [UnownedJob]? in
                if queue.jobs.isEmpty { return queue.isStopped ? [] : nil }
                defer { queue.jobs.removeAll(keepingCapacity: true) }
                return queue.jobs
            }
            guard let jobs, !jobs.isEmpty, let executor = executor() else { return }
            for job in jobs { job.runSynchronously(on: executor.asUnownedSerialExecutor()) }
        }
    }
}
