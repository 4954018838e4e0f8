import Glibc

/// A folder of its own for one test, removed with all that is in it when the test lets go of it.
public final class TemporaryFolder: Sendable {
    public let path: String

    /// - Parameter isInMemory: on a tmpfs where there is one, for tests that flush thousands of times and cut no power.
    public init(named name: String = "millrace", isInMemory: Bool = false) {
        let memory = "/dev/shm"
        let base =
            isInMemory && access(memory, W_OK) == 0 ? memory : getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/\(name)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            preconditionFailure("cannot make a folder in \(base): \(String(cString: strerror(errno)))")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { TemporaryFolder.remove(path) }

    /// The path of a file in the folder.
    public func path(of name: String) -> String { path + "/" + name }

    /// Removes a file, or a folder with all that is in it.
    public static func remove(_ path: String) {
        if let directory = opendir(path) {
            defer { closedir(directory) }
            while let entry = readdir(directory) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                guard name != ".", name != ".." else { continue }
                // A link to a folder is removed, never followed.
                var status = stat()
                lstat("\(path)/\(name)", &status)
                if status.st_mode & S_IFMT == S_IFDIR { remove("\(path)/\(name)") } else { unlink("\(path)/\(name)") }
            }
        }
        Glibc.remove(path)
    }
}
