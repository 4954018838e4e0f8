import Records

/// How far one uplink has confirmed one stream, and what became of the records on the way: the numbers of promise P3.
///
/// A record is counted when it becomes done with, at the position or ahead of it, so the counts always add up to what
/// the cursor covers.
struct UplinkProgress: Sendable, Equatable {
    /// What is done with: forwarded, lost or rejected.
    private(set) var cursor: Cursor
    /// Records that the stream had accepted before this uplink was there, and that were gone already.
    let acceptedBefore: UInt64
    private(set) var forwarded: UInt64 = 0
    /// Lost records by reason, those not yet told upstream left out.
    private(set) var lost: [LostRange.Reason.RawValue: UInt64] = [:]
    private(set) var rejected: UInt64 = 0
    /// Records that filters of the uplink left out.
    private(set) var filtered: UInt64 = 0
    /// Ranges that filters left out and that are not yet told upstream: the next record that is sent says so, or, where
    /// none can follow, word of its own.
    private(set) var untold: [RecordRange] = []
    /// Lost ranges that are not done with: not yet told upstream.
    private(set) var pending: [LostRange] = []
    /// The newest of those that were told upstream.
    private(set) var told: [LostRange] = []

    static let toldMax = 100
    /// Ranges that do not touch are few: they come from damage, and from lanes. Beyond this many the details of the
    /// oldest are dropped, never the count.
    static let pendingMax = 100
    /// There is one for each lane, and those of which word is on its way. Beyond, the oldest are dropped: a consumer
    /// then takes them for missing, and the count stays.
    static let untoldMax = 100

    init(position: Position, acceptedBefore: UInt64) {
        cursor = Cursor(at: position)
        self.acceptedBefore = acceptedBefore
    }

    var lostTotal: UInt64 { lost.values.reduce(0, +) }

    /// Whether this can be of the log that the index describes: nothing is beyond its end, and the counts add up.
    func fits(_ index: StreamIndex) -> Bool {
        let covered = index.accepted(through: cursor.position) + cursor.aheadCount
        return cursor.end <= index.end && acceptedBefore + forwarded + lostTotal + rejected + filtered == covered
    }

    /// Notes that records are gone: those not done with are lost. What touches a range of the same reason makes it
    /// longer.
    mutating func note(_ loss: LostRange) {
        for range in cursor.undone(in: RecordRange(loss)) {
            let piece = loss.piece(range)
            if var last = pending.last, last.epoch == piece.epoch, last.reason == piece.reason,
                last.last.next == piece.first
            {
                last.last = piece.last
                last.bytes += piece.bytes
                pending[pending.count - 1] = last
            } else {
                pending.append(piece)
                if pending.count > UplinkProgress.pendingMax { pending.removeFirst() }
            }
        }
    }

    /// What is known of a gap that a reader came upon.
    func describe(_ gap: LostRange) -> LostRange {
        let known = pending.first { $0.epoch == gap.epoch && $0.first <= gap.first && gap.last <= $0.last }
        return known?.piece(RecordRange(gap)) ?? gap
    }

    /// The destination confirmed these records, save those that filters left out: in order, within the range.
    mutating func confirm(_ range: RecordRange, without omitted: [RecordRange] = []) {
        let left = omitted.reduce(0) { $0 + cursor.undone(in: $1).reduce(0) { $0 + $1.count } }
        let count = done(range)
        guard count > 0 else { return }
        forwarded += count - left
        filtered += left
        noteUntold(range, omitted)
    }

    /// The destination confirmed that it knows of the loss, or of what was left out.
    mutating func confirm(_ loss: LostRange) {
        if loss.reason == .filtered {
            untold = untold.flatMap { $0.without(RecordRange(loss)) }
            return
        }
        let count = done(RecordRange(loss))
        guard count > 0 else { return }
        lost[loss.reason.rawValue, default: 0] += count
        told.append(loss)
        if told.count > UplinkProgress.toldMax { told.removeFirst() }
    }

    /// The destination will never take this record. Returns whether that is news.
    mutating func reject(_ position: Position) -> Bool {
        let count = done(RecordRange(epoch: position.epoch, first: position.sequence, last: position.sequence))
        rejected += count
        return count > 0
    }

    /// A rejected record was taken after all.
    mutating func redeem() {
        guard rejected > 0 else { return }
        rejected -= 1
        forwarded += 1
    }

    /// Goes over to the next epoch, when this one has nothing more.
    mutating func skip(to next: Position) { cursor.skip(to: next) }

