import Glibc
import Records
import StrictTOML

/// A small file that is replaced as a whole: whoever reads it, also after a power cut, finds what was there before or
/// all of what is new.
public struct WholeFile: Sendable {
    /// Why a file could not be written.
    public struct Failure: Error, CustomStringConvertible {
        /// What was attempted, and the system's word.
        public let description: String

        /// A failure in words.
        public init(description: String) { self.description = description }

        /// The system's word is in `errno`.
        public init(writing path: String) {
            description = "cannot write \(path): \(String(cString: strerror(errno)))"
        }
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
        guard descriptor >= 0 else { throw Failure(writing: path) }
        try Self.put(bytes, into: descriptor, called: new, as: path)
    }

    /// Writes to a file that is open under another name, flushes it, and gives it its name; where that fails it is
    /// removed. Closes it.
    ///
    /// - Parameter prepare: what is to be done with it beside that, such as to give it to its owner; false, with
    ///   `errno`, where that fails.
    /// - Throws: ``Failure``.
    public static func put(
        _ bytes: some Sequence<UInt8>, into descriptor: Int32, called other: String, as path: String,
        prepare: () -> Bool = { true }
    ) throws(Failure) {
        defer { close(descriptor) }
        guard writeAll(bytes, to: descriptor), prepare(), fsync(descriptor) == 0, rename(other, path) == 0 else {
            let reason = Failure(writing: path)
            unlink(other)
            throw reason
        }
        // Without this the name may lead to the old bytes after a power cut.
        let folder = open(folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw Failure(writing: path) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw Failure(writing: path) }
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

/// Writes all bytes, however many calls that takes.
///
/// - Returns: whether it could; `errno` says why not.
@discardableResult
public func writeAll(_ bytes: some Sequence<UInt8>, to descriptor: Int32) -> Bool {
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        rest = rest.dropFirst(count)
    }
    return true
}
