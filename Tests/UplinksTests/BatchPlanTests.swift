import Records
import Testing

@testable import Uplinks

@Suite struct BatchPlanTests {
    private func plan(_ records: [Record], from start: Int = 0, recordsMax: Int = 4, sizeTarget: Int = 1 << 20)
        -> [Range<Int>]
    {
        BatchPlan(
            records, from: start, upTo: records.count, recordsMax: recordsMax, sizeTarget: sizeTarget,
            sizeEstimate: CloudEventsEncoder.sizeEstimate
        ).messages
    }

    @Test func `no message has more records than allowed and none is left out`() {
        let records = Sample.batch(count: 10).records
        #expect(plan(records) == [0..<4, 4..<8, 8..<10])
        #expect(plan(records, from: 7) == [7..<10])
        #expect(plan(records, recordsMax: 1).count == 10)
    }

    @Test func `a record larger than the target gets a message of its own`() {
        var records = Sample.batch(count: 5).records
        records[2].payload = [UInt8](repeating: 0, count: 5000)[...]
        #expect(plan(records, sizeTarget: 2000) == [0..<2, 2..<3, 3..<5])
        #expect(plan(records, sizeTarget: 1).map(\.count) == [1, 1, 1, 1, 1])
    }

    @Test func `records that passed other gateways before get a message of their own`() {
        var records = Sample.batch(count: 5).records
        let passed = RecordProperties(userProperties: [.init(name: LoopGuard.propertyName, value: "gw-a")])
        records[1].properties = passed
        records[2].properties = passed
        records[3].properties = RecordProperties(contentType: "text/plain")
        #expect(plan(records, recordsMax: 100) == [0..<1, 1..<3, 3..<5])
    }
}
