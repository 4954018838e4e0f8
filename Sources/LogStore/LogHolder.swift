import Glibc

/// The process that holds a log.
public struct LogHolder: Sendable {
    /// Its id.
    public let process: Int32
    private let path: String

    /// Who holds the log; nil where nobody does.
    ///
    /// - Parameter path: the folder of the log.
    public init?(of path: String) {
        self.path = path + "/lock"
        guard LogHolder.isLocked(self.path), let process = LogHolder.process(in: self.path) else { return nil }
        self.process = process
    }

    /// Whether it still does.
    public var isRunning: Bool { LogHolder.isLocked(path) && LogHolder.process(in: path) == process }

    /// `process 1234 (millrace)`: see ``LogLock``.
    private static func process(in path: String) -> Int32? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var text = [UInt8](repeating: 0, count: 64)
        let count = read(descriptor, &text, text.count)
        let words = String(decoding: text.prefix(max(0, count)), as: UTF8.self).split(separator: " ")
        guard words.count > 1, words[0] == "process", let number = Int32(words[1]), number > 0 else { return nil }
        return number
    }

    private static func isLocked(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        // Shared: two who ask at the same time do not take each other for the holder.
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0
    }
}
