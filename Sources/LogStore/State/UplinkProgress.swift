import Records

/// How far one uplink has confirmed one stream, and what became of the records on the way: the numbers of promise P3.
struct UplinkProgress: Codable, Sendable, Equatable {
    /// Everything up to here is forwarded, lost or rejected.
    private(set) var position: Position
    /// Records that the stream had accepted before this uplink was there, and that were gone already.
    let acceptedBefore: UInt64
    private(set) var forwarded: UInt64 = 0
    /// Lost records by reason, those not yet passed left out.
    private(set) var lost: [LostRange.Reason.RawValue: UInt64] = [:]
    private(set) var rejected: UInt64 = 0
    /// Lost ranges behind `position`: not yet told upstream.
    private(set) var pending: [LostRange] = []
    /// The newest of those that were told upstream.
    private(set) var told: [LostRange] = []

    static let toldMax = 100
    /// Ranges that do not touch are few: they come from damage. Beyond this many the details of the oldest are dropped,
    /// never the count.
    static let pendingMax = 100

    init(position: Position, acceptedBefore: UInt64) {
        self.position = position
        self.acceptedBefore = acceptedBefore
    }

    var lostTotal: UInt64 { lost.values.reduce(0, +) }

    /// Notes that records behind the cursor are gone; what touches a range of the same reason makes it longer.
    mutating func note(_ loss: LostRange) {
        guard Position(epoch: loss.epoch, sequence: loss.last) > position else { return }
        var loss = loss
        if loss.epoch == position.epoch { loss.first = max(loss.first, position.sequence.next) }
        if var last = pending.last, last.epoch == loss.epoch, last.reason == loss.reason, last.last.next == loss.first {
            last.last = loss.last
            last.bytes += loss.bytes
            pending[pending.count - 1] = last
        } else {
            pending.append(loss)
            if pending.count > UplinkProgress.pendingMax { pending.removeFirst() }
        }
    }

    /// What is known of a gap that a reader came upon.
    func describe(_ gap: LostRange) -> LostRange {
        guard
            let known = pending.first(where: {
                $0.epoch == gap.epoch && $0.first <= gap.first && gap.last <= $0.last
            })
        else { return gap }
        var loss = gap
        loss.bytes = Int(Double(known.bytes) * Double(gap.count) / Double(known.count))
        loss.reason = known.reason
        loss.wallMilliseconds = known.wallMilliseconds
        return loss
    }

    /// The destination confirmed everything behind the cursor up to `last`.
    mutating func confirm(through last: Position) {
        forwarded += advance(to: last)
    }

    /// The destination confirmed that it knows of the loss.
    mutating func confirm(_ loss: LostRange) {
        let count = advance(to: Position(epoch: loss.epoch, sequence: loss.last))
        lost[loss.reason.rawValue, default: 0] += count
        guard count > 0 else { return }
        told.append(loss)
        if told.count > UplinkProgress.toldMax { told.removeFirst() }
    }

    /// The destination will never take the record behind the cursor.
    mutating func reject(_ position: Position) {
        rejected += advance(to: position)
    }

    /// Goes over to the next epoch, when this one has nothing more.
    mutating func skip(to next: Position) {
        precondition(next.epoch > position.epoch)
        position = next
    }

    /// Goes back, so that `count` records that were done with are held again: for a replay.
    mutating func move(back count: UInt64, to position: Position) {
        precondition(position <= self.position, "a cursor is moved back, never forward")
        self.position = position
        var left = count
        // What is still in the log was forwarded, save for the few that were rejected or found damaged.
        func take(from counter: inout UInt64) {
            let taken = min(counter, left)
            counter -= taken
            left -= taken
        }
        take(from: &forwarded)
        take(from: &rejected)
        for reason in lost.keys { take(from: &lost[reason, default: 0]) }
    }

    private mutating func advance(to last: Position) -> UInt64 {
        guard last > position else { return 0 }
        precondition(last.epoch == position.epoch, "a cursor passes the end of an epoch by skip(to:)")
        let count = last.sequence.rawValue - position.sequence.rawValue
        position = last
        pending = pending.compactMap { range in
            guard Position(epoch: range.epoch, sequence: range.last) > last else { return nil }
            var range = range
            if range.epoch == last.epoch, range.first <= last.sequence { range.first = last.sequence.next }
            return range
        }
        return count
    }
}
