import Records
import Testing

@testable import Uplinks

@Suite struct SequenceAuditTests {
    private let nextEpoch = Epoch(rawValue: 0x0000_0200_0000_0001)

    private func loss(_ first: UInt64, _ last: UInt64) -> LossIdentity {
        LossIdentity(
            gateway: Sample.gateway, stream: .telemetry, epoch: Sample.epoch, first: SequenceNumber(first),
            last: SequenceNumber(last))
    }

    private func audit(_ sequences: [UInt64], isFromStart: Bool = true) -> SequenceAudit {
        var audit = SequenceAudit(isFromStart: isFromStart)
        for sequence in sequences { audit.receive(Sample.identity(sequence)) }
        return audit
    }

    @Test func `a whole row has nothing wrong`() {
        let summary = audit(Array(1...1000)).summary
        #expect(summary == SequenceAudit.Summary(received: 1000, distinct: 1000))
    }

    @Test func `records that came twice are duplicates and not out of order`() {
        let summary = audit([1, 2, 3, 2, 3, 4, 5, 1]).summary
        #expect(summary.received == 8)
        #expect(summary.duplicates == 3)
        #expect(summary.outOfOrder == 0)
        #expect(summary.missing == 0)
    }

    @Test func `a new record below the highest is out of order and closes its gap`() {
        let audit = audit([1, 2, 5, 3, 7])
        #expect(audit.summary.outOfOrder == 1)
        #expect(audit.summary.missing == 2)
        #expect(audit.gaps.map(\.description) == [loss(4, 4).description, loss(6, 6).description])
    }

    @Test func `what is missing at the front counts only for an audit from the start`() {
        #expect(audit([4, 5, 7]).summary.missing == 4)
        #expect(audit([4, 5, 7], isFromStart: false).summary.missing == 1)
    }

    @Test func `announced losses are no gaps and are counted once`() {
        var audit = audit([1, 2])
        audit.receive(loss(3, 9))
        audit.receive(loss(3, 9))
        audit.receive(Sample.identity(10))
        #expect(audit.summary.lost == 7)
        #expect(audit.summary.missing == 0)
        #expect(audit.summary.lostButReceived == 0)
        audit.receive(Sample.identity(4))
        #expect(audit.summary.lostButReceived == 1)
        audit.receive(loss(9, 12))
        #expect(audit.summary.lost == 10)
        #expect(audit.summary.lostButReceived == 2)
    }

    @Test func `a new epoch begins again at one and an older epoch behind it is out of order`() {
        var audit = audit([1, 2, 3])
        audit.receive(Sample.identity(1, epoch: nextEpoch))
        audit.receive(Sample.identity(2, epoch: nextEpoch))
        #expect(audit.summary.outOfOrder == 0)
        audit.receive(Sample.identity(4))
        audit.receive(Sample.identity(3, epoch: nextEpoch))
        #expect(audit.summary.outOfOrder == 1)
        #expect(audit.summary.missing == 0)
    }

    @Test func `streams are independent of each other`() {
        let alarms = StreamName("alarms")!
        var audit = SequenceAudit()
        for sequence in 1...100 as ClosedRange<UInt64> {
            audit.receive(Sample.identity(sequence))
            audit.receive(Sample.identity(101 - sequence, stream: alarms))
        }
        #expect(audit.summary.outOfOrder == 99)
        #expect(audit.summary.missing == 0)
        #expect(audit.summary.distinct == 200)
    }

    @Test func `what a filter left out is no gap, and counted once however often it is told`() {
        var audit = SequenceAudit()
        audit.receive(Sample.identity(3), previous: .zero)
        audit.receive(Sample.identity(7), previous: SequenceNumber(3))
        audit.receive(Sample.identity(7), previous: SequenceNumber(3))
        audit.receive(Sample.identity(10), previous: SequenceNumber(8))
        audit.receive(loss(11, 14), reason: .filtered)
        #expect(audit.summary.filtered == 10 && audit.summary.missing == 1 && audit.summary.lost == 0)
        #expect(audit.gaps.map(\.description) == [loss(8, 8).description])
        // A gateway that was killed sends what it had left out.
        audit.receive(Sample.identity(5))
        #expect(audit.summary.filtered == 9 && audit.summary.distinct == 4 && audit.summary.duplicates == 1)
        audit.receive(Sample.identity(5))
        #expect(audit.summary.duplicates == 2)
    }

    @Test func `a backlog and a replay are not out of order, and a replay is no duplicate`() {
        var audit = SequenceAudit()
        for number in [1, 2, 9, 10] as [UInt64] { audit.receive(Sample.identity(number)) }
        for number in [3, 4, 6] as [UInt64] { audit.receive(Sample.identity(number), delivery: .historical) }
        audit.receive(Sample.identity(5), delivery: .historical)
        for number in [7, 2, 1] as [UInt64] { audit.receive(Sample.identity(number), delivery: .replay) }
        let summary = audit.summary
        #expect(summary.outOfOrder == 1 && summary.replayed == 2 && summary.duplicates == 0)
        #expect(summary.distinct == 9 && summary.missing == 1)
    }

