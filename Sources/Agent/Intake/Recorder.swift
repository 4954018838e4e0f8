import Logging
import LogStore
import Records
import ServiceLifecycle
import Threads

/// Commits the records of all sources together: one round, one flush per stream, for everybody who waits.
///
/// Sources append from their own threads; the recorder's thread commits. A round begins when a source asks for it, or
/// when the oldest record that nobody asks for has waited for `linger`.
public final class Recorder: Service {
    struct State {
        /// One for each stream that there is or was: a slot is never used for another stream.
        var intakes: [Intake]
        var slots: [StreamName: Int]
        /// How long a serial record waits for company.
        var linger: Duration
        /// What is to be done on the recorder's thread after the next round.
        var jobs: [@Sendable (RingLog?) -> Void] = []
        /// Number of the round that will commit what is appended now.
        var round: UInt64 = 1
        /// Rounds up to here are over.
        var finishedRound: UInt64 = 0
        /// Failures of the last rounds, by round and stream: bounded by ``Recorder/roundsKept``.
        var failures: [UInt64: [StreamName: LogStoreError]] = [:]
        /// Streams that failed, why, and until when nothing is tried.
        var blocked: [StreamName: Blocked] = [:]
        var isRequested = false
        /// Streams of this round of which somebody wants to know where their records are.
        var awaitedSlots: Set<Int> = []
        /// Where the records of such streams begin, by round and stream: bounded like ``failures``.
        var firsts: [UInt64: [Int: Position]] = [:]
        /// When the oldest unrepeatable record must be committed at the latest.
        var deadline: ContinuousClock.Instant?
        var isStopping = false
        var isStopped = false
    }

    struct Blocked {
        var error: LogStoreError
        var until: ContinuousClock.Instant
        var failures: Int
    }

    private static let roundsKept: UInt64 = 64
    private let log: RingLog
    let clock: any GatewayClock
    private let logger: Logger
    let gate: Gate<State>
    /// Tells forwarders that there are new records.
    let committed = Announcement()
    /// Called after each round and at least once a second, from the recorder's thread: a hung disk silences it.
    private let heartbeat: @Sendable () -> Void

    /// - Parameter linger: how long a serial record waits for company, so that fewer and larger commits wear the flash
    ///   less.
    init(
        log: RingLog, streams: [StreamName], clock: any GatewayClock, linger: Duration, logger: Logger,
        heartbeat: @escaping @Sendable () -> Void
    ) {
        self.log = log
        self.clock = clock
        self.logger = logger
        self.heartbeat = heartbeat
        gate = Gate(
            State(
                intakes: streams.map(Intake.init),
                slots: Dictionary(uniqueKeysWithValues: streams.enumerated().map { ($1, $0) }), linger: linger))
    }

    // MARK: Another configuration

    /// Commits what waits, then does something with the log on the recorder's thread, which alone may change it.
    ///
    /// - Returns: what `body` gave; nil where the recorder has stopped.
    func perform<Value: Sendable>(_ body: @escaping @Sendable (RingLog) -> Value) async -> Value? {
        await withCheckedContinuation { continuation in
            let isTaken = gate.change { state in
                guard !state.isStopped else { return false }
                state.isRequested = true
                state.jobs.append { log in continuation.resume(returning: log.map(body)) }
                return true
            }
            if !isTaken { continuation.resume(returning: nil) }
        }
    }

    /// Makes room for records of more streams; those that there are stay.
    func admit(_ streams: [StreamName], linger: Duration) {
        gate.change { state in
            state.linger = linger
            for stream in streams where state.slots[stream] == nil {
                state.slots[stream] = state.intakes.count
                state.intakes.append(Intake(stream: stream))
            }
        }
    }

