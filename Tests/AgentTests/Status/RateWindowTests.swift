import Testing

@testable import Agent

@Suite struct RateWindowTests {
    private let start = ContinuousClock.now

    private func window(_ counts: [(second: Int, count: UInt64?)]) -> RateWindow<String> {
        var window = RateWindow<String>(interval: .seconds(1), spans: 3)
        for (second, count) in counts {
            window.note(count.map { ["a": $0] } ?? [:], at: start + .seconds(second))
        }
        return window
    }

    @Test func `there is no rate before there are two looks`() {
        #expect(window([]).rate(of: "a") == nil)
        #expect(window([(0, 5)]).rate(of: "a") == nil)
        #expect(window([(0, 5), (1, 6)]).rate(of: "b") == nil)
    }

    @Test func `a rate is of all that is kept, however irregular the looks are`() {
        #expect(window([(0, 0), (1, 10)]).rate(of: "a") == 10)
        #expect(window([(0, 0), (1, 10), (4, 10)]).rate(of: "a") == 2.5)
        #expect(window([(0, 1000), (1, 10), (2, 20), (3, 30), (4, 40)]).rate(of: "a") == 10, "the oldest has gone")
    }

    @Test func `looks that come too early are left out`() {
        var window = window([(0, 0), (1, 10)])
        window.note(["a": 500], at: start + .milliseconds(1500))
        #expect(window.rate(of: "a") == 10)
        #expect(!window.isDue(at: start + .milliseconds(1999)))
        #expect(window.isDue(at: start + .seconds(2)))
    }

    @Test func `a count that begins later or goes back is never a rate below zero`() {
        #expect(window([(0, nil), (1, 5), (2, 9)]).rate(of: "a") == 4)
        #expect(window([(0, 100), (1, 0)]).rate(of: "a") == 0)
        #expect(window([(0, 1), (1, nil)]).rate(of: "a") == nil)
    }

    @Test func `the history has one value for each interval, the newest last`() {
        #expect(window([(0, 0), (1, 1), (2, 3), (3, 3)]).history(of: "a") == [1, 2, 0])
        #expect(window([(0, 0), (1, 1), (2, 3), (3, 3), (4, 10)]).history(of: "a") == [2, 0, 7])
    }
}
