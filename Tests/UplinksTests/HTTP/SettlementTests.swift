import Records
import Testing

@testable import Uplinks

@Suite struct SettlementTests {
    /// Lets a destination answer that refuses every request with one of `bad` in it; gives the settlement when nothing
    /// is left to try, and what was taken, in order.
    private func settle(
        _ count: Int, bad: Set<Int>, requestMax: Int, trust: DestinationTrust = DestinationTrust()
    ) -> (settlement: Settlement, taken: [Int], requests: Int) {
        var settlement = Settlement(states: Array(repeating: .open, count: count), trust: trust)
        var taken: [Int] = []
        var requests = 0
        while requests < 100_000 {
            let indices = Array(settlement.candidates().prefix(requestMax))
            if indices.isEmpty { break }
            #expect(indices == indices.sorted() && indices.allSatisfy { settlement.states[$0] == .open })
            requests += 1
            if indices.contains(where: bad.contains) {
                settlement.refuse(indices, reason: "no")
            } else {
                settlement.accept(indices)
                taken += indices
            }
        }
        return (settlement, taken, requests)
    }

    private func refused(_ settlement: Settlement) -> Set<Int> {
        Set(settlement.states.indices.filter { settlement.states[$0] == .refused(reason: "no") })
    }

    @Test(arguments: 0..<300)
    func `P8 wherever the bad records are, each good one is taken once, and each bad one is refused`(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let count = Int.random(in: 1...400, using: &random)
        var bad: Set<Int> = []
        switch seed % 3 {
        case 0: bad = [Int.random(in: 0..<count, using: &random)]
        case 1: bad = Set((0..<count).filter { _ in Int.random(in: 0..<10, using: &random) == 0 })
        default:
            let start = Int.random(in: 0..<count, using: &random)
            bad = Set(start..<min(count, start + Int.random(in: 1...200, using: &random)))
        }
        let end = settle(count, bad: bad, requestMax: Int.random(in: 1...300, using: &random))
        #expect(end.taken.count == Set(end.taken).count)
        if end.settlement.doubt == nil {
            #expect(Set(end.taken) == Set(0..<count).subtracting(bad))
            #expect(refused(end.settlement) == bad)
        } else {
            // Nothing good is left that was not taken, so that nothing can tell whose fault it is.
            #expect(refused(end.settlement).isSubset(of: bad))
            #expect(end.settlement.trust.isInDoubt)
        }
        #expect(end.requests < 60 + count + bad.count * 20)
    }

    @Test func `one bad record costs a hunt by halves, and the order is kept`() {
        for bad in [0, 1, 137, 499] {
            var trust = DestinationTrust()
            if bad > 0 { trust.accepted() }
            let end = settle(500, bad: [bad], requestMax: 500, trust: trust)
            #expect(end.requests < 30)
            let expected = (0..<500).filter { $0 != bad }
            #expect(end.taken == expected)
        }
    }

    @Test func `a destination that takes nothing is asked some tens of times, and nothing is refused for good`() {
        let end = settle(2048, bad: Set(0..<2048), requestMax: 500)
        #expect(end.requests < 40)
        #expect(refused(end.settlement).isEmpty && end.settlement.doubt == "no")
    }
}
