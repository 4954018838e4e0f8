import Records

/// The name of a segment file: where in the log it begins.
struct SegmentName: Hashable, Comparable, Sendable, CustomStringConvertible {
    let epoch: Epoch
    let first: SequenceNumber

    static let suffix = ".segment"

    init(epoch: Epoch, first: SequenceNumber) {
        self.epoch = epoch
        self.first = first
    }

    /// Reads `<epoch>-<first sequence>.segment`; nil for any other name.
    init?(_ fileName: String) {
        guard fileName.hasSuffix(SegmentName.suffix) else { return nil }
        let parts = fileName.dropLast(SegmentName.suffix.count).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let epoch = Epoch(parts[0]), parts[1].utf8.count == 20, let first = UInt64(parts[1]),
            first > 0
        else { return nil }
        self.init(epoch: epoch, first: SequenceNumber(first))
    }

    var description: String {
        let digits = first.description
        return "\(epoch)-\(String(repeating: "0", count: 20 - digits.utf8.count))\(digits)\(SegmentName.suffix)"
    }

    static func < (left: Self, right: Self) -> Bool { (left.epoch, left.first) < (right.epoch, right.first) }
}
