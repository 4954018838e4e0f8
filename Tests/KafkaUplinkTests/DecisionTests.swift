import Records
import Testing
import Uplinks

@testable import KafkaUplink

/// Decisions that need no cluster.
@Suite struct DecisionTests {
    // MARK: The search for the record to blame

    /// Runs a search against a cluster that refuses sets which hold a poisoned record, or more than `most` records.
    private func search(_ count: Int, poison: Set<Int>, most: Int, set: Int) -> (rejected: [Int], order: [Int]) {
        var rejected: [Int] = []
        var taken: [Int] = []
        var start = 0
        var steps = 0
        while start < count {
            var search = RefusalSearch(count: count - start)
            var culprit: Int?
            while culprit == nil, let piece = search.next {
                steps += 1
                precondition(steps < 100_000, "the search does not end")
                var first = piece.lowerBound
                var refused: Range<Int>?
                // Sets go out one after the other, as with one partition.
                while first < piece.upperBound, refused == nil {
                    let records = first..<min(first + set, piece.upperBound)
                    if records.count > most || records.contains(where: { poison.contains(start + $0) }) {
                        refused = records
                    } else {
                        taken += records.map { start + $0 }
                        first = records.upperBound
                    }
                }
                search.confirmed(upTo: first)
                if let refused { culprit = search.refused(refused, of: piece) }
            }
            guard let culprit else { break }
            rejected.append(start + culprit)
            start += culprit + 1
        }
        return (rejected, taken)
    }

