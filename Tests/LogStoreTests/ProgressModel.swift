import FoundationEssentials
import Records

@testable import LogStore

/// A stream and one uplink's progress in it, and beside them what has become of each single record: what the one says
/// in sums and ranges, the other knows one by one.
struct ProgressModel {
    enum Fate { case open, forwarded, rejected, lost, filtered }

    struct Entry {
        let position: Position
        var isHeld = true
        var fate = Fate.open
    }

    private(set) var index: StreamIndex
    private(set) var progress: UplinkProgress
    private(set) var entries: [Entry] = []
    private var places: [Position: Int] = [:]
    /// Of so many records filters let one through; 0: there are none.
    private let passesOneOf: UInt64
    /// What a consumer was told of as left out.
    private(set) var told: Set<Position> = []
    /// What was saved last: the row, and the fates that belong to it.
    private var saved: (row: Data, fates: [Fate])
    /// Whether what was moved back by a replay is still told apart: it is taken for forwarded, mostly.
    private(set) var isExact = true

    init(passesOneOf: UInt64 = 0) throws {
        self.passesOneOf = passesOneOf
        let epoch = Epoch(rawValue: 1 << 40)
        index = StreamIndex(
            epochs: [.init(epoch: epoch, last: .zero)], segments: [], acceptedBefore: 0, evictedThrough: nil)
        progress = UplinkProgress(position: index.start, acceptedBefore: 0)
        saved = (try JSONEncoder().encode(progress), [])
    }

    // MARK: What happens to the log

    mutating func append(_ count: Int) {
        let epoch = index.current.epoch
        if !index.hasActiveSegment { index.didBegin(SegmentName(epoch: epoch, first: index.current.last.next)) }
        for number in 1...count {
            let position = Position(epoch: epoch, sequence: index.current.last.advanced(by: number))
            places[position] = entries.count
            entries.append(Entry(position: position))
        }
        index.didAppend(through: index.current.last.advanced(by: count), segmentSize: 1)
    }

    mutating func seal() {
        if index.hasActiveSegment { index.didSeal(size: 1) }
    }

    mutating func beginEpoch() {
        index.didLoseActiveSegment()
        index.begin(Epoch(rawValue: index.current.epoch.rawValue + 1 << 40))
    }

    /// Evicts the oldest segment, as the log does: the loss is noted and saved.
    mutating func evict() throws {
        guard index.segments.count > (index.hasActiveSegment ? 1 : 0) else { return }
        guard let records = index.evictOldest().records else { return }
        for place in self.places(of: records) { entries[place].isHeld = false }
        progress.note(
            LostRange(
                stream: .telemetry, epoch: records.epoch, first: records.first, last: records.last,
                bytes: 1000, reason: .overwritten, wallMilliseconds: 0))
        try save()
    }

    mutating func save() throws {
        index.forgetEpochs(before: [progress.cursor.position])
        saved = (try JSONEncoder().encode(progress), entries.map(\.fate))
    }

    /// The process is killed: the log is as it was, the progress as it was saved. False where it would begin anew.
    mutating func kill() throws -> Bool {
        progress = try JSONDecoder().decode(UplinkProgress.self, from: saved.row)
        for place in entries.indices { entries[place].fate = place < saved.fates.count ? saved.fates[place] : .open }
        return progress.fits(index)
    }

    // MARK: What the uplink does

    /// What the oldest lane would do next: confirms some, tells of a loss, or goes over to the next epoch.
    mutating func drain(_ count: Int) {
        let position = progress.cursor.position
        switch index.locate(behind: position) {
        case .upToDate: return
        case .next(let next): progress.skip(to: next)
        case .gap(let first, let last, _):
            let end = min(last, progress.cursor.lastOpen(behind: position) ?? last)
            tell(RecordRange(epoch: position.epoch, first: first, last: end))
        case .segment(let segment, _):
            let last = min(
                segment.last, position.sequence.advanced(by: count),
                progress.cursor.lastOpen(behind: position) ?? segment.last)
            confirm(RecordRange(epoch: position.epoch, first: position.sequence.next, last: last))
        }
    }

    /// Confirms a range anywhere, if all that is open in it is held; else tells that it is lost, if all of it is.
    mutating func settle(_ range: RecordRange) {
        let open = places(of: range).filter { entries[$0].fate == .open }
        if open.allSatisfy({ entries[$0].isHeld }) {
            confirm(range)
        } else if open.allSatisfy({ !entries[$0].isHeld }) {
            tell(range)
        }
    }

    mutating func reject(_ place: Int) {
        guard entries[place].fate == .open, entries[place].isHeld else { return }
        let position = entries[place].position
        let range = RecordRange(epoch: position.epoch, first: position.sequence, last: position.sequence)
        if hasRoom(for: range) { entries[place].fate = .rejected }
        _ = progress.reject(position)
    }