    @Test func `however many holes there are, a bounded number is remembered, and none is forgotten`() {
        var audit = SequenceAudit()
        let count = UInt64(StreamAudit.holesMax * 5)
        for number in 1...count { audit.receive(Sample.identity(number * 2)) }
        #expect(audit.summary.missing == count)
        #expect(audit.gaps.count <= StreamAudit.holesMax)
    }

    @Test func `however many epochs and streams there are, the sums stay`() {
        var audit = SequenceAudit()
        for number in 1...100 as ClosedRange<UInt64> {
            audit.receive(Sample.identity(2, epoch: Epoch(rawValue: number << 40)))
        }
        #expect(audit.summary.missing == 100 && audit.summary.distinct == 100)
        let other = StreamName("other")!
        audit.receive(Sample.identity(1, stream: other))
        #expect(audit.streams.map(\.key.stream) == [other, .telemetry])
    }

    @Test func `a percentile is what a sorted list says, or a little more`() {
        var random = SeededGenerator(seed: 3)
        var histogram = DelayHistogram()
        #expect(histogram.percentile(0.5) == nil)
        var values: [Int64] = []
        for _ in 0..<5000 {
            let value = Int64.random(in: 0...(1 << Int64.random(in: 0...30, using: &random)), using: &random)
            values.append(value)
            histogram.note(value)
        }
        values.sort()
        for share in [0.01, 0.25, 0.5, 0.9, 0.99, 1] {
            let exact = values[Int((Double(values.count) * share).rounded(.up)) - 1]
            let told = histogram.percentile(share)!
            #expect(told >= exact && told <= exact + exact / 8 + 1, "\(share): \(told) for \(exact)")
        }
        histogram.note(-5)
        histogram.note(.max)
        #expect(histogram.maximum == .max && histogram.count == 5002)
    }

    @Test func `the largest numbers there are do not stop it`() {
        var audit = SequenceAudit()
        audit.receive(Sample.identity(.max))
        audit.receive(Sample.identity(.max - 1))
        audit.receive(Sample.identity(0))
        audit.receive(loss(1, .max))
        audit.receive(loss(0, .max))
        #expect(audit.summary.received == 3)
        #expect(audit.gaps.isEmpty)
    }

    @Test(arguments: 0..<40)
    func `any mixture is counted as a plain set would count it`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var audit = SequenceAudit()
        var received: Set<UInt64> = []
        var lost: Set<UInt64> = []
        var expected = SequenceAudit.Summary()
        var highest: UInt64 = 0
        for _ in 0..<400 {
            if Int.random(in: 0..<20, using: &random) == 0 {
                let first = UInt64.random(in: 1...200, using: &random)
                let last = first + UInt64.random(in: 0...10, using: &random)
                audit.receive(loss(first, last))
                lost.formUnion(first...last)
            } else {
                let sequence = UInt64.random(in: 1...200, using: &random)
                audit.receive(Sample.identity(sequence))
                expected.received += 1
                if received.insert(sequence).inserted, sequence < highest { expected.outOfOrder += 1 }
                highest = max(highest, sequence)
            }
        }
        expected.distinct = UInt64(received.count)
        expected.duplicates = expected.received - expected.distinct
        expected.lost = UInt64(lost.count)
        expected.lostButReceived = UInt64(received.intersection(lost).count)
        let known = received.union(lost)
        let missing = Set(1...known.max()!).subtracting(known)
        expected.missing = UInt64(missing.count)
        #expect(audit.summary == expected)
        let gaps = audit.gaps.flatMap { Array($0.identity.first.rawValue...$0.identity.last.rawValue) }
        #expect(gaps == missing.sorted())
    }

    @Test(arguments: 0..<40)
    func `ranges hold what a plain set holds, in the fewest ranges`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var ranges = SequenceRanges()
        var plain: Set<UInt64> = []
        for _ in 0..<200 {
            let first = UInt64.random(in: 0...150, using: &random)
            let range = first...(first + UInt64.random(in: 0...(seed % 8), using: &random))
            let new = UInt64(range.filter { !plain.contains($0) }.count)
            #expect(ranges.insert(range) == new)
            plain.formUnion(range)
        }
        #expect(ranges.ranges.flatMap { Array($0) } == plain.sorted())
        #expect(ranges.count == UInt64(plain.count))
        #expect(zip(ranges.ranges, ranges.ranges.dropFirst()).allSatisfy { $0.upperBound + 1 < $1.lowerBound })
        #expect((0...200).allSatisfy { ranges.contains($0) == plain.contains($0) })
        #expect(ranges.count(in: 20...80) == UInt64(plain.filter { (20...80).contains($0) }.count))
        #expect(ranges.missing(in: 5...170).flatMap { Array($0) } == (5...170).filter { !plain.contains($0) })
    }
}
