import Logging
import LogStore
import Records
import ServiceLifecycle
import StrictTOML
import Synchronization
import Threads
import Uplinks

/// Joins the cursors of one uplink and the uplink: reads what follows, sends it, and moves a cursor only on the
/// destination's own confirmation (promise P2). While one batch is under way the next is read.
public final class Forwarder: Service {
    /// What a person wants to know of it.
    public struct Status: Sendable, Equatable {
        /// Whether the last attempt was confirmed.
        public var isDelivering = false
        /// Why the last attempt was not; nil after a success.
        public var problem: String?
        /// Whether a person is needed.
        public var isAlarm = false
    }

    /// As in the configuration.
    public let name: UplinkName
    private let log: RingLog
    private let uplink: any Uplink
    private let reading: LogReading
    private let committed: Announcement
    private let logger: Logger
    private let backOffLimits: BackOff.Limits
    private let shared = Mutex(Status())

    init(
        _ name: UplinkName, log: RingLog, uplink: any Uplink, reading: LogReading, committed: Announcement,
        backOff: BackOff.Limits, logger: Logger
    ) {
        self.name = name
        self.log = log
        self.uplink = uplink
        self.reading = reading
        self.committed = committed
        self.logger = logger
        backOffLimits = backOff
    }

    /// How it goes.
    public var status: Status { shared.withLock { $0 } }

    /// Forwards until graceful shutdown or cancellation.
    ///
    /// - Throws: nothing; `Service` allows it.
    public func run() async throws {
        await cancelWhenGracefulShutdown { await self.forward() }
        await uplink.close()
    }

    /// What was read while something else was under way.
    private struct Prepared {
        let work: Work
        /// How often something had been committed when it was read.
        let generation: UInt64

        /// Whether nothing that came meanwhile can be more urgent.
        func isBest(at generation: UInt64) -> Bool {
            !work.isShared || work.lane == .live || generation == self.generation
        }
    }

    private func forward() async {
        var backOff = BackOff(limits: backOffLimits)
        var random = SystemRandomNumberGenerator()
        var pace = BatchPace()
        var prepared: Prepared?
        while !Task.isCancelled {
            let seen = committed.generation
            let work: Work
            if let ready = prepared, ready.isBest(at: seen) {
                work = ready.work
            } else {
                guard let next = await reading.next(spare: prepared?.work, recordsMax: pace.recordsMax) else {
                    await committed.wait(after: seen)
                    continue
                }
                work = next
            }
            prepared = nil
            let (outcome, following) = await send(work, &pace)
            guard !Task.isCancelled || outcome.isAcknowledgement else { break }
            guard let delay = settle(outcome, of: work, &backOff, &random) else {
                prepared = following
                continue
            }
            if delay > .zero {
                pace.restart()
                // Cancellation ends it; there is nothing else to wait for.
                try? await Task.sleep(for: delay)
            }
        }
    }

    /// Sends, and reads on meanwhile. What was read is worth something only if all was confirmed.
    private func send(_ work: Work, _ pace: inout BatchPace) async -> (DeliveryOutcome, Prepared?) {
        switch work.content {
        case .records(let batch):
            let generation = committed.generation
            async let following = reading.next(ahead: work, recordsMax: pace.recordsMax)
            let begun = ContinuousClock.now
            let outcome = await uplink.send(batch)
            if case .acknowledged(batch.last) = outcome {
                pace.confirmed(
                    records: batch.records.count, in: begun.duration(to: .now), isShared: work.isShared)
            }
            return (outcome, await following.map { Prepared(work: $0, generation: generation) })
        case .lost(let loss):
            return (await uplink.send(loss), nil)
        }
    }

    /// Moves the cursor as far as the outcome allows. Nil when all was confirmed; else how long to wait before the
    /// rest is sent again.
    private func settle(
        _ outcome: DeliveryOutcome, of work: Work, _ backOff: inout BackOff,
        _ random: inout SystemRandomNumberGenerator
    ) -> Duration? {
        switch outcome {
        case .acknowledged(let sequence):
            backOff.reset()
            delivered()
            return confirm(through: sequence, of: work) ? nil : .zero
        case .reject(let sequence, let reason):
            backOff.reset()
            reject(sequence, reason: reason, of: work)
            return .zero
        case .retry(let after, let reason, let isAlarm):
            let delay = backOff.delay(after: after, isAlarm: isAlarm, using: &random)
            let isNews = shared.withLock { status in
                defer { status = Status(isDelivering: false, problem: reason, isAlarm: isAlarm) }
                return status.problem != reason
            }
            if isNews {
                logger.log(
                    level: isAlarm ? .error : .warning,
                    "not delivered: \(reason); next try in \(DurationText.format(delay))")
            }
            return delay
        }
    }

    private func delivered() {
        let wasDelivering = shared.withLock { status in
            defer { status = Status(isDelivering: true) }
            return status.isDelivering
        }
        if !wasDelivering { logger.info("delivering") }
    }

    /// Whether that was all of it.
    private func confirm(through sequence: SequenceNumber, of work: Work) -> Bool {
        switch work.content {
        case .records(let batch):
            guard sequence < batch.last else {
                log.confirm(work.range, by: name, in: work.stream)
                return true
            }
            confirm(work, through: sequence)
            return false
        case .lost(let loss):
            log.confirm(loss, by: name)
            let range = "\(loss.stream) \(loss.epoch)/\(loss.first)-\(loss.last)"
            logger.warning("told upstream that \(loss.count) records are lost (\(loss.reason.rawValue)): \(range)")
            return true
        }
    }

    private func confirm(_ work: Work, through last: SequenceNumber) {
        guard last >= work.range.first else { return }
        log.confirm(
            RecordRange(epoch: work.range.epoch, first: work.range.first, last: last), by: name, in: work.stream)
    }

    private func reject(_ sequence: SequenceNumber, reason: String, of work: Work) {
        switch work.content {
        case .records(let batch):
            guard let record = batch.records.first(where: { $0.sequence == sequence }) else { return }
            confirm(work, through: SequenceNumber(sequence.rawValue - 1))
            logger.error("record \(batch.identity(of: record)) was rejected and is kept aside: \(reason)")
            log.reject(
                record, at: Position(epoch: batch.epoch, sequence: sequence), reason: reason, by: name,
                in: work.stream)
        case .lost(let loss):
            // The loss is counted here in any case; the destination does not want to know of it.
            logger.error("word of a loss was rejected: \(reason)")
            log.confirm(loss, by: name)
        }
    }
}

extension DeliveryOutcome {
    fileprivate var isAcknowledgement: Bool {
        if case .acknowledged = self { true } else { false }
    }
}
