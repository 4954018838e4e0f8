/// A set of sequence numbers, kept as ranges: its memory grows with the number of holes, not of members.
struct SequenceRanges: Hashable, Sendable {
    /// In ascending order; no two touch.
    private(set) var ranges: [ClosedRange<UInt64>] = []
    /// How many numbers are in the set.
    private(set) var count: UInt64 = 0

    var isEmpty: Bool { ranges.isEmpty }
    var last: UInt64? { ranges.last?.upperBound }
    var first: UInt64? { ranges.first?.lowerBound }

    func contains(_ number: UInt64) -> Bool {
        let index = firstIndex(endingAtOrAfter: number)
        return index < ranges.count && ranges[index].contains(number)
    }

    /// Adds a number; false where it was in the set already.
    mutating func insert(_ number: UInt64) -> Bool { insert(number...number) == 1 }

    /// Adds a range and returns how many of its numbers were new.
    mutating func insert(_ range: ClosedRange<UInt64>) -> UInt64 {
        if let last = ranges.last, last.upperBound < range.lowerBound {
            append(range, after: last)
            return Self.size(range)
        }
        // All ranges that overlap the new one or touch it become one with it.
        let start = firstIndex(endingAtOrAfter: range.lowerBound == 0 ? 0 : range.lowerBound - 1)
        var merged = range
        var known: UInt64 = 0
        var end = start
        while end < ranges.count,
            ranges[end].lowerBound <= range.upperBound || ranges[end].lowerBound - 1 == range.upperBound
        {
            let overlap = ranges[end].clamped(to: range)
            if ranges[end].overlaps(range) { known &+= Self.size(overlap) }
            merged = min(merged.lowerBound, ranges[end].lowerBound)...max(merged.upperBound, ranges[end].upperBound)
            end += 1
        }
        ranges.replaceSubrange(start..<end, with: CollectionOfOne(merged))
        let added = Self.size(range) &- known
        count &+= added
        return added
    }

    /// How many numbers of the range are in the set.
    func count(in range: ClosedRange<UInt64>) -> UInt64 {
        var index = firstIndex(endingAtOrAfter: range.lowerBound)
        var count: UInt64 = 0
        while index < ranges.count, ranges[index].lowerBound <= range.upperBound {
            count &+= Self.size(ranges[index].clamped(to: range))
            index += 1
        }
        return count
    }

    /// The ranges of numbers within `bounds` that are not in the set.
    func missing(in bounds: ClosedRange<UInt64>) -> [ClosedRange<UInt64>] {
        var missing: [ClosedRange<UInt64>] = []
        var next = bounds.lowerBound
        for range in ranges where range.upperBound >= bounds.lowerBound {
            guard range.lowerBound <= bounds.upperBound else { break }
            if range.lowerBound > next { missing.append(next...(range.lowerBound - 1)) }
            guard range.upperBound < bounds.upperBound else { return missing }
            next = range.upperBound + 1
        }
        missing.append(next...bounds.upperBound)
        return missing
    }

    /// The parts of a range that are in the set.
    func pieces(in bounds: ClosedRange<UInt64>) -> [ClosedRange<UInt64>] {
        ranges[firstIndex(endingAtOrAfter: bounds.lowerBound)...].prefix { $0.lowerBound <= bounds.upperBound }
            .map { $0.clamped(to: bounds) }
    }

    /// Takes a number out; false where it was not in the set.
    mutating func remove(_ number: UInt64) -> Bool {
        let index = firstIndex(endingAtOrAfter: number)
        guard index < ranges.count, ranges[index].contains(number) else { return false }
        let range = ranges[index]
        var rest: [ClosedRange<UInt64>] = []
        if range.lowerBound < number { rest.append(range.lowerBound...number - 1) }
        if number < range.upperBound { rest.append(number + 1...range.upperBound) }
        ranges.replaceSubrange(index...index, with: rest)
        count -= 1
        return true
    }

    /// Forgets the lowest range.
    mutating func removeFirst() {
        count &-= Self.size(ranges.removeFirst())
    }

    /// Puts what is between the two lowest ranges into the set, and returns how many numbers that are.
    mutating func closeFirstHole() -> UInt64 {
        guard ranges.count > 1 else { return 0 }
        return insert(ranges[0].upperBound + 1...ranges[1].lowerBound - 1)
    }

    private mutating func append(_ range: ClosedRange<UInt64>, after last: ClosedRange<UInt64>) {
        if last.upperBound + 1 == range.lowerBound {
            ranges[ranges.count - 1] = last.lowerBound...range.upperBound
        } else {
            ranges.append(range)
        }
        count &+= Self.size(range)
    }

    /// Wraps for the one range that holds all 2^64 numbers: identities come from outside and must not stop the audit.
    private static func size(_ range: ClosedRange<UInt64>) -> UInt64 { range.upperBound &- range.lowerBound &+ 1 }

    private func firstIndex(endingAtOrAfter number: UInt64) -> Int {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
