import Agent
import Glibc

/// Files that are there whole, or not at all.
enum NewFile {
    typealias Failure = WholeFile.Failure

    /// Writes a file under another name, flushes it, and gives it its name: who reads sees the old one or the new one.
    ///
    /// - Parameters:
    ///   - reader: whom a new file is for; one that is there keeps its mode and owner.
    ///   - mode: of a new file.
    /// - Throws: ``Failure``.
    static func write(_ text: String, to path: String, reader: FileReader, mode: mode_t) throws {
        let other = "\(path).tmp-\(getpid())"
        var status = stat()
        let isThere = stat(path, &status) == 0
        let descriptor = open(other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Failure(writing: path) }
        try WholeFile.put(text.utf8, into: descriptor, called: other, as: path) {
            // Only root may give a file away, and others only to a group of theirs; then it stays with who runs this.
            if isThere {
                _ = fchown(descriptor, status.st_uid, status.st_gid)
            } else if fchown(descriptor, reader.owner, reader.group) != 0 {
                _ = fchown(descriptor, uid_t.max, reader.group)
            }
            return fchmod(descriptor, isThere ? status.st_mode & 0o7777 : mode) == 0
        }
    }
}
