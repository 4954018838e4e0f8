import Glibc
import Records
import StrictTOML

/// A small file that is replaced as a whole: whoever reads it, also after a power cut, finds what was there before or
/// all of what is new.
struct StateFile: Sendable {
    /// Why a file could not be written.
    struct Failure: Error, CustomStringConvertible {
        /// What was attempted, and the system's word.
        let description: String
    }

    /// Where it is; beside it, for a moment, stands the same name with `.new`.
    let path: String
    /// Who may read it.
    private let mode: mode_t
    private let sizeMax: ByteCount

    /// - Parameter mode: for the time when the file is made; the umask takes from it.
    init(_ path: String, mode: mode_t = 0o600, sizeMax: ByteCount) {
        self.path = path
        self.mode = mode
        self.sizeMax = sizeMax
    }

    /// All of it; nil where there is none, or none that can be read.
    var bytes: [UInt8]? {
        // What cannot be read is to its readers what was never written: each has an answer to that.
        try? FileContents(path: path, sizeMax: sizeMax).bytes
    }

    /// Puts other bytes in its place; on return they are on the disk. One writer at a time.
    func replace(with bytes: [UInt8]) throws(Failure) {
        guard bytes.count <= sizeMax.rawValue else {
            throw Failure(description: "cannot write \(path): \(bytes.count) bytes are more than \(sizeMax)")
        }
        let new = path + ".new"
        let descriptor = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw failure() }
        let isWritten = Self.write(bytes, to: descriptor) && fsync(descriptor) == 0
        let reason = isWritten ? nil : failure()
        close(descriptor)
        if let reason {
            unlink(new)
            throw reason
        }
        guard rename(new, path) == 0 else { throw failure() }
        // Without this the name may lead to the old bytes after a power cut.
        let folder = open(folderPath, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw failure() }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw failure() }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private var folderPath: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private func failure() -> Failure {
        Failure(description: "cannot write \(path): \(String(cString: strerror(errno)))")
    }
}
