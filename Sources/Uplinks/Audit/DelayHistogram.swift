/// How long things took, in a bounded number of classes of which each is an eighth wider than the one before: a
/// percentile is at most 12.5 % above what a sorted list would say.
public struct DelayHistogram: Sendable {
    private static let stepsPerOctave = 8
    /// Up to 2^40 ms, which is 34 years.
    private static let octaves = 40

    private var counts: [UInt32] = []
    /// How many were noted.
    public private(set) var count: UInt64 = 0
    /// The longest, milliseconds.
    public private(set) var maximum: Int64 = 0

    /// Nothing noted.
    public init() {}

    /// Notes one, milliseconds; below zero, where clocks differ, counts as zero.
    public mutating func note(_ milliseconds: Int64) {
        if counts.isEmpty { counts = [UInt32](repeating: 0, count: Self.octaves * Self.stepsPerOctave) }
        let place = min(counts.count - 1, Self.place(of: UInt64(max(0, milliseconds))))
        counts[place] = counts[place] == .max ? .max : counts[place] + 1
        count += 1
        maximum = max(maximum, milliseconds)
    }

    /// The time within which a share of them was, milliseconds; nil where nothing was noted.
    ///
    /// - Parameter share: above 0, at most 1.
    public func percentile(_ share: Double) -> Int64? {
        guard count > 0 else { return nil }
        let wanted = UInt64((Double(count) * share).rounded(.up))
        var seen: UInt64 = 0
        for (place, number) in counts.enumerated() {
            seen += UInt64(number)
            if seen >= wanted { return min(maximum, Self.last(of: place)) }
        }
        return maximum
    }

    /// Below 16 each number has a class; then eight to each octave.
    private static func place(of value: UInt64) -> Int {
        guard value >= 16 else { return Int(value) }
        let octave = 63 - value.leadingZeroBitCount
        return 16 + (octave - 4) * stepsPerOctave + Int(value >> UInt64(octave - 3) & 7)
    }

    private static func last(of place: Int) -> Int64 {
        guard place >= 16 else { return Int64(place) }
        let (octave, step) = (place - 16).quotientAndRemainder(dividingBy: stepsPerOctave)
        return (Int64(8 + step + 1) << Int64(octave + 1)) - 1
    }
}
