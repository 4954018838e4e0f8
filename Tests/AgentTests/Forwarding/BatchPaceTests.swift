import Testing

@testable import Agent

@Suite struct BatchPaceTests {
    @Test func `a fast link gets the largest batches`() {
        var pace = BatchPace()
        for _ in 0..<10 { pace.confirmed(records: pace.recordsMax, in: .milliseconds(20), isShared: false) }
        #expect(pace.recordsMax == BatchPace.recordsRange.upperBound)
    }

    @Test func `a slow link gets batches that it confirms within two seconds`() {
        var pace = BatchPace()
        for _ in 0..<10 { pace.confirmed(records: pace.recordsMax, in: .milliseconds(20), isShared: false) }
        // A hundred records a second.
        for _ in 0..<10 {
            pace.confirmed(records: pace.recordsMax, in: .milliseconds(10) * pace.recordsMax, isShared: false)
        }
        #expect(.milliseconds(10) * pace.recordsMax <= .seconds(2))
        #expect(pace.recordsMax >= 100)
    }

    @Test func `a small batch that was quick says nothing about the link`() {
        var pace = BatchPace()
        let before = pace.recordsMax
        for _ in 0..<100 { pace.confirmed(records: 1, in: .milliseconds(1), isShared: false) }
        #expect(pace.recordsMax == before)
    }

    @Test(arguments: [false, true]) func `however slow a link is, a batch has some records`(isShared: Bool) {
        var pace = BatchPace()
        for _ in 0..<100 { pace.confirmed(records: 64, in: .seconds(3600), isShared: isShared) }
        let range = isShared ? BatchPace.sharedRecordsRange : BatchPace.recordsRange
        #expect(pace.recordsMax == range.lowerBound)
    }

    @Test func `while two lanes share a link, one batch is enough to learn how small they must be`() {
        var pace = BatchPace()
        for _ in 0..<10 { pace.confirmed(records: pace.recordsMax, in: .milliseconds(20), isShared: true) }
        // Two hundred records a second.
        pace.confirmed(records: pace.recordsMax, in: .milliseconds(5) * pace.recordsMax, isShared: true)
        #expect(.milliseconds(5) * pace.recordsMax <= .milliseconds(400))
        #expect(pace.recordsMax >= 20)
    }

    @Test func `a long way makes the batches of two lanes no smaller`() {
        var pace = BatchPace()
        // Over a satellite: 600 ms whatever the size, and 0.1 ms for each record.
        func duration(_ records: Int) -> Duration { .milliseconds(600) + .microseconds(100) * records }
        for _ in 0..<20 {
            pace.confirmed(records: 2, in: duration(2), isShared: true)
            pace.confirmed(records: pace.recordsMax, in: duration(pace.recordsMax), isShared: true)
        }
        #expect(pace.recordsMax > 256)
    }

    @Test func `two lanes that both fill their batches do not take the time of a full one for the way`() {
        var pace = BatchPace()
        for _ in 0..<200 {
            pace.confirmed(records: pace.recordsMax, in: .milliseconds(10) * pace.recordsMax, isShared: true)
        }
        #expect(.milliseconds(10) * pace.recordsMax <= .milliseconds(400))
    }

    @Test func `after a break batches begin small`() {
        var pace = BatchPace()
        for _ in 0..<10 { pace.confirmed(records: pace.recordsMax, in: .milliseconds(20), isShared: false) }
        pace.restart()
        #expect(pace.recordsMax == BatchPace.recordsRange.lowerBound)
    }
}
