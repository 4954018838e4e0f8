import Glibc
import Records
import Simulation
import Testing

@testable import Agent

/// Small files that are replaced as a whole.
struct WholeFileTests {
    private let folder: TemporaryFolder
    private let file: WholeFile

    init() throws {
        folder = try TemporaryFolder("state")
        file = WholeFile(folder.path + "/state", sizeMax: .kibibytes(64))
    }

    @Test func `what was never written, is a folder or too large is nothing`() throws {
        #expect(file.bytes == nil)
        #expect(WholeFile(folder.path, sizeMax: .kibibytes(1)).bytes == nil)
        try folder.write("state", String(repeating: "x", count: 70_000))
        #expect(file.bytes == nil)
    }

    @Test func `what is written takes the place of what was there, and nothing else stays`() throws {
        for bytes in [Array("first, and longer".utf8), Array("second".utf8), []] {
            try file.replace(with: bytes)
            #expect(file.bytes == bytes)
        }
        // A start after a crash: half of a file that nobody has finished.
        try folder.write("state.new", "half")
        try file.replace(with: Array("third".utf8))
        #expect(file.bytes == Array("third".utf8))
        #expect(access(file.path + ".new", F_OK) != 0)
    }

    @Test func `what cannot be written leaves what was there, and says which file and why`() throws {
        try file.replace(with: Array("kept".utf8))
        let large = #expect(throws: WholeFile.Failure.self) {
            try file.replace(with: [UInt8](repeating: 0, count: 70_000))
        }
        #expect(large?.description.contains(file.path) == true)
        try #require(symlink("/dev/full", file.path + ".new") == 0)
        let followed = #expect(throws: WholeFile.Failure.self) { try file.replace(with: [1]) }
        #expect(followed?.description.hasPrefix("cannot write \(file.path): ") == true)
        #expect(file.bytes == Array("kept".utf8))
        let absent = WholeFile(folder.path + "/nowhere/state", sizeMax: .kibibytes(1))
        let missing = #expect(throws: WholeFile.Failure.self) { try absent.replace(with: [1]) }
        #expect(missing?.description.contains("No such file or directory") == true)
    }

    @Test func `others may read it only where that is said`() throws {
        try file.replace(with: [1])
        let open = WholeFile(folder.path + "/open", mode: 0o644, sizeMax: .kibibytes(1))
        try open.replace(with: [1])
        var status = stat()
        try #require(stat(file.path, &status) == 0)
        #expect(status.st_mode & 0o077 == 0)
        try #require(stat(open.path, &status) == 0)
        #expect(status.st_mode & 0o044 == 0o044)
    }
}