    /// Goes back, so that what was done with behind `target` is held again: for a replay. Returns how many records.
    mutating func move(back target: Position, in index: StreamIndex) -> UInt64 {
        func covered() -> UInt64 { index.accepted(through: cursor.position) + cursor.aheadCount }
        let before = covered()
        cursor.moveBack(to: target)
        untold = untold.compactMap { $0.part(through: target) }
        let count = before - covered()
        var left = count
        // What is still in the log was forwarded, save for the few that were rejected or found damaged. Where there are
        // filters, they have left out as large a part of it as of the rest.
        func take(from counter: inout UInt64) {
            let taken = min(counter, left)
            counter -= taken
            left -= taken
        }
        let sent = Double(forwarded) / Double(max(1, forwarded + filtered))
        let likely = min(forwarded, UInt64((Double(left) * sent).rounded()))
        forwarded -= likely
        left -= likely
        take(from: &filtered)
        take(from: &forwarded)
        take(from: &rejected)
        for reason in lost.keys { take(from: &lost[reason, default: 0]) }
        return count
    }

    // MARK: What was left out

    /// What was left out right before `position` and is not told yet, with the ranges before it that it touches.
    func untold(endingAt position: Position) -> RecordRange? { untold.first { $0.end == position } }

    /// Something that was left out and that no record can tell of: what follows it is done with, or of another epoch.
    var untellable: RecordRange? {
        untold.first { range in
            cursor.undone(in: RecordRange(epoch: range.epoch, first: range.last.next, last: range.last.next)).isEmpty
        }
    }

    /// The first record of the range that was sent has told of what was left out before it; what was left out behind
    /// the last is still to be told.
    private mutating func noteUntold(_ range: RecordRange, _ omitted: [RecordRange]) {
        guard !omitted.isEmpty || !untold.isEmpty else { return }
        var tail = omitted.last.flatMap { $0.last == range.last ? $0 : nil }
        let before = Position(epoch: range.epoch, sequence: range.first.previous)
        if let index = untold.firstIndex(where: { $0.end == before }) {
            let earlier = untold.remove(at: index)
            if tail == range { tail = earlier.joined(with: range) }
        }
        guard let tail else { return }
        untold.append(tail)
        if untold.count > UplinkProgress.untoldMax { untold.removeFirst() }
    }

    /// How many of the records were not done with before.
    private mutating func done(_ range: RecordRange) -> UInt64 {
        let count = cursor.confirm(range)
        guard count > 0 else { return 0 }
        pending = pending.flatMap { loss in RecordRange(loss).without(range).map(loss.piece) }
        return count
    }
}

/// The row of `state.db`. Without ranges ahead it is what format 1 wrote, and without filters what format 2 did.
extension UplinkProgress: Codable {
    private enum CodingKeys: CodingKey {
        case position, ahead, acceptedBefore, forwarded, lost, rejected, filtered, untold, pending, told
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let position = try container.decode(Position.self, forKey: .position)
        let ahead = try container.decodeIfPresent([RecordRange].self, forKey: .ahead) ?? []
        guard let cursor = Cursor(at: position, ahead: ahead) else {
            throw DecodingError.dataCorruptedError(
                forKey: .ahead, in: container, debugDescription: "the ranges are not in order")
        }
        self.cursor = cursor
        acceptedBefore = try container.decode(UInt64.self, forKey: .acceptedBefore)
        forwarded = try container.decode(UInt64.self, forKey: .forwarded)
        lost = try container.decode([LostRange.Reason.RawValue: UInt64].self, forKey: .lost)
        rejected = try container.decode(UInt64.self, forKey: .rejected)
        filtered = try container.decodeIfPresent(UInt64.self, forKey: .filtered) ?? 0
        untold = try container.decodeIfPresent([RecordRange].self, forKey: .untold) ?? []
        pending = try container.decode([LostRange].self, forKey: .pending)
        told = try container.decode([LostRange].self, forKey: .told)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(cursor.position, forKey: .position)
        if !cursor.ahead.isEmpty { try container.encode(cursor.ahead, forKey: .ahead) }
        try container.encode(acceptedBefore, forKey: .acceptedBefore)
        try container.encode(forwarded, forKey: .forwarded)
        try container.encode(lost, forKey: .lost)
        try container.encode(rejected, forKey: .rejected)
        if filtered > 0 { try container.encode(filtered, forKey: .filtered) }
        if !untold.isEmpty { try container.encode(untold, forKey: .untold) }
        try container.encode(pending, forKey: .pending)
        try container.encode(told, forKey: .told)
    }
}
