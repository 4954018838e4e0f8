import AgentTestKit
import Records
import Testing

@testable import LogStore

/// Two lanes over one log: what is read, what is kept of it, and what a kill leaves.
struct LaneReadingTests {
    /// Reads and confirms from `start` on as a live lane does; gives the payloads.
    private static func goAhead(_ store: RingLog, from start: Position, count: Int) throws -> [[UInt8]] {
        let reader = try #require(store.reader(of: .telemetry))
        var payloads: [[UInt8]] = []
        while payloads.count < count {
            let position = store.cursor(of: LogFixture.central, in: .telemetry).reach(from: start)
            switch reader.read(behind: position, recordsMax: min(50, count - payloads.count), bytesMax: 1 << 20) {
            case .records(let batch):
                payloads += batch.records.map { Array($0.payload) }
                store.confirm(RecordRange(batch), by: LogFixture.central, in: .telemetry)
            case .lost(let loss):
                store.confirm(store.describe(loss, for: LogFixture.central), by: LogFixture.central)
            case .next, .upToDate: return payloads
            }
        }
        return payloads
    }

    private static func sums(_ store: RingLog) throws -> LogStatistics.Uplink {
        let sums = try #require(store.statistics().uplinks[LogFixture.central]?[.telemetry])
        #expect(sums.accepted == sums.forwarded + sums.held + sums.lost + sums.rejected)
        return sums
    }

    @Test func `what went ahead is not read again, and nothing between is left out`() throws {
        let fixture = try LogFixture()
        let store = try fixture.open()
        fixture.append(0..<1000, chunk: 37, to: store)
        let head = try #require(store.statistics().streams[.telemetry]?.end)
        fixture.append(1000..<1200, chunk: 7, to: store)
        #expect(try Self.goAhead(store, from: head, count: 150) == (1000..<1150).map(LogFixture.payload))
        #expect(try Self.sums(store).held == 1050)
        let drained = fixture.drain(store, recordsMax: 100)
        let expected = Array(0..<1000) + Array(1150..<1200)
        #expect(drained.records.map(\.payload) == expected.map(LogFixture.payload))
        #expect(try Self.sums(store).forwarded == 1200)
        #expect(store.cursor(of: LogFixture.central, in: .telemetry).ahead.isEmpty)
    }

    @Test func `P2 a kill between two saves brings records twice, in both lanes, and skips none`() throws {
        let fixture = try LogFixture()
        let store = try fixture.open()
        fixture.append(0..<1000, chunk: 37, to: store)
        let head = try #require(store.statistics().streams[.telemetry]?.end)
        fixture.append(1000..<1200, chunk: 7, to: store)
        _ = try Self.goAhead(store, from: head, count: 50)
        #expect(store.maintain() == nil)
        let ahead = store.cursor(of: LogFixture.central, in: .telemetry)
        _ = try Self.goAhead(store, from: head, count: 100)
        let killed = try fixture.copy()
        store.close()
        let again = try killed.open()
        #expect(again.cursor(of: LogFixture.central, in: .telemetry) == ahead)
        let expected = Array(0..<1000) + Array(1050..<1200)
        #expect(killed.drain(again).records.map(\.payload) == expected.map(LogFixture.payload))
        #expect(try Self.sums(again).forwarded == 1200)
    }

