import Glibc
import LogStore
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

    private static func descriptors(of path: String) -> [Int32] {
        (0..<1024).filter { descriptor in
            var bytes = [CChar](repeating: 0, count: 4096)
            let count = readlink("/proc/self/fd/\(descriptor)", &bytes, bytes.count)
            return String(decoding: bytes.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self) == path
        }
    }
}
