import Compression
import Records

/// What state.db remembers of a stream.
struct RememberedStream: Codable, Sendable, Equatable {
    var epochs: [StreamIndex.EpochEntry]
    var acceptedBefore: UInt64
    var evictedThrough: Position?
    /// How old each segment is: for retention.
    var ages: [SegmentAge] = []

    /// When a segment was begun and sealed, by the clock of the service, in milliseconds.
    struct SegmentAge: Codable, Sendable, Equatable {
        var epoch: Epoch
        var first: SequenceNumber
        var begun: Int64
        var sealed: Int64?
    }
}

/// Brings a stream's folder into a sound state at start: Recovery.md, steps 3 and 4.
struct StreamRecovery {
    let folder: Folder
    let settings: StreamSettings
    let remembered: RememberedStream?
    private let decompressor = ZstandardDecompressor()
    private var random = SystemRandomNumberGenerator()

    private init(folder: Folder, settings: StreamSettings, remembered: RememberedStream?) {
        self.folder = folder
        self.settings = settings
        self.remembered = remembered
    }

    /// Does all of it. What it returns is the caller's alone.
    static func run(in folder: Folder, settings: StreamSettings, remembered: RememberedStream?)
        throws(LogStoreError) -> sending Outcome
    {
        var recovery = StreamRecovery(folder: folder, settings: settings, remembered: remembered)
        return try recovery.run()
    }

    struct Outcome {
        var index: StreamIndex
        var active: ActiveSegment?
        var highWaterMark: HighWaterMark
    }

    private mutating func run() throws(LogStoreError) -> Outcome {
        let salvage = Salvage(in: folder, decompressor: decompressor)
        salvage.resume(names: try folder.names())
        let highWaterMark = HighWaterMark(in: folder)
        let mark = highWaterMark.read()
        var names = try segmentNames(salvage)
        var (active, isDamaged) = try openNewest(&names, mark: mark, salvage: salvage)
        checkpointOlder(names.dropLast(active == nil ? 0 : 1))

        var epochs = self.epochs(of: names, active: active, mark: mark)
        let current = epochs[epochs.count - 1]
        let found = names.last.flatMap { $0.epoch == current.epoch ? lastFound(of: $0, active: active) : nil } ?? .zero
        let isUncertain = remembered == nil && mark == nil && !names.isEmpty
        let mustSeal = isDamaged || found < current.last || isUncertain
        if mustSeal || active?.name.epoch != current.epoch, let stale = active {
            // A new epoch begins, or has begun: the segment is written no more.
            do throws(SQLiteError) { try stale.checkpoint() } catch { throw LogStoreError(error) }
            active = nil
        }
        if mustSeal {
            epochs.append(StreamIndex.EpochEntry(epoch: current.epoch.successor(using: &random), last: .zero))
        }
        var index = StreamIndex(
            epochs: epochs, segments: segments(names, epochs: epochs),
            acceptedBefore: remembered?.acceptedBefore ?? 0, evictedThrough: evictedThrough(names))
        if active != nil { index.didReopen() }
        return Outcome(index: index, active: active, highWaterMark: highWaterMark)
    }

    /// The segments by their names, in order; what is no regular file is moved out of the way.
    private func segmentNames(_ salvage: Salvage) throws(LogStoreError) -> [SegmentName] {
        var names: [SegmentName] = []
        for fileName in try folder.names() {
            guard let name = SegmentName(fileName) else { continue }
            if folder.kind(of: fileName) == .other { salvage.quarantine(fileName) } else { names.append(name) }
        }
        return names.sorted()
    }

    /// Opens the newest segment, or saves what is sound in it.
    private func openNewest(_ names: inout [SegmentName], mark: Position?, salvage: Salvage) throws(LogStoreError)
        -> (ActiveSegment?, isDamaged: Bool)
    {
        guard let newest = names.last else { return (nil, false) }
        do throws(LogStoreError) {
            let active = try ActiveSegment(
                opening: newest, in: folder, walPages: settings.walPages, decompressor: decompressor)
            return (active, false)
        } catch {
            if error.code == .laterFormat { throw error }
            if let refusal = folder.refusal(of: newest.description, error.underlying) { throw refusal }
        }
        if isUnfinished(newest, mark: mark) {
            folder.remove(newest.description)
            folder.remove(newest.description + "-wal")
            names.removeLast()
            return (nil, false)
        }
        if salvage.run(on: newest) == nil { names.removeLast() }
        return (nil, true)
    }

