import LogStore
import Logging
import Records
import StrictTOML
import Uplinks

/// What an answer of the destination means for the cursor.
extension Forwarder {
    /// Moves the cursor as far as the outcome allows. Nil when all was confirmed; else how long to wait before the
    /// rest is sent again.
    func settle(
        _ outcome: DeliveryOutcome, of work: Work, _ backOff: inout BackOff,
        _ random: inout SystemRandomNumberGenerator
    ) -> Duration? {
        switch outcome {
        case .acknowledged(let sequence):
            backOff.reset()
            if !note(problem: nil).wasDelivering { logger.info("delivering") }
            return confirm(through: sequence, of: work) ? nil : .zero
        case .reject(let sequence, let reason):
            backOff.reset()
            reject(sequence, reason: reason, of: work)
            return .zero
        case .retry(let after, let reason, let isAlarm):
            let delay = backOff.delay(after: after, isAlarm: isAlarm, using: &random)
            if note(problem: reason, isAlarm: isAlarm).isNews {
                logger.log(
                    level: isAlarm ? .error : .warning,
                    "not delivered: \(reason); next try in \(DurationText.format(delay))")
            }
            return delay
        }
    }

    /// Whether that was all of it.
    private func confirm(through sequence: SequenceNumber, of work: Work) -> Bool {
        if work.isReplay { return confirmReplay(through: sequence, of: work) }
        switch work.content {
        case .records(let batch):
            guard sequence < batch.last else {
                log.confirm(work.range, without: work.omitted, by: name, in: work.stream)
                return true
            }
            confirm(work, through: sequence)
            return false
        case .nothing:
            return true
        case .lost(let loss):
            log.confirm(loss, by: name)
            guard loss.reason != .filtered else { return true }
            let range = "\(loss.stream) \(loss.epoch)/\(loss.first)-\(loss.last)"
            logger.warning("told upstream that \(loss.count) records are lost (\(loss.reason.rawValue)): \(range)")
            return true
        }
    }

    private func confirm(_ work: Work, through last: SequenceNumber) {
        guard last >= work.range.first else { return }
        let range = RecordRange(epoch: work.range.epoch, first: work.range.first, last: last)
        log.confirm(range, without: work.omitted.filter { $0.last <= last }, by: name, in: work.stream)
    }

    /// A replay moves no cursor. A record that was kept as rejected is forwarded now.
    private func confirmReplay(through sequence: SequenceNumber, of work: Work) -> Bool {
        guard case .records(let batch) = work.content else { return true }
        let isAll = sequence >= batch.last
        let end = Position(epoch: batch.epoch, sequence: isAll ? work.range.last : sequence)
        let sent = batch.records.prefix { $0.sequence <= sequence }
        desk.note(name, through: end) { $0.sent += UInt64(sent.count) }
        for record in sent where desk.job(for: name)?.request.isOfRejected == true {
            log.redeem(Position(epoch: batch.epoch, sequence: record.sequence), by: name, in: work.stream)
        }
        return isAll
    }

    private func reject(_ sequence: SequenceNumber, reason: String, of work: Work) {
        if work.isReplay {
            logger.error("record \(sequence) of \(work.stream) was rejected in a replay: \(reason)")
            if sequence > work.range.first {
                _ = confirmReplay(through: SequenceNumber(sequence.rawValue - 1), of: work)
            }
            return desk.note(name, through: Position(epoch: work.range.epoch, sequence: sequence)) {
                $0.rejected += 1
            }
        }
        switch work.content {
        case .records(let batch):
            guard let record = batch.records.first(where: { $0.sequence == sequence }) else { return }
            confirm(work, through: SequenceNumber(sequence.rawValue - 1))
            logger.error("record \(batch.identity(of: record)) was rejected and is kept aside: \(reason)")
            log.reject(
                record, at: Position(epoch: batch.epoch, sequence: sequence), reason: reason, by: name,
                in: work.stream)
        case .nothing:
            break
        case .lost(let loss):
            // The loss is counted here in any case; the destination does not want to know of it.
            logger.error("word of a loss was rejected: \(reason)")
            log.confirm(loss, by: name)
        }
    }
}
