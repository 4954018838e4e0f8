import AgentTestKit
import LogStore
import Records
import Testing

@Suite struct OverwriteTests {
    /// A payload that zstd cannot make smaller, so that a few thousand fill a ring.
    static func fill(_ store: RingLog, records: Int, clock: some GatewayClock) -> [LogStoreError] {
        var random = SystemRandomNumberGenerator()
        var errors: [LogStoreError] = []
        for start in stride(from: 0, to: records, by: 20) {
            var builder = ChunkBuilder(clock: clock.read())
            for _ in start..<min(start + 20, records) {
                let payload = (0..<1000).map { _ in UInt8.random(in: 0...255, using: &random) }
                builder.append(topic: [0x74].span.bytes, payload: payload.span.bytes, bootMilliseconds: 0)
            }
            if let error = store.commit([.telemetry: [builder]])[.telemetry] { errors.append(error) }
        }
        return errors
    }

    @Test func `P3 the overwritten range is reported once and exactly and the sums hold`() throws {
        let fixture = try LogFixture()
        let store = try fixture.open()
        #expect(OverwriteTests.fill(store, records: 12_000, clock: fixture.clock).isEmpty)
        let before = store.statistics()
        let uplink = try #require(before.uplinks[LogFixture.central]?[.telemetry])
        #expect(uplink.accepted == 12_000)
        #expect(uplink.lost > 0)
        #expect(uplink.accepted == uplink.forwarded + uplink.held + uplink.lost + uplink.rejected)
        #expect(before.streams[.telemetry]!.size <= .mebibytes(4))
        let drained = fixture.drain(store)
        let loss = try #require(drained.losses.first)
        #expect(drained.losses.count == 1)
        #expect(loss.reason == .overwritten)
        #expect(loss.first.rawValue == 1)
        #expect(loss.bytes > 0)
        #expect(drained.records.first?.identity.position.sequence == loss.last.next)
        #expect(UInt64(drained.records.count) + loss.count == 12_000)
        let after = try #require(store.statistics().uplinks[LogFixture.central]?[.telemetry])
        #expect(after.lost == loss.count)
        #expect(after.held == 0)
        #expect(after.forwarded == UInt64(drained.records.count))
        #expect(fixture.drain(store).losses.isEmpty)
    }

    @Test func `a full stream that must not overwrite refuses and resumes`() throws {
        let fixture = try LogFixture(overflow: .rejectNewest)
        let store = try fixture.open()
        let errors = OverwriteTests.fill(store, records: 12_000, clock: fixture.clock)
        #expect(!errors.isEmpty)
        #expect(errors.allSatisfy { $0.code == .refused })
        let drained = fixture.drain(store)
        #expect(drained.losses.isEmpty)
        #expect(drained.records.count == 12_000 - errors.count * 20)
        #expect(OverwriteTests.fill(store, records: 100, clock: fixture.clock).isEmpty)
        #expect(fixture.drain(store).records.count == 100)
    }

    @Test func `records older than the retention expire and are reported`() throws {
        let fixture = try LogFixture()
        fixture.settings.retention = .seconds(3600)
        let store = try fixture.open()
        fixture.append(0..<100, to: store)
        #expect(store.maintain() == nil)
        for _ in 0..<70 {
            fixture.clock.advance(milliseconds: 60_000)
            #expect(store.maintain() == nil)
        }
        let drained = fixture.drain(store)
        #expect(drained.records.count == 0)
        #expect(drained.losses.map(\.reason) == [.expired])
        #expect(drained.lost == 100)
    }

    @Test func `a step of the wall clock expires nothing`() throws {
        let fixture = try LogFixture()
        fixture.settings.retention = .seconds(3600)
        let store = try fixture.open()
        fixture.append(0..<100, to: store)
        #expect(store.maintain() == nil)
        fixture.clock.change { $0.wallMilliseconds += 10 * 365 * 86_400_000 }
        #expect(store.maintain() == nil)
        #expect(fixture.drain(store).records.count == 100)
    }
}