    /// Whether a power cut came while the segment was made: nothing was ever committed to it.
    private func isUnfinished(_ name: SegmentName, mark: Position?) -> Bool {
        let known = [mark, remembered?.epochs.last.map { Position(epoch: $0.epoch, sequence: $0.last) }]
        let committed = known.contains { $0.map { $0 >= Position(epoch: name.epoch, sequence: name.first) } ?? false }
        return !committed && (mark != nil || remembered != nil || folder.size(of: name.description) <= 4 * pageSize)
    }

    /// A power cut between sealing and the end of the checkpoint leaves a write-ahead log beside an older segment.
    private func checkpointOlder(_ names: ArraySlice<SegmentName>) {
        for name in names where folder.kind(of: name.description + "-wal") != .absent {
            // What cannot be checkpointed is found damaged by the reader that gets there.
            guard
                let connection = try? SQLiteConnection(
                    path: folder.path(of: name.description), mode: .active(checkpointPages: settings.walPages))
            else { continue }
            try? connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        }
    }

    /// The epochs with the last sequence number accepted in each, from all that is known.
    private mutating func epochs(of names: [SegmentName], active: ActiveSegment?, mark: Position?)
        -> [StreamIndex.EpochEntry]
    {
        var lasts: [Epoch: SequenceNumber] = [:]
        let closed = Set((remembered?.epochs ?? []).dropLast().map(\.epoch))
        for entry in remembered?.epochs ?? [] { lasts[entry.epoch] = entry.last }
        if let mark, !closed.contains(mark.epoch) {
            lasts[mark.epoch] = max(lasts[mark.epoch] ?? .zero, mark.sequence)
        }
        for (number, name) in names.enumerated() {
            let isLastOfEpoch = number + 1 == names.count || names[number + 1].epoch != name.epoch
            guard isLastOfEpoch, !closed.contains(name.epoch) else { continue }
            lasts[name.epoch] = max(lasts[name.epoch] ?? .zero, lastFound(of: name, active: active))
        }
        if lasts.isEmpty { lasts[Epoch.first(using: &random)] = .zero }
        return lasts.map { StreamIndex.EpochEntry(epoch: $0.key, last: $0.value) }.sorted { $0.epoch < $1.epoch }
    }

    /// The last sequence number in a segment, from its last row.
    private func lastFound(of name: SegmentName, active: ActiveSegment?) -> SequenceNumber {
        if let active, active.name == name { return active.last }
        let none = SequenceNumber(name.first.rawValue - 1)
        // A segment that does not read is found damaged by the reader that gets there; here it counts as empty.
        guard
            let connection = try? SQLiteConnection(path: folder.path(of: name.description), mode: .sealed),
            let row = try? ChunkTable(connection).lastRow(),
            let chunk = try? Chunk(decoding: row.body, epoch: name.epoch, first: row.first, with: decompressor)
        else { return none }
        return chunk.last
    }

    /// A segment reaches to where the next one begins, the last of an epoch to the epoch's end.
    private func segments(_ names: [SegmentName], epochs: [StreamIndex.EpochEntry]) -> [StreamIndex.Segment] {
        names.enumerated().map { number, name in
            let last: SequenceNumber
            if number + 1 < names.count, names[number + 1].epoch == name.epoch {
                last = SequenceNumber(names[number + 1].first.rawValue - 1)
            } else {
                last = epochs.first { $0.epoch == name.epoch }?.last ?? SequenceNumber(name.first.rawValue - 1)
            }
            return StreamIndex.Segment(name: name, last: last, size: folder.size(of: name.description))
        }
    }

    /// Everything before the oldest segment was overwritten, whatever was saved of it.
    private func evictedThrough(_ names: [SegmentName]) -> Position? {
        guard let oldest = names.first, oldest.first.rawValue > 1 else { return remembered?.evictedThrough }
        let before = Position(epoch: oldest.epoch, sequence: SequenceNumber(oldest.first.rawValue - 1))
        return max(before, remembered?.evictedThrough ?? before)
    }
}
