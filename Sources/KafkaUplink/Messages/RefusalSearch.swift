/// Finds the record to blame when a cluster refuses a set of many: sends what lies before in one piece, then the
/// suspects in halves, down to a single one.
///
/// Pure: it is told what was confirmed and what was refused, and says what to send next. Each refusal makes the next
/// piece smaller than the one that was refused, so the search ends.
struct RefusalSearch: Equatable {
    /// Index behind the last record.
    private let end: Int
    /// Everything before is confirmed.
    private(set) var confirmed = 0
    /// Among these is one that was refused, or too many at once.
    private var suspects: Range<Int>?

    init(count: Int) { end = count }

    /// What to send next, from the first record that is not confirmed; nil when all are.
    var next: Range<Int>? {
        guard confirmed < end else { return nil }
        guard let suspects, suspects.upperBound > confirmed else { return confirmed..<end }
        if confirmed < suspects.lowerBound { return confirmed..<suspects.lowerBound }
        return confirmed..<(confirmed + (suspects.upperBound - confirmed + 1) / 2)
    }

    /// Whether the next piece is one of those that a refusal has made small.
    var isNarrowing: Bool { suspects.map { $0.upperBound > confirmed } ?? false }

    /// The cluster has confirmed all records before this one.
    mutating func confirmed(upTo index: Int) {
        precondition(index >= confirmed && index <= end, "what is confirmed stays so")
        confirmed = index
    }

    /// The cluster has refused messages of `piece`, which was ``next``; they hold these records.
    ///
    /// - Returns: the record to blame, once it is alone.
    mutating func refused(_ records: Range<Int>, of piece: Range<Int>) -> Int? {
        // Where a single one was refused, it was alone in its set.
        if piece.count == 1 || records == confirmed..<(confirmed + 1) { return confirmed }
        suspects = records
        return nil
    }
}
