import Glibc
import Records
import Synchronization

/// Keeps a second process off the log. The kernel lets go of it when the process ends, however it ends.
final class LogLock: Sendable {
    private let descriptor: Int32
    private let isHeld = Atomic(true)

    init(in folder: Folder) throws(LogStoreError) {
        let path = folder.path(of: "lock")
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw LogStoreError(
                errno == ENOSPC ? .full : .unusable, "cannot open \(path): \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            var text = [UInt8](repeating: 0, count: 200)
            let count = max(0, pread(descriptor, &text, text.count, 0))
            close(descriptor)
            let holder = String(decoding: text.prefix(count).prefix { $0 != 0x0A }, as: UTF8.self)
            throw LogStoreError(
                .inUse,
                "the log \(folder.path) is in use by \(holder.isEmpty ? "another process" : holder); "
                    + "stop that process first, or name another log")
        }
        let holder = Array("process \(getpid()) (\(LogLock.processName()))\n".utf8)
        // Who holds it is only said for people; the lock holds without.
        ftruncate(descriptor, 0)
        pwrite(descriptor, holder, holder.count, 0)
    }

    deinit { release() }

    /// Lets another process have the log.
    func release() {
        guard isHeld.exchange(false, ordering: .relaxed) else { return }
        // A child that another thread is just starting has a copy of the descriptor until its exec.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    private static func processName() -> String {
        let descriptor = open("/proc/self/comm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "unknown" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = max(0, read(descriptor, &bytes, bytes.count))
        return String(decoding: bytes.prefix(count).prefix { $0 != 0x0A }, as: UTF8.self)
    }
}
