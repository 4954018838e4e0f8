import AgentTestKit
import LogStore
import Records
import Testing

@testable import Agent

struct StreamLanesTests {
    /// A stream with an hour of records that nobody has sent.
    private static func withBacklog(_ count: Int = 1000, _ order: DeliveryOrder = .freshFirst) -> PaperStream {
        var stream = PaperStream(order)
        stream.append(count)
        stream.advance(seconds: 3600)
        return stream
    }

    @Test func `what keeps up has one lane, and no mark`() {
        var stream = PaperStream()
        for _ in 0..<20 {
            stream.append(30)
            stream.advance(seconds: 9)
            while stream.send() {}
        }
        #expect(stream.cursor == Cursor(at: stream.end))
        #expect(stream.sent.allSatisfy { !$0.isShared && !$0.isHistorical && $0.lane == .live })
    }

    @Test func `a backlog that goes into one batch needs no second lane`() {
        var stream = Self.withBacklog(10)
        stream.send()
        #expect(stream.sent.map(\.isShared) == [false])
        #expect(stream.sent.map(\.lane) == [.backlog])
    }

    @Test func `with a backlog new records go on at the head, and the backlog ends where they began`() {
        var stream = Self.withBacklog(100)
        stream.prepare()
        #expect(stream.lanes.liveStart == stream.position(0, 100))
        stream.append(25)
        stream.send()
        #expect(stream.sent.last?.range.first == SequenceNumber(101))
        #expect(stream.sent.last?.isHistorical == false)
        while stream.send([.backlog]) {}
        #expect(stream.cursor == Cursor(at: stream.position(0, 110)))
        #expect(stream.lanes.liveStart == nil, "the lanes are one again")
        let historical = stream.sent.filter(\.isHistorical)
        #expect(historical.first?.range.first == SequenceNumber(1))
        #expect(historical.last?.range.last == SequenceNumber(100))
        while stream.send() {}
        #expect(stream.cursor == Cursor(at: stream.end))
        #expect(stream.sent.last?.isShared == false)
    }

    @Test func `in strict order nothing goes ahead, and old records count as a backlog`() {
        var stream = Self.withBacklog(100, .oldestFirst)
        stream.send()
        stream.append(5)
        while stream.send() {}
        #expect(stream.sent.allSatisfy { !$0.isShared && !$0.isHistorical })
        #expect(stream.sent.map(\.range.first.rawValue) == Array(stride(from: 1, through: 101, by: 10)))
        #expect(stream.sent.first?.lane == .backlog && stream.sent.last?.lane == .live)
    }

    @Test func `after a restart the live lane goes on where it was, if what is there is new`() {
        var stream = Self.withBacklog(100)
        stream.append(20)
        stream.prepare()
        stream.append(20)
        stream.send()
        stream.append(5)
        stream.lanes = StreamLanes(.freshFirst)
        stream.send()
        #expect(stream.sent.last?.range.first == SequenceNumber(111))
        #expect(stream.cursor.ahead.count == 1)
    }

    @Test func `after a second outage the live lane jumps again, and both gaps are drained in order`() {
        var stream = Self.withBacklog(100)
        stream.prepare()
        stream.append(10)
        stream.send()
        stream.append(100)
        stream.advance(seconds: 3600)
        stream.prepare()
        stream.append(10)
        stream.send()
        #expect(stream.sent.last?.range.first == SequenceNumber(211))
        #expect(stream.cursor.ahead.count == 2)
        while stream.send() {}
        #expect(stream.cursor == Cursor(at: stream.end))
        let backlog = stream.sent.filter(\.isHistorical).map(\.range.first.rawValue)
        #expect(backlog == Array(stride(from: 1, to: 101, by: 10)) + Array(stride(from: 111, to: 211, by: 10)))
    }

    @Test func `a link that is always too slow does not use up its ranges soon`() {
        var stream = Self.withBacklog()
        var jumps: [Int64] = []
        for second in 0..<Int64(3600) {
            stream.append(20)
            stream.advance(seconds: 1)
            let before = stream.lanes.liveStart
            stream.send()
            if stream.lanes.liveStart != before { jumps.append(second) }
        }
        #expect(jumps.count > 8 && jumps.count < Cursor.aheadMax, "\(jumps)")
        #expect(stream.cursor.ahead.count < Cursor.aheadMax)
    }

    @Test func `without room for a range the live lane goes on behind its newest one`() {
        var stream = PaperStream()
        stream.append(1000)
        for number in 0..<Cursor.aheadMax {
            let first = stream.position(0, number * 20 + 10).sequence
            stream.cursor.confirm(RecordRange(epoch: stream.end.epoch, first: first, last: first))
        }
        stream.advance(seconds: 3600)
        let newest = stream.cursor.end
        stream.send()
        #expect(stream.sent.last?.range.first == newest.sequence.next)
        #expect(stream.cursor.ahead.count == Cursor.aheadMax)
        stream.beginEpoch()
        stream.append(10)
        // The range reaches the end of its epoch; in the next one there is no room for another.
        while stream.send([.live]) {}
        #expect(stream.cursor.end == stream.position(0, 1000))
        while stream.send() {}
        #expect(stream.cursor == Cursor(at: stream.end))
    }

    @Test func `lanes cross epochs, each at its time`() {
        var stream = Self.withBacklog(30)
        stream.beginEpoch()
        stream.beginEpoch()
        stream.append(30)
        stream.advance(seconds: 60)
        stream.prepare()
        stream.append(10)
        stream.send()
        stream.beginEpoch()
        stream.append(10)
        while stream.send([.live]) {}
        #expect(stream.cursor.ahead.count == 2)
        while stream.send() {}
        #expect(stream.cursor == Cursor(at: stream.end))
    }

    /// Whatever comes and fails in whatever order: each record is sent once, and each lane is in order in itself.
    @Test(arguments: 0..<60 as Range<UInt64>) func `P2 two lanes send every record once, each in order`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var stream = PaperStream()
        for _ in 0..<500 {
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<5: stream.append(.random(in: 1...40, using: &random))
            case 5: stream.advance(seconds: .random(in: 0...40, using: &random))
            case 6 where seed % 3 == 0: stream.beginEpoch()
            case 7: _ = stream.send(isConfirmed: false)
            case 8 where seed % 2 == 0: stream.lanes = StreamLanes(.freshFirst)
            case 9..<12: stream.send([.backlog, .live], recordsMax: .random(in: 1...30, using: &random))
            default: stream.send(recordsMax: .random(in: 1...30, using: &random))
            }
        }
        while stream.send() {}
        #expect(stream.cursor == Cursor(at: stream.end), "seed \(seed)")
        #expect(stream.sent.reduce(0) { $0 + Int($1.range.count) } == stream.total, "seed \(seed)")
        for lane in Lane.allCases {
            let ends = stream.sent.filter { !$0.isShared || $0.lane == lane }.map(\.range.end)
            // A live lane that begins anew after a restart may begin where an earlier one was.
            if lane == .backlog || seed % 2 == 1 { #expect(ends == ends.sorted(), "seed \(seed), \(lane)") }
        }
    }
}