    /// Goes back to right behind a record that is held.
    mutating func replay(behind place: Int) -> (told: UInt64, expected: Int)? {
        let target = entries[place].position
        guard target >= index.start, target <= progress.cursor.end else { return nil }
        let behind = entries.indices.filter { entries[$0].position > target && entries[$0].fate != .open }
        for place in behind { entries[place].fate = .open }
        isExact = false
        return (progress.move(back: target, in: index), behind.count)
    }

    // MARK: What it comes to

    var statistics: LogStatistics.Uplink { LogStatistics.Uplink(progress, index: index) }

    func count(_ fate: Fate) -> UInt64 { UInt64(entries.count { $0.fate == fate }) }
    var held: UInt64 { UInt64(entries.count { $0.fate == .open && $0.isHeld }) }
    /// Gone, and nobody has been told.
    var missing: UInt64 { UInt64(entries.count { $0.fate == .open && !$0.isHeld }) }

    /// Records of which the cursor does not say what became of them.
    var disagreements: [Position] {
        entries.compactMap { entry in
            let one = RecordRange(
                epoch: entry.position.epoch, first: entry.position.sequence, last: entry.position.sequence)
            let isDone = progress.cursor.undone(in: one).isEmpty
            return isDone == (entry.fate != .open) ? nil : entry.position
        }
    }

    private mutating func confirm(_ range: RecordRange) {
        let places = self.places(of: range)
        let isFiltered = passesOneOf > 0 && places.allSatisfy { entries[$0].fate == .open }
        let omitted = isFiltered ? places.filter { isLeftOut(entries[$0].position) } : []
        let before = Position(epoch: range.epoch, sequence: SequenceNumber(range.first.rawValue - 1))
        var run = progress.untold(endingAt: before).map { self.places(of: $0) } ?? []
        for place in places {
            if omitted.contains(place) {
                run.append(place)
            } else {
                told.formUnion(run.map { entries[$0].position })
                run = []
            }
        }
        if hasRoom(for: range) {
            for place in omitted { entries[place].fate = .filtered }
            settle(range, as: .forwarded)
        }
        let pieces = omitted.reduce(into: [RecordRange]()) { pieces, place in
            let sequence = entries[place].position.sequence
            let one = RecordRange(epoch: range.epoch, first: sequence, last: sequence)
            if let joined = pieces.last?.joined(with: one) {
                pieces[pieces.count - 1] = joined
            } else {
                pieces.append(one)
            }
        }
        progress.confirm(range, without: pieces)
    }

    private func isLeftOut(_ position: Position) -> Bool { position.sequence.rawValue % passesOneOf != 0 }

    /// Tells of something that was left out and of which no record can tell.
    mutating func tellOfFilter() {
        guard let range = progress.untellable else { return }
        told.formUnion(places(of: range).map { entries[$0].position })
        progress.confirm(
            LostRange(
                stream: .telemetry, epoch: range.epoch, first: range.first, last: range.last, bytes: 0,
                reason: .filtered, wallMilliseconds: 0))
    }

    /// Records that were left out, of which nobody was told, and nobody will be.
    var untellable: [Position] {
        let waiting = Set(progress.untold.flatMap { places(of: $0) })
        return entries.indices.filter {
            entries[$0].fate == .filtered && !told.contains(entries[$0].position) && !waiting.contains($0)
        }.map { entries[$0].position }
    }

    private mutating func tell(_ range: RecordRange) {
        if hasRoom(for: range) { settle(range, as: .lost) }
        progress.confirm(
            LostRange(
                stream: .telemetry, epoch: range.epoch, first: range.first, last: range.last, bytes: 0,
                reason: .overwritten, wallMilliseconds: 0))
    }

    private mutating func settle(_ range: RecordRange, as fate: Fate) {
        for place in places(of: range) where entries[place].fate == .open { entries[place].fate = fate }
    }

    /// Whether what is done with ahead of the position stays within the bound: counted record by record.
    private func hasRoom(for range: RecordRange) -> Bool {
        let position = progress.cursor.position
        var runs = 0
        var previous: Position?
        for entry in entries where entry.position > position {
            let isIn =
                entry.position.epoch == range.epoch
                && (range.first...range.last).contains(entry.position.sequence)
            guard entry.fate != .open || isIn else { continue }
            let before = Position(
                epoch: entry.position.epoch, sequence: SequenceNumber(entry.position.sequence.rawValue - 1))
            let touchesPosition = before == position
            if previous != before && !touchesPosition { runs += 1 }
            if touchesPosition { return true }
            previous = entry.position
        }
        return runs <= Cursor.aheadMax
    }

    private func places(of range: RecordRange) -> [Int] {
        guard let first = places[Position(epoch: range.epoch, sequence: range.first)] else { return [] }
        return Array(first..<(first + Int(range.count)))
    }
}
