import Testing

@testable import Agent

@Suite struct BatchPaceTests {
    @Test func `a fast link gets the largest batches`() {
        var pace = BatchPace()
        for _ in 0..<10 { pace.confirmed(records: pace.recordsMax, in: .milliseconds(20)) }
        #expect(pace.recordsMax == BatchPace.recordsRange.upperBound)
    }

    @Test func `a slow link gets batches that it confirms within two seconds`() {
        var pace = BatchPace()
        // A hundred records a second.
        for _ in 0..<10 { pace.confirmed(records: pace.recordsMax, in: .milliseconds(10) * pace.recordsMax) }
        #expect(.milliseconds(10) * pace.recordsMax <= .seconds(2))
        #expect(pace.recordsMax >= 100)
    }

    @Test func `a small batch that was quick says nothing about the link`() {
        var pace = BatchPace()
        let before = pace.recordsMax
        for _ in 0..<100 { pace.confirmed(records: 1, in: .milliseconds(1)) }
        #expect(pace.recordsMax == before)
    }

    @Test func `however slow a link is, a batch has some records`() {
        var pace = BatchPace()
        for _ in 0..<100 { pace.confirmed(records: 1, in: .seconds(3600)) }
        #expect(pace.recordsMax == BatchPace.recordsRange.lowerBound)
    }
}
