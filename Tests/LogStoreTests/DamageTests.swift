import AgentTestKit
import Glibc
import LogStore
import Records
import Simulation
import Testing

/// One kind of damage each, done to the files of a log that was killed or closed; then the log is opened again and
/// drained, and everything that was appended must be there as it was, or be reported as lost.
@Suite struct DamageTests {
    static let count = 3000

    /// A log with several segments and a write-ahead log, as a kill leaves it.
    static func killed() throws -> LogFixture {
        let fixture = try LogFixture()
        let store = try fixture.open()
        fixture.append(0..<count, chunk: 10, to: store)
        _ = store.maintain()
        fixture.append(count..<(count + 50), chunk: 10, to: store)
        let copy = try fixture.copy()
        store.close()
        return copy
    }

    /// Opens the damaged log and checks promises P3, P4 and P7 on what it gives.
    static func check(_ fixture: LogFixture, total: Int = count + 50, _ what: String) throws {
        let store = try fixture.open()
        let drained = fixture.drain(store)
        var next = 0
        var wrong = 0
        for record in drained.records {
            let text = String(decoding: record.payload, as: UTF8.self)
            while next < total, String(decoding: LogFixture.payload(next), as: UTF8.self) != text { next += 1 }
            if next == total { wrong += 1 }
            next += 1
        }
        #expect(wrong == 0, "\(what): \(wrong) records are not what was appended, or out of order")
        #expect(
            drained.records.count + Int(drained.lost) == total,
            "\(what): \(drained.records.count) records and \(drained.lost) reported lost of \(total)")
        #expect(Set(drained.records.map(\.identity)).count == drained.records.count, "\(what): an identity came twice")
        let before = Set(drained.records.map(\.identity))
        fixture.append(total..<(total + 10), to: store)
        let more = fixture.drain(store)
        #expect(more.records.map(\.payload) == (total..<(total + 10)).map(LogFixture.payload), "\(what)")
        #expect(more.losses.isEmpty, "\(what)")
        #expect(before.isDisjoint(with: more.records.map(\.identity)), "\(what): an identity was used again")
        for identity in more.records.map(\.identity)
        where identity.position.epoch == drained.records.last?.identity.position.epoch {
            #expect(
                identity.position.sequence.rawValue > UInt64(drained.records.count + Int(drained.lost))
                    || drained.lost > 0)
        }
        let sums = try #require(store.statistics().uplinks[LogFixture.central]?[.telemetry])
        #expect(sums.accepted == sums.forwarded + sums.held + sums.lost + sums.rejected, "\(what)")
        store.close()
    }

    @Test func `P4 a killed log that is not damaged loses nothing`() throws {
        let fixture = try DamageTests.killed()
        let store = try fixture.open()
        let drained = fixture.drain(store)
        #expect(drained.losses.isEmpty)
        #expect(drained.records.map(\.payload) == (0..<(DamageTests.count + 50)).map(LogFixture.payload))
        #expect(Set(drained.records.map(\.identity.position.epoch)).count == 1)
    }

    @Test(arguments: ["segment", "segment-wal"])
    func `P4 one flipped bit at any page of the active segment or its write-ahead log`(suffix: String) throws {
        let original = try DamageTests.killed()
        let name = try #require(original.fileNames().last { $0.hasSuffix(suffix) })
        let size = FileContent.read(original.streamPath + "/" + name).count
        let page = suffix.hasSuffix("wal") ? 4096 + 24 : 4096
        for (number, start) in stride(from: 0, to: size, by: page).enumerated() {
            let offsets = [[0, 100, 2000 + number], [3, 11, 4090]][number % 2]
            for offset in offsets where start + offset < size {
                let fixture = try original.copy()
                FileContent.flipBit(at: start + offset, of: fixture.streamPath + "/" + name)
                try DamageTests.check(fixture, "\(suffix), bit flipped at byte \(start + offset)")
            }
        }
    }

    @Test func `P4 one flipped bit at any page of a sealed segment`() throws {
        let fixture = try LogFixture()
        let store = try fixture.open()
        var total = 0
        while fixture.segments().count < 3 {
            fixture.append(total..<(total + 500), chunk: 50, to: store)
            total += 500
        }
        store.close()
        let name = fixture.segments()[0]
        let size = FileContent.read(fixture.streamPath + "/" + name).count
        for (number, start) in stride(from: 0, to: size, by: 4096 * 7).enumerated() {
            let damaged = try fixture.copy()
            FileContent.flipBit(at: start + [1, 5, 12, 300, 2001][number % 5], of: damaged.streamPath + "/" + name)
            try DamageTests.check(damaged, total: total, "sealed segment, page \(start / 4096)")
        }
    }

    @Test func `P4 one flipped bit anywhere in the state loses no record`() throws {
        let original = try DamageTests.killed()
        for name in ["state.db", "state.db-wal"] {
            let size = FileContent.read(original.folder.file("log/" + name)).count
            for start in stride(from: 0, to: size, by: 997) {
                let fixture = try original.copy()
                FileContent.flipBit(at: start, of: fixture.folder.file("log/" + name))
                try DamageTests.check(fixture, "\(name), bit flipped at byte \(start)")
            }
        }
    }

    @Test(arguments: ["segment", "segment-wal", "high-water"], [0, 100, 5000])
    func `P4 truncated files`(suffix: String, length: Int) throws {
        let fixture = try DamageTests.killed()
        let name = try #require(fixture.fileNames().last { $0.hasSuffix(suffix) })
        truncate(fixture.streamPath + "/" + name, min(length, FileContent.read(fixture.streamPath + "/" + name).count))
        try DamageTests.check(fixture, "\(suffix) truncated to \(length)")
    }

    @Test(arguments: ["segment", "segment-wal", "high-water"])
    func `P4 a file cut in half, deleted, garbage, or a directory in its place`(suffix: String) throws {
        let original = try DamageTests.killed()
        let name = try #require(original.fileNames().last { $0.hasSuffix(suffix) })
        let content = FileContent.read(original.streamPath + "/" + name)
        for what in ["half", "deleted", "garbage", "directory"] {
            let fixture = try original.copy()
            let path = fixture.streamPath + "/" + name
            switch what {
            case "half": truncate(path, content.count / 2)
            case "deleted": unlink(path)
            case "garbage":
                FileContent.write((0..<content.count).map { UInt8(truncatingIfNeeded: $0 &* 7919) }, to: path)
            default:
                unlink(path)
                mkdir(path, 0o700)
            }
            try DamageTests.check(fixture, "\(suffix): \(what)")
        }
    }

    @Test(arguments: ["deleted", "garbage", "empty", "directory"])
    func `P4 the state is gone and every record is still there`(what: String) throws {
        let fixture = try DamageTests.killed()
        let path = fixture.folder.file("log/state.db")
        unlink(path + "-wal")
        switch what {
        case "deleted": unlink(path)
        case "garbage": FileContent.write([UInt8](repeating: 0x5A, count: 20_000), to: path)
        case "empty": truncate(path, 0)
        default:
            unlink(path)
            mkdir(path, 0o700)
        }
        try DamageTests.check(fixture, "state.db \(what)")
    }

    @Test func `a segment of a later version is refused and not touched`() throws {
        let fixture = try DamageTests.killed()
        let store = try fixture.open()
        store.close()
        let path = fixture.streamPath + "/" + fixture.segments().last!
        var content = FileContent.read(path)
        content[63] = 2
        FileContent.write(content, to: path)
        let error = #expect(throws: LogStoreError.self) { try fixture.open() }
        #expect(error?.code == .laterFormat)
        #expect(FileContent.read(path) == content)
    }
}
