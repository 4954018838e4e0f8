/// One power cut: when, and what of the unsynced work the disk happens to have kept. Two equal cuts of one trace give
/// the same image, so what a failing test prints is enough to build the image again.
public struct PowerCut: Sendable, Hashable, CustomStringConvertible {
    /// What becomes of each change that no sync had covered.
    public enum Survival: Sendable, Hashable {
        /// None of it is on disk.
        case nothing
        /// All of it is on disk.
        case everything
        /// Each change by itself: whole with this probability (0 to 1); otherwise gone or, every second write, torn at
        /// multiples of 512 bytes.
        case random(Double)
    }

    /// When a change of a folder (a new name, a rename, a removal) is sure to be on disk.
    public enum EntryDurability: Sendable, Hashable {
        /// After a sync of the folder itself: all that POSIX gives.
        case folderSync
        /// After the sync of any file or folder, as with one journal for all (ext4, XFS).
        case anySync
    }

    /// The last moment of the log that still happened: calls that began later did not, and of those in progress a
    /// sync does not count.
    public let moment: Int
    /// What becomes of unsynced changes.
    public let survival: Survival
    /// What makes names durable.
    public let entries: EntryDurability
    /// Decides every single change.
    public let seed: UInt64

    /// - Parameters: as the properties.
    public init(moment: Int, survival: Survival, entries: EntryDurability = .folderSync, seed: UInt64 = 0) {
        self.moment = moment
        self.survival = survival
        self.entries = entries
        self.seed = seed
    }

    /// Swift source that makes this cut.
    public var description: String {
        "PowerCut(moment: \(moment), survival: .\(survival), entries: .\(entries), seed: \(seed))"
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for the same seed, on every machine and Swift version.
public struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    /// Begins the row of numbers that belongs to `seed`.
    public init(seed: UInt64) { state = seed }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True with `probability`. Not the library's `random`, whose way from bits to numbers may change.
    public mutating func isTrue(_ probability: Double) -> Bool {
        Double(next() >> 11) / 9_007_199_254_740_992 < probability
    }

    /// From 0 up to `bound`, without it.
    public mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

extension SystemCallTrace {
    /// Power cuts at random moments, of all kinds of survival, in the order of their moments.
    ///
    /// - Parameters:
    ///   - count: how many.
    ///   - seed: the same seed gives the same cuts of the same trace.
    ///   - moments: only cuts within these; nil for the whole run.
    public func powerCuts(_ count: Int, seed: UInt64, in moments: Range<Int>? = nil) -> [PowerCut] {
        let candidates = cutMoments.filter { moments?.contains($0) ?? true }
        guard !candidates.isEmpty else { return [] }
        var random = SeededGenerator(seed: seed)
        let cuts = (0..<count).map { _ in
            let moment = candidates[random.below(candidates.count)]
            let survival: PowerCut.Survival =
                switch random.below(8) {
                case 0: .nothing
                case 1: .everything
                case 2: .random(0.95)
                case 3: .random(0.05)
                default: .random(0.5)
                }
            let entries: PowerCut.EntryDurability = random.isTrue(0.5) ? .folderSync : .anySync
            return PowerCut(moment: moment, survival: survival, entries: entries, seed: random.next())
        }
        return cuts.sorted { $0.moment < $1.moment }
    }

    /// Gives `body` the folder as each of `cuts` leaves it. The trace is walked once for all cuts.
    ///
    /// - Throws: what `body` throws, at once.
    public func forEachImage<Failure: Error>(
        after cuts: [PowerCut], _ body: (PowerCut, FolderImage) throws(Failure) -> Void
    ) throws(Failure) {
        var disks: [PowerCut.EntryDurability: DiskModel] = [:]
        for cut in cuts.sorted(by: { $0.moment < $1.moment }) {
            disks[cut.entries, default: DiskModel(of: self, entries: cut.entries)].advance(through: cut.moment)
            try body(cut, disks[cut.entries]!.image(after: cut))
        }
    }

    /// The folder as `cut` leaves it.
    public func image(after cut: PowerCut) -> FolderImage {
        var disk = DiskModel(of: self, entries: cut.entries)
        disk.advance(through: cut.moment)
        return disk.image(after: cut)
    }
}
