import Glibc

/// A folder of its own for one purpose, removed with everything in it when this object goes.
public final class TemporaryFolder: Sendable {
    /// Absolute path, without a slash at its end.
    public let path: String

    /// Makes the folder below `$TMPDIR`, or `/tmp`.
    ///
    /// - Parameter isInMemory: on a tmpfs where there is one, for tests that flush thousands of times and cut no power.
    /// - Throws: ``SimulationError`` where the system refuses.
    public convenience init(_ purpose: String = "test", isInMemory: Bool = false) throws {
        let memory = "/dev/shm"
        let base =
            isInMemory && access(memory, W_OK) == 0 ? memory : getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        try self.init(purpose, below: base)
    }

    /// Makes the folder below another.
    ///
    /// - Throws: ``SimulationError`` where the system refuses.
    public init(_ purpose: String, below base: String) throws {
        var template = Array("\(base)/millrace-\(purpose)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SimulationError("cannot make a folder in \(base)", errno: errno) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        Self.remove(path)
    }

    /// The path of a file in the folder.
    public func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file in the folder, with exactly this mode, and gives its path.
    ///
    /// - Throws: ``SimulationError`` where the file cannot be written.
    @discardableResult
    public func write(_ name: String, _ content: some Collection<UInt8>, mode: mode_t = 0o600) throws -> String {
        let path = file(name)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw SimulationError("cannot write \(path)", errno: errno) }
        defer { close(descriptor) }
        let bytes = Array(content)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count, fchmod(descriptor, mode) == 0 else {
            throw SimulationError("cannot write \(path)", errno: errno)
        }
        return path
    }

    /// Writes a text.
    ///
    /// - Throws: ``SimulationError`` where the file cannot be written.
    @discardableResult
    public func write(_ name: String, _ text: String, mode: mode_t = 0o600) throws -> String {
        try write(name, text.utf8, mode: mode)
    }

    /// The content of a file in the folder; empty where there is none.
    public func read(_ name: String) -> String { Self.contents(of: file(name)) }

    /// The content of a file as text; empty where it cannot be read.
    public static func contents(of path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 16) { buffer in
            while true {
                let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                guard count > 0 else { break }
                bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func remove(_ path: String) {
        if let directory = opendir(path) {
            while let entry = readdir(directory) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                guard name != ".", name != ".." else { continue }
                if entry.pointee.d_type == UInt8(DT_DIR) {
                    remove("\(path)/\(name)")
                } else {
                    unlink("\(path)/\(name)")
                }
            }
            closedir(directory)
        }
        rmdir(path)
    }
}
