import Glibc
import Records

/// The bytes of a small file, read whole.
public struct FileContents: Sendable {
    /// Why a file could not be read, in the words of errno: `No such file or directory`.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// The file as it was named.
        public let path: String
        /// One phrase without a full stop.
        public let reason: String

        /// A failure from its parts.
        public init(path: String, reason: String) {
            self.path = path
            self.reason = reason
        }

        /// `cannot read /etc/millrace/ca.pem: No such file or directory`
        public var description: String { "cannot read \(path): \(reason)" }
    }

    /// All of the file.
    public let bytes: [UInt8]
    /// Whether every user of the machine may read it.
    public let isWorldReadable: Bool

    /// - Throws: ``Failure`` where it cannot be opened or read, is no regular file, or is larger than `sizeMax`.
    public init(path: String, sizeMax: ByteCount) throws(Failure) {
        guard !path.utf8.contains(0) else { throw Failure(path: path, reason: "its name has a zero byte") }
        // Without O_NONBLOCK, opening a named pipe would wait for a writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Failure(path: path, reason: errnoWords()) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Failure(path: path, reason: errnoWords()) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw Failure(path: path, reason: "it is a directory")
        default: throw Failure(path: path, reason: "it is no regular file")
        }
        isWorldReadable = status.st_mode & S_IROTH != 0
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure(path: path, reason: errnoWords()) }
            guard count > 0 else { break }
            content += buffer[..<count]
            guard content.count <= sizeMax.rawValue else {
                throw Failure(path: path, reason: "it is larger than \(sizeMax)")
            }
        }
        bytes = content
    }
}

/// What errno says, such as `Permission denied`.
private func errnoWords() -> String { String(cString: strerror(errno)) }
