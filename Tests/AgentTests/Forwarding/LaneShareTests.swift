import Testing

@testable import Agent

struct LaneShareTests {
    /// What each lane gets of a hundred batches when both always have something.
    private static func contest(_ share: Double, liveSize: Int = 100, backlogSize: Int = 100) -> [Lane: Int] {
        var lanes = LaneShare(backlogShare: share)
        var given: [Lane: Int] = [:]
        for _ in 0..<1000 {
            let lane = lanes.order[0]
            let size = lane == .live ? liveSize : backlogSize
            lanes.gave(size, to: lane, isAll: false, isAlone: false)
            given[lane, default: 0] += size
        }
        return given
    }

    @Test(arguments: [0.1, 0.25, 0.5, 0.9], [(100, 100), (10, 1000), (1000, 10)])
    func `each lane has its share of the bytes, whatever the sizes of the batches`(
        share: Double, sizes: (Int, Int)
    ) {
        let given = Self.contest(share, liveSize: sizes.0, backlogSize: sizes.1)
        let total = given.values.reduce(0, +)
        let error = abs(Double(given[.backlog] ?? 0) - share * Double(total))
        #expect(error <= 2 * Double(max(sizes.0, sizes.1)), "\(given)")
    }

    @Test func `what is live goes first`() {
        #expect(LaneShare(backlogShare: 0.25).order == [.live, .backlog])
    }

    @Test func `when all that is live was sent, it is the backlog's turn, and then at once that of what is live`() {
        var lanes = LaneShare(backlogShare: 0.1)
        for _ in 0..<100 {
            #expect(lanes.order[0] == .live)
            lanes.gave(10, to: .live, isAll: true, isAlone: false)
            #expect(lanes.order[0] == .backlog)
            lanes.gave(1000, to: .backlog, isAll: false, isAlone: false)
        }
    }

    @Test func `a backlog that had the link for itself does not hold up what is live, nor the other way round`() {
        for (busy, idle) in [(Lane.backlog, Lane.live), (.live, .backlog)] {
            var lanes = LaneShare(backlogShare: 0.25)
            for _ in 0..<1000 { lanes.gave(1000, to: busy, isAll: false, isAlone: true) }
            var order: [Lane] = []
            for _ in 0..<12 {
                let lane = lanes.order[0]
                lanes.gave(1000, to: lane, isAll: false, isAlone: false)
                order.append(lane)
            }
            #expect(order[0] == .live)
            #expect(order.count { $0 == .backlog } == 3, "\(idle) comes back: \(order)")
        }
    }
}
