import Glibc
import Synchronization
import Threads

/// The life of a client's own thread: start, being asked to stop, end.
final class ClientThread: Sendable {
    /// Wakes the thread in its `poll`.
    let wakeup: Wakeup
    private let stopRequested = Atomic<Bool>(false)
    private let progress = Gate(Progress())

    private struct Progress {
        var isStarted = false
        var isEnded = false
    }

    init() throws(MQTTTransportError) {
        guard let wakeup = Wakeup() else {
            throw MQTTTransportError(.systemResources, "no file descriptors left for an MQTT client")
        }
        self.wakeup = wakeup
    }

    /// Runs `body` on the thread; once in a life.
    func start(named name: String, _ body: @escaping @Sendable () -> Void) throws(MQTTTransportError) {
        let isFirst = progress.change { state in
            defer { state.isStarted = true }
            return !state.isStarted
        }
        precondition(isFirst, "an MQTT client is started once")
        let isRunning = OwnThread.start(named: name) { [self] in
            body()
            progress.change { $0.isEnded = true }
        }
        guard isRunning else {
            progress.change { $0.isEnded = true }
            throw MQTTTransportError(.systemResources, "the system gives no thread for an MQTT client")
        }
    }

    var isStopping: Bool { stopRequested.load(ordering: .relaxed) }

    /// Asks the thread to end and waits until it has, for `timeout` at most. Does not depend on the task's
    /// cancellation: a cancelled task too wants its acknowledgements sent.
    func stop(within timeout: Duration) async {
        stopRequested.store(true, ordering: .relaxed)
        wakeup.signal()
        let deadline = ContinuousClock.now + timeout
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let wait: @Sendable () -> Void = { [self] in
                _ = progress.wait(until: deadline) { $0.isEnded || !$0.isStarted ? true : nil }
                continuation.resume()
            }
            // Without a thread for waiting there is no waiting; the client ends all the same.
            if !OwnThread.start(named: "mqtt-stop", wait) { continuation.resume() }
        }
    }

    /// Lets time pass on the thread, less when it is to stop, or when it is woken and the condition is not met any
    /// more.
    func pause(_ duration: Duration, while condition: () -> Bool = { true }) {
        let deadline = ContinuousClock.now + duration
        while !isStopping, condition(), ContinuousClock.now < deadline {
            _ = poll(wakeup.descriptor, for: POLLIN, until: deadline)
            wakeup.clear()
        }
    }

    /// Sleeps until the deadline; a wake-up waits until afterwards. For pauses of milliseconds.
    func pauseBriefly(until deadline: ContinuousClock.Instant) {
        let remaining = ContinuousClock.now.duration(to: deadline)
        guard remaining > .zero else { return }
        usleep(UInt32(remaining / .microseconds(1)))
    }

    /// Waits until the socket is ready, the thread is woken, or the deadline has passed.
    ///
    /// - Returns: whether the socket is ready.
    func wait(for socket: SocketOptions, toWrite: Bool, until deadline: ContinuousClock.Instant) -> Bool {
        withUnsafeTemporaryAllocation(of: pollfd.self, capacity: 2) { entries in
            entries[0] = pollfd(fd: wakeup.descriptor, events: Int16(POLLIN), revents: 0)
            let events = toWrite ? POLLIN | POLLOUT : POLLIN
            entries[1] = pollfd(fd: socket.descriptor, events: Int16(events), revents: 0)
            let count = poll(entries.baseAddress, 2, deadline.pollMilliseconds)
            guard count > 0 else { return false }
            if entries[0].revents != 0 { wakeup.clear() }
            return entries[1].revents != 0
        }
    }
}
