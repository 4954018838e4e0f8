import Glibc
import LogStore
import Records
import Simulation
import Testing

struct LockTests {
    /// As a child process has one between fork and exec, when another thread starts a program.
    @Test func `a closed log is free although a copy of the lock's descriptor is still open`() throws {
        let fixture = try LogFixture()
        let log = try fixture.open()
        let copies = Self.descriptors(of: fixture.folder.file("log/lock")).map { dup($0) }
        defer { for copy in copies { close(copy) } }
        #expect(copies.count == 1)
        log.close()
        let again = try fixture.open()
        again.close()
    }

    /// The process may live on for a while, and the next one must not take a locked file for a damaged one.
    @Test func `a closed log has let go of all its files`() throws {
        let fixture = try LogFixture()
        let log = try fixture.open()
        fixture.append(0..<10, to: log)
        _ = fixture.drain(log)
        let position = log.position(of: LogFixture.central, in: .telemetry)
        log.close()
        let again = try fixture.open()
        #expect(again.position(of: LogFixture.central, in: .telemetry) == position)
        #expect(fixture.quarantined == [])
        again.close()
        withExtendedLifetime(log) {}
    }

    /// Somebody looks into it with sqlite3, say.
    @Test(arguments: ["state.db", "segment"])
    func `P1 P4 a file that another program has locked is neither put aside nor removed`(file: String) throws {
        let fixture = try LogFixture()
        let log = try fixture.open()
        fixture.append(0..<10, to: log)
        let other = try fixture.copy()
        let segment = try #require(fixture.segments().first)
        let name = file == "segment" ? "streams/telemetry/\(segment)" : file
        // The same file under two names: SQLite's locks are on the file, so the open log locks the other's too.
        let (own, linked) = (fixture.folder.file("log/\(name)"), other.folder.file("log/\(name)"))
        unlink(linked)
        #expect(link(own, linked) == 0)

        let error = #expect(throws: LogStoreError.self) { _ = try other.open() }
        #expect(error?.code == .inUse)
        #expect(error?.message.contains(linked) == true)
        #expect(other.quarantined == [])

        log.close()
        unlink(linked + "-wal")
        let opened = try other.open()
        #expect(other.drain(opened).payloads.count == 10)
        opened.close()
    }

    /// Root may open everything.
    @Test(.enabled("root may open every file") { getuid() != 0 }, arguments: ["state.db", "segment"])
    func `P1 P4 a file that we may not open is neither put aside nor removed`(file: String) throws {
        let fixture = try LogFixture()
        let log = try fixture.open()
        fixture.append(0..<10, to: log)
        log.close()
        let segment = try #require(fixture.segments().first)
        let path = fixture.folder.file("log/" + (file == "segment" ? "streams/telemetry/\(segment)" : file))
        chmod(path, 0)
        let error = #expect(throws: LogStoreError.self) { _ = try fixture.open() }
        #expect(error?.code == .unusable)
        chmod(path, 0o600)
        let again = try fixture.open()
        #expect(fixture.drain(again).payloads.count == 10)
        again.close()
    }

    private static func descriptors(of path: String) -> [Int32] {
        (0..<1024).filter { descriptor in
            var bytes = [CChar](repeating: 0, count: 4096)
            let count = readlink("/proc/self/fd/\(descriptor)", &bytes, bytes.count)
            return String(decoding: bytes.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self) == path
        }
    }
}
