import LogStore
import Records

/// The lanes of one stream for one uplink: where each reads on, when a second one opens and when they are one again
/// (`docs/decisions/0006`). Pure: it says what is to be read, and is told what was found.
struct StreamLanes: Sendable {
    /// What is to be done before there is something to send.
    enum Step: Equatable {
        /// Read behind a position, up to a sequence number if there is one, for a lane.
        case read(behind: Position, through: SequenceNumber?, Lane)
        /// The epoch of the cursor is done with.
        case skip(to: Position)
        /// Each lane has what there is for it.
        case done
    }

    /// Where the newest record is, and one before the first that is no backlog.
    struct Head: Sendable {
        let start: Position
        let end: Position
    }

    /// What was read.
    enum Found: Sendable {
        case work(Work)
        case next(Position)
        case nothing
    }

    /// Ranges ahead of a cursor from which on the live lane is slower to jump.
    static let rangesFree = 8

    private let order: DeliveryOrder
    /// A record that has waited for longer is a backlog.
    private let backlogAge: Duration
    /// Where the live lane began; nil while there is one lane.
    private(set) var liveStart: Position?
    private var slots: [Lane: (position: Position, found: Found)] = [:]

    init(_ order: DeliveryOrder, backlogAge: Duration = .seconds(10)) {
        self.order = order
        self.backlogAge = backlogAge
    }

    /// Begins to look again: what was not there may be there now, and behind what was all of a live lane there may be
    /// more.
    mutating func lookAgain() {
        for (lane, slot) in slots {
            if case .work(let work) = slot.found, !(work.isLast && lane == .live && liveStart != nil) { continue }
            slots[lane] = nil
        }
    }

    /// What is to be done next.
    ///
    /// - Parameters:
    ///   - cursor: with what is under way in it.
    ///   - head: the newest record of the stream, and where those begin that are no backlog.
    mutating func nextStep(_ cursor: Cursor, head: Head, _ now: ClockReading) -> Step {
        if let start = liveStart, cursor.position >= start {
            liveStart = nil
            slots[.backlog] = nil
        }
        guard let start = liveStart else { return singleStep(cursor, head: head, now) }
        var last = cursor.lastOpen(behind: cursor.position)
        if start.epoch == cursor.position.epoch { last = min(last ?? start.sequence, start.sequence) }
        if let step = step(in: .backlog, behind: cursor.position, through: last, end: head.end) { return step }
        return liveStep(from: start, cursor, head: head, now)
    }

    /// Notes what was found behind a position.
    ///
    /// - Parameter end: the newest record of the stream.
    mutating func read(_ found: Found, behind position: Position, for lane: Lane, end: Position) {
        var found = found
        if case .work(var work) = found {
            work.isLast = work.range.end >= end
            found = .work(work)
        }
        slots[lane] = (position, found)
    }

    /// What a lane has to send counts as; nil where it has nothing. A stream's only lane may be a backlog.
    func kind(of lane: Lane) -> Lane? {
        guard case .work(let work) = slots[lane]?.found else { return nil }
        return liveStart == nil ? work.lane : lane
    }

    /// Gives what a lane has, once.
    mutating func take(from lane: Lane) -> Work? {
        guard case .work(var work) = slots[lane]?.found else { return nil }
        slots[lane] = nil
        guard liveStart != nil else { return work }
        work.lane = lane
        work.isShared = true
        if lane == .backlog, case .records(var batch) = work.content {
            batch.delivery = .historical
            work.content = .records(batch)
        }
        return work
    }

    /// Takes back what was not sent.
    mutating func putBack(_ work: Work) {
        let before = SequenceNumber(work.range.first.rawValue - 1)
        let position = Position(epoch: work.range.epoch, sequence: before)
        slots[work.isShared ? work.lane : .live] = (position, .work(work))
    }

    // MARK: One lane

    private mutating func singleStep(_ cursor: Cursor, head: Head, _ now: ClockReading) -> Step {
        let last = cursor.lastOpen(behind: cursor.position)
        if let step = step(in: .live, behind: cursor.position, through: last, end: head.end) { return step }
        guard case .work(var work) = slots[.live]?.found else { return .done }
        let isBacklog = work.wait(at: now) ?? .zero > backlogAge
        if order == .freshFirst, isBacklog, head.start > work.range.end {
            // A live lane that ran before goes on where it was, if what follows is new, or if there is no room.
            let canJump = head.start > cursor.end && cursor.mayRunAhead(from: head.start)
            liveStart = cursor.ahead.isEmpty || canJump ? head.start : cursor.end
            slots[.backlog] = slots.removeValue(forKey: .live)
            return nextStep(cursor, head: head, now)
        }
        work.lane = isBacklog ? .backlog : .live
        slots[.live]?.found = .work(work)
        return .done
    }

    // MARK: Two lanes

    private mutating func liveStep(
        from start: Position, _ cursor: Cursor, head: Head, _ now: ClockReading
    ) -> Step {
        let position = cursor.reach(from: start)
        let step = step(in: .live, behind: position, through: cursor.lastOpen(behind: position), end: head.end)
        switch step {
        case .skip(let next):
            // Without room for a range in the next epoch, the lane waits for the backlog.
            guard cursor.mayRunAhead(from: next) else { return .done }
            liveStart = next
            slots[.live] = nil
            return nextStep(cursor, head: head, now)
        case .read, .done: return step ?? .done
        case nil: break
        }
        guard case .work(let work) = slots[.live]?.found, let wait = work.wait(at: now),
            wait > lagMax(ranges: cursor.ahead.count), head.start > work.range.end,
            cursor.mayRunAhead(from: head.start)
        else { return .done }
        liveStart = head.start
        slots[.live] = nil
        return nextStep(cursor, head: head, now)
    }

    /// How far the live lane may fall behind before it jumps to what is new: further than what makes a backlog,
    /// because what it leaves behind waits for all of that; and longer, the more ranges there are, so that a link that
    /// is always too slow does not use them up.
    private func lagMax(ranges: Int) -> Duration {
        backlogAge * 6 * (1 << max(0, ranges - StreamLanes.rangesFree))
    }

    /// What a lane still needs; nil where it has its work, or there is none.
    private mutating func step(
        in lane: Lane, behind position: Position, through last: SequenceNumber?, end: Position
    ) -> Step? {
        guard position < end else {
            slots[lane] = nil
            return nil
        }
        guard let slot = slots[lane], slot.position == position else {
            return .read(behind: position, through: last, lane)
        }
        switch slot.found {
        case .nothing: return nil
        case .next(let next): return .skip(to: next)
        case .work(let work):
            let isWithin = last.map { work.range.last <= $0 } ?? true
            return isWithin ? nil : .read(behind: position, through: last, lane)
        }
    }
}
