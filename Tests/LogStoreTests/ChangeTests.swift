import AgentTestKit
import LogStore
import Records
import Testing

/// Streams and uplinks come and go while the log is used.
struct ChangeTests {
    private static let other = StreamName("other")!
    private static let second = UplinkName("second")!

    /// Appends to a stream of any name.
    private func append(_ numbers: Range<Int>, to stream: StreamName, of store: RingLog, _ fixture: LogFixture) {
        var builder = ChunkBuilder(clock: fixture.clock.read())
        for number in numbers {
            let (topic, payload) = (Array("t".utf8), LogFixture.payload(number))
            builder.append(topic: topic.span.bytes, payload: payload.span.bytes, bootMilliseconds: 0)
        }
        #expect(store.commit([stream: [builder]]).isEmpty)
    }

    private func expectSums(_ store: RingLog) {
        for (_, streams) in store.statistics().uplinks {
            for (_, numbers) in streams {
                #expect(numbers.accepted == numbers.forwarded + numbers.held + numbers.lost + numbers.rejected)
            }
        }
    }

    @Test func `a stream that comes, goes and comes again goes on where it was`() throws {
        let fixture = try LogFixture()
        let store = try fixture.open()
        let settings = StreamSettings(capacity: .mebibytes(4))
        fixture.append(0..<10, to: store)
        try store.change(
            streams: [.telemetry: settings, Self.other: settings],
            uplinks: [LogFixture.central: [.telemetry, Self.other]])
        append(0..<5, to: Self.other, of: store, fixture)
        let before = try #require(store.statistics().streams[Self.other])
        #expect(before.accepted == 5)
        try store.change(streams: [.telemetry: settings], uplinks: [LogFixture.central: [.telemetry]])
        #expect(store.statistics().streams.keys.sorted() == [.telemetry])
        let refused = store.commit([Self.other: [ChunkBuilder(clock: fixture.clock.read())]])
        #expect(refused[Self.other]?.code == .notFound)
        try store.change(
            streams: [.telemetry: settings, Self.other: settings],
            uplinks: [LogFixture.central: [.telemetry, Self.other]])
        append(5..<8, to: Self.other, of: store, fixture)
        let after = try #require(store.statistics().streams[Self.other])
        #expect(after.accepted == 8)
        #expect(after.end == Position(epoch: before.end.epoch, sequence: SequenceNumber(8)))
        expectSums(store)
        store.close()
        fixture.uplinks = [LogFixture.central: [.telemetry]]
        let again = try fixture.open()
        #expect(fixture.drain(again).records.count == 10)
        again.close()
    }

    @Test func `P3 an uplink that goes and comes again has what it confirmed, and the sums hold`() throws {
        let fixture = try LogFixture()
        let store = try fixture.open()
        fixture.append(0..<20, to: store)
        let streams = [StreamName.telemetry: fixture.settings]
        try store.change(streams: streams, uplinks: [LogFixture.central: [.telemetry], Self.second: [.telemetry]])
        #expect(fixture.drain(store, by: Self.second).records.count == 20, "a new one begins at the oldest record")
        try store.change(streams: streams, uplinks: [LogFixture.central: [.telemetry]])
        fixture.append(20..<30, to: store)
        try store.change(streams: streams, uplinks: [LogFixture.central: [.telemetry], Self.second: [.telemetry]])
        #expect(fixture.drain(store, by: Self.second).records.count == 10)
        #expect(fixture.drain(store).records.count == 30)
        expectSums(store)
        store.close()
    }

    @Test func `P3 a stream that becomes smaller lets go of the oldest, and counts it`() throws {
        let fixture = try LogFixture(capacity: .mebibytes(16))
        let store = try fixture.open()
        fixture.append(0..<200_000, chunk: 500, to: store)
        let size = try #require(store.statistics().streams[.telemetry]?.size)
        try #require(size > .mebibytes(5))
        try store.change(
            streams: [.telemetry: StreamSettings(capacity: .mebibytes(4))],
            uplinks: [LogFixture.central: [.telemetry]])
        let numbers = try #require(store.statistics().streams[.telemetry])
        #expect(numbers.size <= .mebibytes(4) && numbers.capacity == .mebibytes(4))
        let uplink = try #require(store.statistics().uplinks[LogFixture.central]?[.telemetry])
        #expect(uplink.lost > 0)
        expectSums(store)
        fixture.append(200_000..<201_000, chunk: 500, to: store)
        let drained = fixture.drain(store)
        #expect(drained.lost + UInt64(drained.records.count) == 201_000)
        #expect(drained.payloads.last == String(decoding: LogFixture.payload(200_999), as: UTF8.self))
        store.close()
    }

    @Test func `a stream that cannot be opened changes nothing`() throws {
        let fixture = try LogFixture()
        let store = try fixture.open()
        // A file where the folder of the stream would be.
        try fixture.folder.write("log/streams/other", "no folder")
        let error = #expect(throws: LogStoreError.self) {
            try store.change(
                streams: [.telemetry: fixture.settings, Self.other: fixture.settings],
                uplinks: [LogFixture.central: [.telemetry, Self.other]])
        }
        #expect(error != nil)
        fixture.append(0..<10, to: store)
        #expect(fixture.drain(store).records.count == 10)
        #expect(store.statistics().streams.keys.sorted() == [.telemetry])
        store.close()
    }
}
