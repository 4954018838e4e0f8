import Glibc
import Records
import Simulation
import StrictTOML
import Testing

@Suite struct FileReadingTests {
    private func message(_ path: String) -> String? {
        #expect(throws: ConfigurationError.self) { try TOMLDocument(path: path) }?.description
    }

    @Test func `a file is read whole`() throws {
        let folder = try TemporaryFolder()
        let text = String(repeating: "# a comment\n", count: 5000) + "a = 1\n"
        let document = try TOMLDocument(path: folder.write("a.toml", text))
        #expect(document.root["a"] == TOMLValue(.integer(1), line: 5001))
    }

    @Test func `a file that is absent or no file is named with the reason`() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/a.toml"
        #expect(message(path) == "\(path): cannot be read: No such file or directory")
        #expect(message(folder.path) == "\(folder.path): cannot be read: it is a directory")
        #expect(message("/dev/null") == "/dev/null: cannot be read: it is no regular file")
        #expect(message("a\0b") == "a\0b: cannot be read: its name has a zero byte")
    }

    @Test func `a named pipe does not hold up the reading`() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/pipe"
        #expect(mkfifo(path, 0o600) == 0)
        #expect(message(path) == "\(path): cannot be read: it is no regular file")
    }

    @Test func `a file beyond the limit is refused`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("large.toml", String(repeating: "#", count: (1 << 20) + 1))
        #expect(message(path) == "\(path): cannot be read: it is larger than 1 MiB")
    }

    @Test func `a file in another encoding is refused with its line`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("latin.toml", Array("a = 1\nb = \"".utf8) + [0xE4] + Array("\"\n".utf8))
        #expect(message(path) == "\(path):2: not UTF-8, which TOML must be; save the file with that encoding")
    }
}
