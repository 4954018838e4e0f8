import Glibc

/// Files that are there whole, or not at all.
enum NewFile {
    /// Why a file could not be written.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Writes a file under another name, flushes it, and gives it its name: who reads sees the old one or the new one.
    ///
    /// - Parameter mode: of a new file; one that is there keeps its mode and owner.
    /// - Throws: ``Failure``.
    static func write(_ text: String, to path: String, mode: mode_t) throws {
        let other = "\(path).tmp-\(getpid())"
        func failure() -> Failure { Failure(description: "cannot write \(path): \(String(cString: strerror(errno)))") }
        var status = stat()
        let isThere = stat(path, &status) == 0
        let descriptor = open(other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        guard writeAll(text.utf8, to: descriptor) else {
            defer { unlink(other) }
            throw failure()
        }
        // Only root may give a file away; then it stays with who runs this.
        if isThere { _ = fchown(descriptor, status.st_uid, status.st_gid) }
        guard fchmod(descriptor, isThere ? status.st_mode & 0o7777 : mode) == 0, fsync(descriptor) == 0,
            rename(other, path) == 0
        else {
            defer { unlink(other) }
            throw failure()
        }
    }
}
