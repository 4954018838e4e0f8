import Records

/// Checks what arrives of one stream of one gateway; see ``SequenceAudit``.
public struct StreamAudit: Sendable {
    /// Holes that are remembered in one epoch. Beyond, the oldest are settled: what is missing there stays missing, and
    /// what still comes counts as a duplicate.
    static let holesMax = 1000
    /// Ranges that were told as left out by a filter and are remembered, so that what is sent after all (a gateway that
    /// was restarted does not know what it left out) is no duplicate.
    private static let filteredMax = 256
    /// Epochs that are looked at; the counts of older ones stay as they are.
    private static let epochsMax = 8

    /// What is known of one epoch.
    private struct Log: Sendable {
        /// Received, lost or left out.
        var known = SequenceRanges()
        var lost = SequenceRanges()
        /// Received, although told as lost.
        var found = SequenceRanges()
        /// Lately told as left out.
        var filtered = SequenceRanges()
        /// Settled holes.
        var settled: UInt64 = 0
        /// The highest received, in the order of the stream and in that of a backlog beside it.
        var highest: UInt64 = 0
        var highestHistorical: UInt64 = 0
    }

    /// Whether each epoch is seen from its first record on.
    private let isFromStart: Bool
    private var logs: [Epoch: Log] = [:]
    /// The epoch of the last event, and what is known of it: mostly also that of the next.
    private var current: (epoch: Epoch, log: Log)?
    /// The newest epoch of which a record has come.
    private var newest = Epoch(rawValue: 0)
    private var counts = SequenceAudit.Summary()
    /// Missing in epochs that are looked at no more.
    private var missingBefore: UInt64 = 0
    /// Lost records by the reason that was given.
    public private(set) var reasons: [LostRange.Reason: UInt64] = [:]

    init(isFromStart: Bool) { self.isFromStart = isFromStart }

    // MARK: What arrives

    mutating func receive(_ position: Position, previous: SequenceNumber?, delivery: RecordBatch.Delivery) {
        counts.received += 1
        select(position.epoch)
        guard var log = current?.log else { return }
        current = nil
        let number = position.sequence.rawValue
        if let previous, previous < position.sequence, previous.next < position.sequence {
            leaveOut(previous.rawValue + 1...number - 1, of: &log)
        }
        if log.known.insert(number) {
            receiveNew(number, position.epoch, delivery, &log)
        } else if log.lost.contains(number), log.found.insert(number) {
            counts.lostButReceived += 1
            receiveNew(number, position.epoch, delivery, &log)
        } else if log.filtered.remove(number) {
            counts.filtered -= 1
            counts.distinct += 1
        } else if delivery == .replay {
            counts.replayed += 1
        } else {
            counts.duplicates += 1
        }
        while log.known.ranges.count > Self.holesMax { log.settled += log.known.closeFirstHole() }
        if position.epoch > newest { newest = position.epoch }
        current = (position.epoch, log)
    }

    mutating func receive(_ epoch: Epoch, _ range: ClosedRange<UInt64>, reason: LostRange.Reason) {
        select(epoch)
        guard var log = current?.log else { return }
        current = nil
        if reason == .filtered {
            leaveOut(range, of: &log)
        } else {
            for new in log.lost.missing(in: range) {
                for piece in log.known.pieces(in: new) where log.filtered.count(in: piece) == 0 {
                    counts.lostButReceived &+= log.found.insert(piece)
                }
            }
            let count = log.lost.insert(range)
            counts.lost &+= count
            reasons[reason, default: 0] &+= count
            _ = log.known.insert(range)
            while log.lost.ranges.count > Self.holesMax { log.lost.removeFirst() }
        }
        current = (epoch, log)
    }

    private mutating func receiveNew(
        _ number: UInt64, _ epoch: Epoch, _ delivery: RecordBatch.Delivery, _ log: inout Log
    ) {
        counts.distinct += 1
        switch delivery {
        case .live:
            if epoch < newest || number < log.highest { counts.outOfOrder += 1 }
            log.highest = max(log.highest, number)
        case .historical:
            if number < log.highestHistorical { counts.outOfOrder += 1 }
            log.highestHistorical = max(log.highestHistorical, number)
        case .replay: break
        }
    }

    private mutating func leaveOut(_ range: ClosedRange<UInt64>, of log: inout Log) {
        for new in log.known.missing(in: range) {
            counts.filtered &+= log.known.insert(new)
            _ = log.filtered.insert(new)
        }
        while log.filtered.ranges.count > Self.filteredMax { log.filtered.removeFirst() }
    }

    // MARK: What is missing

    /// The sums so far; walks the ranges.
    public var summary: SequenceAudit.Summary {
        var summary = counts
        summary.missing = missingBefore
        forEachLog { _, log in
            summary.missing &+= log.settled
            for range in missing(in: log) { summary.missing &+= range.upperBound &- range.lowerBound &+ 1 }
        }
        return summary
    }

    /// What is missing and not settled, in order.
    ///
    /// - Parameters:
    ///   - key: whose stream it is.
    ///   - countMax: no more ranges than these.
    public func gaps(of key: SequenceAudit.Key, atMost countMax: Int = .max) -> [SequenceAudit.Gap] {
        var gaps: [SequenceAudit.Gap] = []
        forEachLog { epoch, log in
            gaps += missing(in: log).prefix(countMax - gaps.count).map { range in
                SequenceAudit.Gap(
                    identity: LossIdentity(
                        gateway: key.gateway, stream: key.stream, epoch: epoch,
                        first: SequenceNumber(range.lowerBound), last: SequenceNumber(range.upperBound)))
            }
        }
        return gaps
    }

    private func forEachLog(_ body: (Epoch, Log) -> Void) {
        var logs = logs
        if let current { logs[current.epoch] = current.log }
        for (epoch, log) in logs.sorted(by: { $0.key < $1.key }) { body(epoch, log) }
    }

    private func missing(in log: Log) -> [ClosedRange<UInt64>] {
        guard let first = log.known.first, let last = log.known.last else { return [] }
        return log.known.missing(in: (isFromStart ? min(1, first) : first)...last)
    }

    // MARK: Epochs

    /// Makes an epoch the current one.
    private mutating func select(_ epoch: Epoch) {
        if let current {
            if current.epoch == epoch { return }
            logs[current.epoch] = current.log
        }
        current = (epoch, logs.removeValue(forKey: epoch) ?? Log())
        while logs.count >= Self.epochsMax, let oldest = logs.keys.min(), let log = logs.removeValue(forKey: oldest) {
            missingBefore &+= log.settled
            for range in missing(in: log) { missingBefore &+= range.upperBound &- range.lowerBound &+ 1 }
        }
    }
}
