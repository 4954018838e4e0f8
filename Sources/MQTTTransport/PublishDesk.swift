import Synchronization

/// Where callers and the publisher's thread meet: jobs are handed in while there is a connection, and taken from here.
final class PublishDesk: Sendable {
    private struct State {
        var link = Link.down(reason: "not connected yet", isBarred: false)
        var isClosed = false
        var jobs: [PublishJob] = []
        var jobsSubmitted = 0
        var waiters: [Int: CheckedContinuation<Bool, Never>] = [:]
        var waitersSeen = 0
        /// Callers that wait for the end of a connection.
        var leavers: [CheckedContinuation<Void, Never>] = []
        var counters = MQTTPublisher.Counters()
    }

    private enum Link {
        case up
        case down(reason: String, isBarred: Bool)
    }

    private let address: String
    private let state = Mutex(State())
    private let suspended = Atomic<Bool>(false)
    private let resumed = Atomic<Int>(0)

    init(address: String) {
        self.address = address
    }

    // MARK: The callers' side

    /// Takes a job, or answers it at once: then false.
    func submit(
        count: Int, cancelled: PublishJob.Cancellation, continuation: CheckedContinuation<PublishReport, Never>,
        message: @escaping @Sendable (Int) -> MQTTMessage?
    ) -> Bool {
        let refusal: PublishReport.Ending? = state.withLock { state in
            if case .down(let reason, let isBarred) = state.link {
                return isBarred ? .barred(reason: reason) : .disconnected(reason: reason)
            }
            state.jobsSubmitted += 1
            state.jobs.append(
                PublishJob(
                    number: state.jobsSubmitted, count: count, cancelled: cancelled, continuation: continuation,
                    message: message))
            return nil
        }
        guard let refusal else { return true }
        continuation.resume(returning: PublishReport(confirmed: 0, ending: refusal))
        return false
    }

    var isConnected: Bool {
        state.withLock { state in
            if case .up = state.link { true } else { false }
        }
    }

    var counters: MQTTPublisher.Counters { state.withLock(\.counters) }

    func waitUntilConnected() async -> Bool {
        let number = state.withLock { state in
            state.waitersSeen += 1
            return state.waitersSeen
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    if case .up = state.link { return true }
                    if state.isClosed || Task.isCancelled { return false }
                    state.waiters[number] = continuation
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiters.removeValue(forKey: number) }
            waiter?.resume(returning: false)
        }
    }

    /// Nobody shall wait any more.
    func close() {
        answerWaiters(false) { $0.isClosed = true }
        answerLeavers()
    }

    /// Whether there shall be no connection.
    var isSuspended: Bool { suspended.load(ordering: .relaxed) }

    func suspend() { suspended.store(true, ordering: .relaxed) }

    func resume() {
        suspended.store(false, ordering: .relaxed)
        resumed.add(1, ordering: .relaxed)
    }

    /// How often a link was opened: it ends the wait for the next attempt.
    var resumes: Int { resumed.load(ordering: .relaxed) }

    /// Returns when there is no connection; the thread ends one within seconds when it is suspended.
    func waitUntilDisconnected() async {
        await withCheckedContinuation { continuation in
            let isDown = state.withLock { state in
                guard case .up = state.link, !state.isClosed else { return true }
                state.leavers.append(continuation)
                return false
            }
            if isDown { continuation.resume() }
        }
    }

    // MARK: The thread's side

    /// The server has accepted a connection.
    func connected() {
        answerWaiters(true) { $0.link = .up }
    }

    /// There is no connection; gives the jobs that nobody will serve.
    ///
    /// - Parameter isBarred: whether a person is needed.
    func disconnected(reason: String, isBarred: Bool = false) -> [PublishJob] {
        defer { answerLeavers() }
        return state.withLock { state in
            state.link = .down(reason: reason, isBarred: isBarred)
            defer { state.jobs = [] }
            return state.jobs
        }
    }

    func nextJob() -> PublishJob? {
        state.withLock { state in state.jobs.isEmpty ? nil : state.jobs.removeFirst() }
    }

    /// Takes out the jobs whose callers no longer wait.
    func cancelledJobs() -> [PublishJob] {
        state.withLock { state in
            let cancelled = state.jobs.filter(\.isCancelled)
            if !cancelled.isEmpty { state.jobs.removeAll(where: \.isCancelled) }
            return cancelled
        }
    }

    func count(_ body: (inout MQTTPublisher.Counters) -> Void) {
        state.withLock { body(&$0.counters) }
    }

    private func answerLeavers() {
        let leavers = state.withLock { state in
            defer { state.leavers = [] }
            return state.leavers
        }
        for leaver in leavers { leaver.resume() }
    }

    private func answerWaiters(_ answer: Bool, _ change: (inout sending State) -> Void) {
        let waiters = state.withLock { state in
            change(&state)
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume(returning: answer) }
    }
}
