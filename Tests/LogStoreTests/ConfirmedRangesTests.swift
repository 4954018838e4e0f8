import AgentTestKit
import Records
import Testing

@testable import LogStore

/// The cursor as confirmed ranges: what is done with, whatever the order in which it came to be so.
struct ConfirmedRangesTests {
    private static let epoch = Epoch(rawValue: 1 << 40)
    private static let next = Epoch(rawValue: 2 << 40)

    private static func range(_ first: UInt64, _ last: UInt64, in epoch: Epoch = epoch) -> RecordRange {
        RecordRange(epoch: epoch, first: SequenceNumber(first), last: SequenceNumber(last))
    }

    private static func position(_ sequence: UInt64, in epoch: Epoch = epoch) -> Position {
        Position(epoch: epoch, sequence: SequenceNumber(sequence))
    }

    /// A few thousand random things happen to a log and its uplink, and after each the sums are those of a model that
    /// knows what became of every single record.
    @Test(arguments: 0..<40 as Range<UInt64>) func `P3 the sums hold whatever happens in whatever order`(seed: UInt64)
        throws
    {
        var random = SeededGenerator(seed: seed)
        var model = try ProgressModel(passesOneOf: seed % 3)
        // Small ranges far apart fill the list; large ones join.
        let lengthMax: UInt64 = seed % 2 == 0 ? 4 : 40
        for step in 0..<400 {
            try Self.happen(to: &model, seed: seed, lengthMax: lengthMax, &random)
            let (sums, place) = (model.statistics, "seed \(seed), step \(step)")
            #expect(sums.accepted == UInt64(model.entries.count), "\(place)")
            #expect(sums.held == model.held, "\(place)")
            if model.isExact {
                #expect(sums.forwarded == model.count(.forwarded), "\(place)")
                #expect(sums.rejected == model.count(.rejected), "\(place)")
                #expect(sums.filtered == model.count(.filtered), "\(place)")
                if model.progress.untold.count < UplinkProgress.untoldMax {
                    #expect(model.untellable.isEmpty, "\(place)")
                }
                #expect(sums.lost == model.count(.lost) + model.missing, "\(place)")
            }
            let known = sums.forwarded + sums.held + sums.lost + sums.rejected + sums.filtered
            #expect(sums.accepted == known, "\(place)")
            #expect(model.disagreements.isEmpty, "\(place)")
            #expect(sums.ahead.count <= Cursor.aheadMax, "\(place)")
            #expect(model.progress.fits(model.index), "\(place)")
            if model.progress.pending.count < UplinkProgress.pendingMax {
                #expect(model.progress.pending.reduce(0) { $0 + $1.count } == model.missing, "\(place)")
            }
        }
    }

    private static func happen(
        to model: inout ProgressModel, seed: UInt64, lengthMax: UInt64, _ random: inout SeededGenerator
    ) throws {
        guard let entry = model.entries.randomElement(using: &random) else { return model.append(5) }
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<25: model.append(.random(in: 1...12, using: &random))
        case 25..<30: model.seal()
        case 30..<32: model.beginEpoch()
        case 32..<37: try model.evict()
        case 37..<40: model.tellOfFilter()
        case 40..<50: model.drain(.random(in: 1...10, using: &random))
        case 50..<85:
            let first = entry.position.sequence
            let end = model.entries.last { $0.position.epoch == entry.position.epoch }!.position.sequence
            let last = min(end, first.advanced(by: Int(UInt64.random(in: 0..<lengthMax, using: &random))))
            model.settle(RecordRange(epoch: entry.position.epoch, first: first, last: last))
        case 85..<92: model.reject(model.entries.indices.randomElement(using: &random)!)
        case 92 where seed % 4 == 0:
            if let count = model.replay(behind: model.entries.indices.randomElement(using: &random)!) {
                #expect(count.told == UInt64(count.expected))
            }
        case 92..<98: try model.save()
        default: #expect(try model.kill())
        }
    }

    @Test func `a position that reaches a range goes on behind it`() {
        var cursor = Cursor(at: Self.position(10))
        #expect(cursor.confirm(Self.range(21, 30)) == 10)
        #expect(cursor.confirm(Self.range(31, 40)) == 10)
        #expect(cursor.ahead == [Self.range(21, 40)])
        #expect(cursor.lastOpen(behind: cursor.position) == SequenceNumber(20))
        #expect(cursor.confirm(Self.range(11, 25)) == 10)
        #expect(cursor == Cursor(at: Self.position(40)))
    }

    @Test func `a range at the beginning of an epoch is taken in when the epoch before is done with`() {
        var cursor = Cursor(at: Self.position(10))
        cursor.confirm(Self.range(1, 5, in: Self.next))
        #expect(cursor.position == Self.position(10))
        cursor.skip(to: Self.position(0, in: Self.next))
        #expect(cursor == Cursor(at: Self.position(5, in: Self.next)))
    }

    @Test func `P2 without room for another range nothing is remembered, and what touches one still is`() {
        var cursor = Cursor(at: Self.position(0))
        for number in 1...UInt64(Cursor.aheadMax) { cursor.confirm(Self.range(number * 10, number * 10 + 1)) }
        let full = cursor
        #expect(cursor.confirm(Self.range(5, 5)) == 0)
        #expect(cursor == full)
        #expect(!cursor.mayRunAhead(from: Self.position(500)))
        #expect(cursor.mayRunAhead(from: full.end))
        #expect(cursor.confirm(Self.range(322, 330)) == 9)
        // Two that become one make room.
        #expect(cursor.confirm(Self.range(12, 19)) == 8)
        #expect(cursor.mayRunAhead(from: Self.position(500)))
    }

    @Test func `P3 of a segment that is confirmed in part only the rest is lost, with its part of the bytes`() {
        var progress = UplinkProgress(position: Self.position(20), acceptedBefore: 0)
        progress.confirm(Self.range(41, 60))
        progress.note(
            LostRange(
                stream: .telemetry, epoch: Self.epoch, first: SequenceNumber(1), last: SequenceNumber(100),
                bytes: 1000, reason: .expired, wallMilliseconds: 7))
        #expect(progress.pending.map { RecordRange($0) } == [Self.range(21, 40), Self.range(61, 100)])
        #expect(progress.pending.map(\.bytes) == [200, 400])
        #expect(progress.pending.allSatisfy { $0.reason == .expired && $0.wallMilliseconds == 7 })
    }

    @Test func `ranges that cannot be are no cursor`() {
        for ahead in [[(5, 9)], [(2, 9)], [(7, 8), (9, 9)], [(9, 12), (6, 7)]] as [[(UInt64, UInt64)]] {
            #expect(Cursor(at: Self.position(4), ahead: ahead.map { Self.range($0.0, $0.1) }) == nil, "\(ahead)")
        }
        let many = (1...UInt64(Cursor.aheadMax + 1)).map { Self.range($0 * 10, $0 * 10) }
        #expect(Cursor(at: Self.position(4), ahead: many) == nil)
        #expect(Cursor(at: Self.position(4), ahead: many.dropLast())?.ahead.count == Cursor.aheadMax)
        #expect(Cursor(at: Self.position(4), ahead: [Self.range(6, 9), Self.range(1, 1, in: Self.next)]) != nil)
    }
}
