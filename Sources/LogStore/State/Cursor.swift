import Records

/// How far one uplink has confirmed one stream: everything up to a position is done with, and, while a backlog drains
/// beside newer records, so are a few ranges ahead of it (`docs/decisions/0006`). Done with is what was forwarded,
/// rejected, or lost and told.
public struct Cursor: Sendable, Equatable {
    /// Everything up to here is done with.
    public private(set) var position: Position
    /// Done with, behind ``position``: in order, each in one epoch, none touching another or the position.
    public private(set) var ahead: [RecordRange] = []

    /// Ranges that are kept at most: the state stays small, however often a link comes and goes.
    public static let aheadMax = 32

    /// A cursor that has nothing ahead of it.
    public init(at position: Position) { self.position = position }

    /// A cursor as it was saved; nil where the ranges cannot be: see ``ahead``.
    init?(at position: Position, ahead: [RecordRange]) {
        var previous = position
        for range in ahead {
            let isApart = range.epoch > previous.epoch || range.first > previous.sequence.next
            guard range.epoch >= previous.epoch, range.first <= range.last, isApart else { return nil }
            previous = range.end
        }
        guard ahead.count <= Cursor.aheadMax else { return nil }
        self.position = position
        self.ahead = ahead
    }

    /// The last record that is done with.
    public var end: Position { ahead.last?.end ?? position }
    /// How many records are done with ahead of the position.
    var aheadCount: UInt64 { ahead.reduce(0) { $0 + $1.count } }

    // MARK: Questions

    /// The pieces of a range that are not done with.
    func undone(in range: RecordRange) -> [RecordRange] {
        guard range.end > position else { return [] }
        var first = range.first
        if range.epoch == position.epoch { first = max(first, position.sequence.next) }
        let rest = RecordRange(epoch: range.epoch, first: first, last: range.last)
        return ahead.reduce([rest]) { pieces, done in pieces.flatMap { $0.without(done) } }
    }

    /// How far everything behind `start` is done with, without a hole and in its epoch.
    public func reach(from start: Position) -> Position {
        start <= position ? position : range(touching: start)?.end ?? start
    }

    /// The last record before the next range behind `start` in its epoch; nil where none follows.
    public func lastOpen(behind start: Position) -> SequenceNumber? {
        ahead.first { $0.epoch == start.epoch && $0.first > start.sequence }?.first.previous
    }

    /// Whether what is confirmed behind `start` can be remembered: it touches something, or there is room for a range.
    public func mayRunAhead(from start: Position) -> Bool {
        ahead.count < Cursor.aheadMax || start <= position || range(touching: start) != nil
    }

    /// The range that the record behind `start` is in, or follows.
    private func range(touching start: Position) -> RecordRange? {
        ahead.first { $0.epoch == start.epoch && $0.first <= start.sequence.next && start.sequence <= $0.last }
    }

    // MARK: Changes

    /// Notes that records are done with.
    ///
    /// - Returns: how many of them were not before. None where there is no room for another range: they are held still,
    ///   and sent again.
    @discardableResult
    public mutating func confirm(_ range: RecordRange) -> UInt64 {
        let count = undone(in: range).reduce(0) { $0 + $1.count }
        guard count > 0 else { return 0 }
        if range.epoch == position.epoch, range.first <= position.sequence.next {
            position = range.end
            absorb()
            return count
        }
        var whole = range
        var others: [RecordRange] = []
        for other in ahead {
            if let joined = whole.joined(with: other) { whole = joined } else { others.append(other) }
        }
        guard others.count < Cursor.aheadMax else { return 0 }
        others.insert(whole, at: others.firstIndex { $0.end > whole.end } ?? others.count)
        ahead = others
        return count
    }

    /// Goes over to the next epoch, when this one has nothing more.
    public mutating func skip(to next: Position) {
        precondition(next.epoch > position.epoch, "a cursor skips to a later epoch")
        position = next
        absorb()
    }

    /// Goes back: what is behind `target` is not done with any more.
    mutating func moveBack(to target: Position) {
        position = min(position, target)
        ahead = ahead.compactMap { $0.part(through: target) }
    }

    /// Takes in the ranges that the position has reached.
    private mutating func absorb() {
        while let range = ahead.first,
            range.end <= position || range.epoch == position.epoch && range.first <= position.sequence.next
        {
            position = max(position, range.end)
            ahead.removeFirst()
        }
    }
}
