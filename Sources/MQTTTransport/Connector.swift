import Glibc
import Synchronization
import Threads

/// Opens connections for one client. Looking a name up and connecting can block for minutes and cannot be interrupted,
/// so each attempt has a thread of its own, and is left alone when its time is over.
final class Connector: Sendable {
    enum Outcome {
        case connected(MosquittoHandle)
        /// `isBarred`: a person is needed.
        case failed(reason: String, isBarred: Bool)
        /// The client is to stop.
        case stopped
    }

    private let configuration: MQTTConfiguration
    private let thread: ClientThread
    private let abandonedCount = Atomic<Int>(0)
    /// Attempts left alone that still wait for the network; no new ones begin beyond.
    private static let abandonedMax = 4

    init(_ configuration: MQTTConfiguration, thread: ClientThread) {
        self.configuration = configuration
        self.thread = thread
    }

    /// Called on the client's thread.
    ///
    /// - Parameters:
    ///   - isServerKnown: whether an earlier connection was accepted.
    ///   - will: the last will of this connection; nil: that of the configuration.
    func open(
        as role: MosquittoHandle.Role, isServerKnown: Bool, will: MQTTConfiguration.Will? = nil,
        until deadline: ContinuousClock.Instant
    ) -> Outcome {
        guard abandonedCount.load(ordering: .relaxed) < Self.abandonedMax else {
            let reason = "\(configuration.address): \(Self.abandonedMax) earlier attempts still wait"
            return .failed(reason: reason, isBarred: false)
        }
        var configuration = configuration
        if let will { configuration.will = will }
        if let source = configuration.passwordSource {
            do {
                configuration.password = try source()
            } catch {
                return .failed(reason: "\(configuration.address) is not asked to let us in: \(error)", isBarred: true)
            }
        }
        let handle: MosquittoHandle
        do {
            handle = try MosquittoHandle(configuration, as: role, isServerKnown: isServerKnown)
        } catch {
            return .failed(reason: error.message, isBarred: true)
        }
        let attempt = Attempt()
        let isRunning = OwnThread.start(named: "mqtt-connect") { [self] in
            let failure = handle.connect()
            if attempt.finish(failure) {
                thread.wakeup.signal()
            } else {
                abandonedCount.subtract(1, ordering: .relaxed)
            }
        }
        guard isRunning else {
            return .failed(reason: "the system gives no thread to connect from", isBarred: false)
        }
        while true {
            switch attempt.state {
            case .finished(nil): return .connected(handle)
            case .finished(let failure?): return .failed(reason: failure, isBarred: handle.isBarred)
            case .running, .abandoned: break
            }
            let isLate = ContinuousClock.now >= deadline
            if thread.isStopping || isLate {
                // Counted first: the attempt may end, and count itself out, at any moment.
                abandonedCount.add(1, ordering: .relaxed)
                guard attempt.abandon() else {
                    abandonedCount.subtract(1, ordering: .relaxed)
                    continue
                }
                return isLate ? .failed(reason: lateReason, isBarred: false) : .stopped
            }
            _ = poll(thread.wakeup.descriptor, for: POLLIN, until: deadline)
            thread.wakeup.clear()
        }
    }

    private var lateReason: String {
        "no answer from \(configuration.address) within \(configuration.connectTimeout.components.seconds) s"
    }

    private final class Attempt: Sendable {
        enum State {
            case running
            case finished(failure: String?)
            case abandoned
        }

        private let current = Mutex(State.running)

        var state: State { current.withLock(\.self) }

        /// False when nobody waits any more.
        func finish(_ failure: String?) -> Bool {
            current.withLock { state in
                if case .abandoned = state { return false }
                state = .finished(failure: failure)
                return true
            }
        }

        /// False when it has just finished.
        func abandon() -> Bool {
            current.withLock { state in
                guard case .running = state else { return false }
                state = .abandoned
                return true
            }
        }
    }
}