    /// Lets go of what waits for streams that are gone from the log: nothing can commit it.
    ///
    /// - Returns: the streams of which something was dropped.
    func forget(_ streams: Set<StreamName>) -> [StreamName] {
        gate.change { state in
            streams.sorted().filter { stream in
                state.blocked[stream] = nil
                guard let slot = state.slots[stream] else { return false }
                return !state.intakes[slot].take().isEmpty
            }
        }
    }

    // MARK: For sources

    /// The number under which records of a stream are appended.
    func slot(of stream: StreamName) -> Int {
        guard let slot = gate.withLock({ $0.slots[stream] }) else {
            preconditionFailure("stream \(stream) is not configured")
        }
        return slot
    }

    /// Copies a record for the next commit. False where too much waits already: the source is to wait or to count a
    /// loss.
    func append(_ slot: Int, topic: RawSpan, payload: RawSpan, details: IntakeDetails) -> Bool {
        let bytes = topic.byteCount + payload.byteCount + 64
        let (isTaken, isFirst) = gate.withLock { state in
            guard state.intakes[slot].hasRoom(for: bytes) else { return (false, false) }
            state.intakes[slot].append(topic: topic, payload: payload, details: details, clock: clock)
            guard !details.isRedeliverable, state.deadline == nil else { return (true, false) }
            state.deadline = .now + state.linger
            return (true, true)
        }
        // The recorder waits without a limit until it hears of a record that nobody will ask a commit for.
        if isFirst { gate.change { _ in } }
        return isTaken
    }

    /// Commits everything appended so far, and returns whether the records of these streams are on the disk. Blocks.
    func commit(_ slots: Set<Int>) -> Bool {
        let (ticket, names) = gate.change { state in
            state.isRequested = true
            return (state.round, slots.map { state.intakes[$0].stream })
        }
        let failed = gate.wait { state -> Bool? in
            if state.finishedRound >= ticket {
                return names.contains { state.failures[ticket]?[$0] != nil }
            }
            return state.isStopped ? true : nil
        }
        return failed == false
    }

    /// Why a stream takes nothing at present; nil where it does.
    func obstacle(_ slot: Int) -> LogStoreError? {
        gate.withLock { state in
            state.blocked[state.intakes[slot].stream].flatMap { $0.until > .now ? $0.error : nil }
        }
    }

    /// Streams that take nothing at present, with the reason.
    var obstacles: [StreamName: LogStoreError] {
        gate.withLock { $0.blocked.mapValues(\.error) }
    }

    // MARK: The service

    /// Runs until graceful shutdown or cancellation, commits what still waits, and closes the log.
    ///
    /// - Throws: nothing; `Service` allows it.
    public func run() async throws {
        await withTaskCancellationOrGracefulShutdownHandler {
            // The thread outlives a cancelled task: it ends only when the last commit is done.
            await withCheckedContinuation { continuation in
                guard OwnThread.start(named: "recorder", { self.work(continuation) }) else {
                    logger.critical("no thread for the recorder; raise the limit on threads (TasksMax, RLIMIT_NPROC)")
                    continuation.resume()
                    return
                }
            }
        } onCancelOrGracefulShutdown: { [gate] in
            gate.change { $0.isStopping = true }
        }
    }

    private func work(_ ended: CheckedContinuation<Void, Never>) {
        // The first cursors are saved early: an agent that never lives for a second would send all of them again in
        // each of its lives.
        var maintenance = ContinuousClock.now + .milliseconds(100)
        var problem: LogStoreError.Code?
        var isLast = false
        while !isLast {
            let wake = gate.withLock { min($0.deadline ?? maintenance, maintenance) }
            _ = gate.wait(until: wake) { state -> Void? in
                if state.isRequested || state.isStopping { return () }
                // A record that came while we waited for the maintenance has a nearer deadline.
                return state.deadline.map { $0 < wake } == true ? () : nil
            }
            isLast = gate.withLock { $0.isStopping }
            let isDue = gate.withLock { $0.isRequested || isLast || $0.deadline.map { $0 <= .now } ?? false }
            if isDue { commitRound() }
            for job in gate.withLock({ $0.takeJobs() }) { job(log) }
            if ContinuousClock.now >= maintenance {
                maintain(&problem)
                maintenance = .now + .seconds(1)
            }
            heartbeat()
        }
        log.close()
        let late = gate.change { state in
            state.isStopped = true
            return state.takeJobs()
        }
        for job in late { job(nil) }
        ended.resume()
    }

