import Glibc
import Records

/// A folder of the log: the few file operations that SQLite does not do for us.
struct Folder: Sendable {
    let path: String

    /// What stands under a name.
    enum Kind: Equatable { case file(size: Int), other, absent }

    func path(of name: String) -> String { path + "/" + name }

    /// Makes the folder with mode 0700 if it is absent, and flushes its parent.
    func create() throws(LogStoreError) {
        if mkdir(path, 0o700) == 0 {
            Folder(path: path.split(separator: "/").count > 1 ? Folder.parent(of: path) : "/").flush()
        } else if errno != EEXIST {
            throw LogStoreError(
                errno == ENOSPC ? .full : .unusable,
                "cannot make the folder \(path): \(String(cString: strerror(errno))); "
                    + "make it, or name another in [log] path")
        }
    }

    /// The names in the folder, in any order.
    func names() throws(LogStoreError) -> [String] {
        guard let directory = opendir(path) else {
            throw LogStoreError(.unusable, "cannot list \(path): \(String(cString: strerror(errno)))")
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// Whether what is in it is kept from us.
    var isClosed: Bool { access(path, X_OK) != 0 && errno == EACCES }

    func kind(of name: String) -> Kind {
        var status = stat()
        guard lstat(path(of: name), &status) == 0 else { return .absent }
        return status.st_mode & S_IFMT == S_IFREG ? .file(size: Int(status.st_size)) : .other
    }

    /// Bytes of the file; 0 where there is none.
    func size(of name: String) -> Int {
        if case .file(let size) = kind(of: name) { return size }
        return 0
    }

    /// Why a file that SQLite could not open is not damaged all the same: another program uses it, or the system does
    /// not let us open it. Such a file must not be put aside.
    func refusal(of name: String, _ failure: (any Error)?) -> LogStoreError? {
        if let failure = failure as? SQLiteError, case .busy = failure.code {
            return LogStoreError(
                .inUse, "another program uses \(path(of: name)); close that program first", underlying: failure)
        }
        for file in [name, name + "-wal"] where kind(of: file) != .absent {
            let descriptor = open(path(of: file), O_RDWR | O_CLOEXEC | O_NOFOLLOW)
            if descriptor >= 0 {
                close(descriptor)
                continue
            }
            let reason = errno
            guard [EACCES, EPERM, EROFS, EMFILE, ENFILE, ENOMEM].contains(reason) else { continue }
            return LogStoreError(
                .unusable,
                "cannot open \(path(of: file)): \(String(cString: strerror(reason))); it is kept as it is: "
                    + "let the user "
                    + "that runs millrace read and write it, and raise the limit on open files if that is reached")
        }
        return nil
    }

    /// Removes a file. That it is gone already is no failure.
    func remove(_ name: String) { unlink(path(of: name)) }

    func rename(_ name: String, to other: String) { Glibc.rename(path(of: name), path(of: other)) }

    /// Makes creations, renames and removals in the folder durable.
    func flush() {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private static func parent(of path: String) -> String {
        let parts = path.split(separator: "/").dropLast().joined(separator: "/")
        return path.hasPrefix("/") ? "/" + parts : (parts.isEmpty ? "." : parts)
    }
}
