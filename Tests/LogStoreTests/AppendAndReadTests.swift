import AgentTestKit
import LogStore
import Records
import Testing

@Suite struct AppendAndReadTests {
    @Test func `what is appended is read in order and as it was`() throws {
        let fixture = try LogFixture()
        let store = try fixture.open()
        fixture.append(0..<1000, chunk: 37, to: store)
        let drained = fixture.drain(store, recordsMax: 100)
        #expect(drained.records.map(\.payload) == (0..<1000).map(LogFixture.payload))
        #expect(drained.records.map(\.identity.position.sequence.rawValue) == Array(1...1000))
        #expect(drained.losses.isEmpty)
    }

    @Test func `a log that was closed goes on where it was`() throws {
        let fixture = try LogFixture()
        var store: RingLog? = try fixture.open()
        fixture.append(0..<100, to: store!)
        store!.close()
        store = nil
        store = try fixture.open()
        fixture.append(100..<200, to: store!)
        let drained = fixture.drain(store!)
        #expect(drained.records.map(\.payload) == (0..<200).map(LogFixture.payload))
        #expect(Set(drained.records.map(\.identity.position.epoch)).count == 1)
        #expect(drained.records.map(\.identity.position.sequence.rawValue) == Array(1...200))
    }

    @Test func `everything beside topic and payload is kept`() throws {
        let fixture = try LogFixture()
        let store = try fixture.open()
        let properties = RecordProperties(
            contentType: "application/json",
            userProperties: [.init(name: "a", value: "1"), .init(name: "a", value: "ü")], messageExpirySeconds: 77,
            responseTopic: "answer/here", correlationData: [0, 255], isPayloadUTF8: true, device: "scale 1",
            sourceMilliseconds: -5)
        var builder = ChunkBuilder(clock: fixture.clock.read())
        let topic = Array("t/ö".utf8)
        builder.append(
            topic: topic.span.bytes, payload: [UInt8]().span.bytes, properties: PackedProperties(properties),
            isRetained: true, bootMilliseconds: fixture.clock.bootMilliseconds() + 1234)
        #expect(store.commit([.telemetry: [builder]]).isEmpty)
        let reader = try #require(store.reader(of: .telemetry))
        guard
            case .records(let batch) = reader.read(
                behind: store.position(of: LogFixture.central, in: .telemetry), recordsMax: 1, bytesMax: 1)
        else {
            Issue.record("no record")
            return
        }
        let record = batch.records[0]
        #expect(record.topic == "t/ö")
        #expect(record.payload.isEmpty)
        #expect(record.properties == properties)
        #expect(record.isRetained)
        #expect(record.time.bootMilliseconds == fixture.clock.bootMilliseconds() + 1234)
        #expect(record.time.wallMilliseconds == fixture.clock.read().wallMilliseconds + 1234)
        #expect(record.time.quality == .synchronised)
    }

    @Test func `a clock that is set later makes earlier records right`() throws {
        let fixture = try LogFixture()
        fixture.clock.change {
            $0.wallMilliseconds = 1000
            $0.isSynchronised = false
        }
        let store = try fixture.open()
        fixture.append(0..<1, to: store)
        fixture.clock.advance(milliseconds: 10_000)
        fixture.clock.change {
            $0.wallMilliseconds = 1_770_000_010_000
            $0.isSynchronised = true
        }
        #expect(store.maintain() == nil)
        let reader = try #require(store.reader(of: .telemetry))
        let start = store.position(of: LogFixture.central, in: .telemetry)
        guard case .records(let batch) = reader.read(behind: start, recordsMax: 1, bytesMax: 1) else {
            Issue.record("no record")
            return
        }
        #expect(batch.records[0].time.wallMilliseconds == 1_770_000_000_000)
        #expect(batch.records[0].time.quality == .corrected)
    }

    @Test func `a second process is told who holds the log`() throws {
        let fixture = try LogFixture()
        let store = try fixture.open()
        let error = #expect(throws: LogStoreError.self) { try fixture.open() }
        #expect(error?.code == .inUse)
        #expect(error?.message.contains("process ") == true)
        store.close()
    }

    @Test func `backlog is read from many segments`() throws {
        let fixture = try LogFixture()
        let store = try fixture.open()
        fixture.append(0..<20_000, chunk: 500, to: store)
        #expect(fixture.segments().count > 2)
        let drained = fixture.drain(store, recordsMax: 2000)
        let expected = (0..<20_000).map(LogFixture.payload)
        #expect(drained.records.map(\.payload) == expected, "20,000 records are not the same")
        let statistics = store.statistics().uplinks[LogFixture.central]![.telemetry]!
        #expect(statistics.forwarded == 20_000)
        #expect(statistics.held == 0)
    }
}