    @Test func `exactly the poisoned records are rejected, wherever they are, and the rest goes in order`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<400 {
            let count = Int.random(in: 1...200, using: &random)
            let poison = Set((0..<Int.random(in: 0...6, using: &random)).map { _ in Int.random(in: 0..<count) })
            let set = Int.random(in: 1...100, using: &random)
            let most = Int.random(in: 1...100, using: &random)
            let (rejected, taken) = search(count, poison: poison, most: most, set: set)
            #expect(rejected == poison.sorted(), "count \(count), most \(most), set \(set)")
            #expect(taken == (0..<count).filter { !poison.contains($0) }, "count \(count), most \(most), set \(set)")
        }
    }

    @Test func `a search that was refused once narrows, and is over when the suspects are through`() {
        var search = RefusalSearch(count: 10)
        #expect(search.next == 0..<10)
        search.confirmed(upTo: 2)
        #expect(search.refused(4..<8, of: 0..<10) == nil)
        #expect(search.next == 2..<4)
        search.confirmed(upTo: 4)
        #expect(search.next == 4..<6)
        #expect(search.isNarrowing)
        search.confirmed(upTo: 6)
        #expect(search.next == 6..<7)
        #expect(search.refused(6..<7, of: 6..<7) == 6)
        search.confirmed(upTo: 8)
        #expect(search.next == 8..<10)
        #expect(!search.isNarrowing)
    }

    // MARK: Delivery reports

    @Test func `what is confirmed ends at the first hole, in whatever order reports come`() {
        var board = DeliveryBoard()
        board.begin()
        for _ in 0..<5 { board.handedOver() }
        #expect(board.confirmed == 0)
        board.reported(4, 0)
        board.reported(1, 0)
        #expect(board.confirmed == 0)
        board.reported(0, 0)
        #expect(board.confirmed == 2)
        #expect(board.outstanding == 2)
        // Reports of an earlier round, and one that comes twice.
        board.reported(17, 0)
        board.reported(0, 7)
        #expect(board.outstanding == 2)
        #expect(!board.hasFailure)
        board.reported(2, 10)
        board.reported(3, 10)
        #expect(board.confirmed == 2)
        #expect(board.refused?.0 == 2..<4)
        #expect(board.refused?.2 == .tooLarge)
        #expect(board.hasLostMessages)
    }

    @Test func `the reason is what went wrong, not what followed from it`() {
        var board = DeliveryBoard()
        board.begin()
        for _ in 0..<3 { board.handedOver() }
        let purged: Int32 = -152
        let gapless: Int32 = -148
        board.reported(0, purged)
        board.reported(1, gapless)
        board.reported(2, 29)
        #expect(board.tellingCode == KafkaCode(rawValue: 29))
        #expect(KafkaCode(rawValue: 29).isAlarm)
        #expect(KafkaCode(rawValue: purged).isConsequence)
    }

    @Test func `only what speaks of the message itself can reject it`() {
        let refusals = (Int32(-200)...120).filter { KafkaCode(rawValue: $0).refusal != nil }
        #expect(refusals == [4, 10, 18, 32, 87])
        for code in [-169, 3, 17, 29, 31, 58] as [Int32] {
            #expect(KafkaCode(rawValue: code).isAlarm, "\(KafkaCode(rawValue: code).text)")
        }
        for code in [-195, -185, 5, 6, 7, 19, 20] as [Int32] {
            #expect(!KafkaCode(rawValue: code).isAlarm, "\(KafkaCode(rawValue: code).text)")
        }
    }

    // MARK: Templates

    @Test func `templates that cannot be a topic are refused with the reason`() {
        for text in ["", "a/b", "a b", "{topic", "x}", "{gatway}", ".", "..", "über"] {
            #expect(throws: UplinkError.self) { try KafkaTemplate(text, for: .topic) }
        }
        #expect(throws: UplinkError.self) { try KafkaTemplate("{device}", for: .topic, allowing: [.gateway]) }
        #expect(throws: UplinkError.self) { try KafkaTemplate("", for: .key) }
    }

    @Test func `what comes from a record is fitted to a topic, and a key takes it as it is`() throws {
        let record = Sample.record(1, topic: "sensors/Halle 3/t+1/")
        var text: [UInt8] = []
        func expanded(_ template: String, _ use: KafkaTemplate.Use) throws -> String {
            let bound = try KafkaTemplate(template, for: use).bound(gateway: Sample.gateway, stream: .telemetry)
            bound.write(record, to: &text)
            return String(decoding: text, as: UTF8.self)
        }
        #expect(try expanded("plant.{topic}", .topic) == "plant.sensors.Halle_3.t_1.")
        #expect(try expanded("{gateway}-{stream}_{device}", .topic) == "plant7-gw2-telemetry_t_1")
        #expect(try expanded("{topic}", .key) == "sensors/Halle 3/t+1/")
        #expect(try expanded("{device}", .key) == "t+1")
        #expect(
            KafkaTemplate.Bound.problem(withTopic: Array(repeating: 0x61, count: 250))?.contains("249") == true)
        #expect(KafkaTemplate.Bound.problem(withTopic: Array("..".utf8)) != nil)
        #expect(KafkaTemplate.Bound.problem(withTopic: Array("a".utf8)) == nil)
    }

    // MARK: Tokens

    @Test func `a token's end and subject are read from it, and one that a header cannot carry is none`() {
        // {"alg":"none"}.{"sub":"gw-2","exp":1787476445.7,"nested":{"exp":1}}.
        let token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJndy0yIiwiZXhwIjoxNzg3NDc2NDQ1LjcsIm5lc3RlZCI6eyJleHAiOjF9fQ."
        #expect(BearerToken(token)?.expiryMilliseconds == 1_787_476_445_000)
        #expect(BearerToken(token)?.principal == "gw-2")
        // {"exp":9000000000000000000}
        #expect(BearerToken("e30.eyJleHAiOjkwMDAwMDAwMDAwMDAwMDAwMDB9.")?.expiryMilliseconds == nil)
        #expect(BearerToken("opaque-token")?.expiryMilliseconds == nil)
        #expect(BearerToken("a.b.c")?.principal == "")
        for text in ["", "two words", "line\nfeed", "a,b", "ü"] { #expect(BearerToken(text) == nil) }
    }
}