    @Test func `P3 a ring that goes over both lanes loses only what neither had sent`() throws {
        let fixture = try LogFixture()
        let store = try fixture.open()
        fixture.append(0..<500, chunk: 100, to: store)
        let head = try #require(store.statistics().streams[.telemetry]?.end)
        fixture.append(500..<1000, chunk: 100, to: store)
        _ = try Self.goAhead(store, from: head, count: 300)
        #expect(OverwriteTests.fill(store, records: 6000, clock: fixture.clock).isEmpty)
        let sums = try Self.sums(store)
        #expect(sums.forwarded == 300 && sums.lost > 700)
        let drained = fixture.drain(store)
        let last = SequenceNumber(UInt64(7000 - drained.records.count))
        #expect(
            drained.losses.map { [$0.first.rawValue, $0.last.rawValue] } == [[1, 500], [801, last.rawValue]])
        #expect(drained.losses.allSatisfy { $0.reason == .overwritten && $0.bytes > 0 })
        #expect(try Self.sums(store).lost == drained.lost)
        #expect(fixture.drain(store).losses.isEmpty)
    }

    @Test func `a stream that must not overwrite lets go of what was confirmed ahead`() throws {
        let fixture = try LogFixture(overflow: .rejectNewest)
        let store = try fixture.open()
        #expect(!OverwriteTests.fill(store, records: 6000, clock: fixture.clock).isEmpty)
        let start = store.position(of: LogFixture.central, in: .telemetry)
        let behind = Position(epoch: start.epoch, sequence: SequenceNumber(100))
        _ = try Self.goAhead(store, from: behind, count: 10_000)
        #expect(!OverwriteTests.fill(store, records: 20, clock: fixture.clock).isEmpty, "100 are still to be sent")
        #expect(fixture.drain(store).records.count == 100)
        #expect(OverwriteTests.fill(store, records: 20, clock: fixture.clock).isEmpty)
    }

    @Test func `a loss ends where a lane ends`() throws {
        let fixture = try LogFixture()
        let store = try fixture.open()
        fixture.append(0..<100, to: store)
        let start = store.position(of: LogFixture.central, in: .telemetry)
        #expect(OverwriteTests.fill(store, records: 6000, clock: fixture.clock).isEmpty)
        let reader = try #require(store.reader(of: .telemetry))
        guard
            case .lost(let loss) = reader.read(
                behind: start, through: SequenceNumber(60), recordsMax: 10, bytesMax: 1 << 20)
        else {
            Issue.record("the oldest records are gone")
            return
        }
        #expect(loss.first == SequenceNumber(1) && loss.last == SequenceNumber(60))
    }

    @Test func `a cursor is moved back over what went ahead`() throws {
        let fixture = try LogFixture()
        let store = try fixture.open()
        fixture.append(0..<1000, chunk: 100, to: store)
        let start = store.position(of: LogFixture.central, in: .telemetry)
        func at(_ sequence: UInt64) -> Position {
            Position(epoch: start.epoch, sequence: SequenceNumber(sequence))
        }
        _ = try Self.goAhead(store, from: at(500), count: 200)
        #expect(try store.replay(LogFixture.central, in: .telemetry, behind: at(600)) == 100)
        #expect(try Self.sums(store).forwarded == 100)
        #expect(try store.replay(LogFixture.central, in: .telemetry, behind: nil) == 100)
        #expect(try Self.sums(store).held == 1000)
        #expect(throws: LogStoreError.self) {
            try store.replay(LogFixture.central, in: .telemetry, behind: at(600))
        }
    }

    // MARK: The file

    /// Changes a row of state.db as somebody else would have written it.
    private static func rewrite(_ fixture: LogFixture, version: Int, _ change: (String) -> String) throws {
        let path = fixture.folder.file("log/state.db")
        let connection = try SQLiteConnection(path: path, mode: .active(checkpointPages: 100))
        let key = "progress/central/telemetry"
        let select = try connection.prepare("SELECT value FROM state WHERE key = '\(key)'")
        #expect(try select.step())
        let value = change(select.text(at: 0))
        select.reset()
        let bytes = Array(key.utf8) + [0] + Array(value.utf8)
        try connection.execute(
            "UPDATE state SET value='\(value)', crc=\(CRC32C.checksum(bytes.span.bytes)) WHERE key='\(key)'")
        try connection.execute("PRAGMA user_version=\(version)")
    }

    @Test func `a state of format 1 is read as it is, and becomes one of format 3`() throws {
        let fixture = try LogFixture()
        let store = try fixture.open()
        fixture.append(0..<1000, chunk: 100, to: store)
        let start = store.position(of: LogFixture.central, in: .telemetry)
        store.confirm(
            RecordRange(epoch: start.epoch, first: SequenceNumber(1), last: SequenceNumber(400)),
            by: LogFixture.central, in: .telemetry)
        store.close()
        try Self.rewrite(fixture, version: 1) {
            #expect(!$0.contains("ahead"), "without ranges the row is that of format 1")
            return $0
        }
        let again = try fixture.open()
        #expect(try Self.sums(again).forwarded == 400)
        again.close()
        let connection = try SQLiteConnection(
            path: fixture.folder.file("log/state.db"), mode: .active(checkpointPages: 100))
        #expect(try connection.integer("PRAGMA user_version") == 3)
    }

    @Test func `a state of a later format is refused, and nothing is written`() throws {
        let fixture = try LogFixture()
        try fixture.open().close()
        try Self.rewrite(fixture, version: 4) { $0 }
        let error = #expect(throws: LogStoreError.self) { _ = try fixture.open() }
        #expect(error?.code == .laterFormat)
        #expect(fixture.quarantined.isEmpty)
    }

    @Test(arguments: ["\"forwarded\":401", "\"forwarded\":0", "\"forwarded\":1000"])
    func `P2 P3 a row whose counts belong to another log begins anew`(count: String) throws {
        let fixture = try LogFixture()
        let store = try fixture.open()
        fixture.append(0..<1000, chunk: 100, to: store)
        let start = store.position(of: LogFixture.central, in: .telemetry)
        store.confirm(
            RecordRange(epoch: start.epoch, first: SequenceNumber(1), last: SequenceNumber(400)),
            by: LogFixture.central, in: .telemetry)
        store.close()
        try Self.rewrite(fixture, version: 2) { $0.replacing("\"forwarded\":400", with: count) }
        let again = try fixture.open()
        #expect(try Self.sums(again).forwarded == 0)
        #expect(fixture.drain(again).records.count == 1000)
    }
}
