import Records

/// Records of one epoch that follow one another: what a batch stands for, and what a cursor keeps of those ahead of it.
public struct RecordRange: Hashable, Sendable, Codable {
    /// The epoch that they are in.
    public let epoch: Epoch
    /// The first of them.
    public let first: SequenceNumber
    /// The last of them.
    public let last: SequenceNumber

    /// A range of at least one record.
    public init(epoch: Epoch, first: SequenceNumber, last: SequenceNumber) {
        precondition(first <= last, "a range has at least one record")
        self.epoch = epoch
        self.first = first
        self.last = last
    }

    /// The records of a batch.
    public init(_ batch: RecordBatch) { self.init(epoch: batch.epoch, first: batch.first, last: batch.last) }

    /// The records that are gone.
    public init(_ loss: LostRange) { self.init(epoch: loss.epoch, first: loss.first, last: loss.last) }

    /// How many.
    public var count: UInt64 { last.rawValue - first.rawValue + 1 }
    /// Where the last of them is.
    public var end: Position { Position(epoch: epoch, sequence: last) }

    /// The part of it up to a position; nil where there is none.
    func part(through target: Position) -> RecordRange? {
        guard end > target else { return self }
        guard epoch == target.epoch, first <= target.sequence else { return nil }
        return RecordRange(epoch: epoch, first: first, last: target.sequence)
    }

    /// What is left of it without the other: nothing, one piece, or one on each side.
    func without(_ other: RecordRange) -> [RecordRange] {
        guard epoch == other.epoch, first <= other.last, other.first <= last else { return [self] }
        var pieces: [RecordRange] = []
        if first < other.first {
            pieces.append(RecordRange(epoch: epoch, first: first, last: other.first.previous))
        }
        if other.last < last { pieces.append(RecordRange(epoch: epoch, first: other.last.next, last: last)) }
        return pieces
    }

    /// Both and what is between them, where they overlap or follow one another.
    func joined(with other: RecordRange) -> RecordRange? {
        guard epoch == other.epoch, first <= other.last.next, other.first <= last.next else { return nil }
        return RecordRange(epoch: epoch, first: min(first, other.first), last: max(last, other.last))
    }
}

extension SequenceNumber {
    /// The one before; there is one before every record's, zero.
    var previous: SequenceNumber { SequenceNumber(rawValue - 1) }
}

extension LostRange {
    /// The piece of it that is these records, with its part of the bytes.
    func piece(_ range: RecordRange) -> LostRange {
        var piece = self
        piece.first = range.first
        piece.last = range.last
        piece.bytes = Int(Double(bytes) * Double(range.count) / Double(count))
        return piece
    }
}