    private func commitRound() {
        let (round, taken, awaited) = gate.withLock { state in
            defer {
                state.round += 1
                state.awaitedSlots = []
                state.isRequested = false
                state.deadline = nil
            }
            return (
                state.round, state.intakes.indices.map { state.intakes[$0].take() }.filter { !$0.isEmpty },
                state.awaitedSlots
            )
        }
        let chunks = Dictionary(uniqueKeysWithValues: taken.map { ($0.stream, $0.builders) })
        let failures = chunks.isEmpty ? [:] : log.commit(chunks)
        for (stream, error) in failures { report(stream, error) }
        let firsts = awaited.isEmpty ? [:] : firsts(of: taken, awaited, failures: failures)
        gate.change { state in
            for intake in taken {
                let slot = state.slots[intake.stream] ?? 0
                if let error = failures[intake.stream] {
                    state.intakes[slot].restore(intake)
                    let count = (state.blocked[intake.stream]?.failures ?? 0) + 1
                    let delay = min(Duration.milliseconds(100) * (1 << min(count, 6)), .seconds(5))
                    state.blocked[intake.stream] = Blocked(error: error, until: .now + delay, failures: count)
                    if !state.intakes[slot].isEmpty { state.deadline = .now + delay }
                } else if state.blocked.removeValue(forKey: intake.stream) != nil {
                    logger.notice("stream \(intake.stream) takes records again")
                }
            }
            if !failures.isEmpty { state.failures[round] = failures }
            if !firsts.isEmpty { state.firsts[round] = firsts }
            state.firsts = state.firsts.filter { $0.key + Recorder.roundsKept > round }
            state.failures = state.failures.filter { $0.key + Recorder.roundsKept > round }
            state.finishedRound = round
        }
        if chunks.count > failures.count { committed.announce() }
    }

    /// Where the records begin that were just committed: nobody else appends.
    private func firsts(
        of taken: [Intake], _ awaited: Set<Int>, failures: [StreamName: LogStoreError]
    ) -> [Int: Position] {
        var firsts: [Int: Position] = [:]
        for intake in taken where failures[intake.stream] == nil {
            guard let slot = gate.withLock({ $0.slots[intake.stream] }), awaited.contains(slot),
                let end = log.head(of: intake.stream, youngerThan: .zero, at: clock.read())?.end
            else { continue }
            let count = intake.builders.reduce(0) { $0 + UInt64($1.count) }
            firsts[slot] = Position(
                epoch: end.epoch, sequence: SequenceNumber(end.sequence.rawValue - count + 1))
        }
        return firsts
    }

    /// One line when a stream begins to fail or fails for another reason, not one per round.
    private func report(_ stream: StreamName, _ error: LogStoreError) {
        let previous = gate.withLock { $0.blocked[stream]?.error }
        guard previous?.code != error.code else { return }
        logger.error("stream \(stream) acknowledges nothing: \(error.message)")
    }

    /// One line when the state cannot be saved, not one per second.
    private func maintain(_ previous: inout LogStoreError.Code?) {
        let error = log.maintain()
        defer { previous = error?.code }
        guard let error else {
            if previous != nil { logger.notice("the state is saved again") }
            return
        }
        guard error.code != previous else { return }
        logger.warning("the state is not saved, which costs duplicates if the power fails: \(error.message)")
    }
}

extension Recorder.State {
    fileprivate mutating func takeJobs() -> [@Sendable (RingLog?) -> Void] {
        defer { jobs = [] }
        return jobs
    }
}
