import Synchronization

/// The last lines of the agent's log, for the screen and for a person who asks why.
final class RecentLines: Sendable {
    private let lines = Mutex<[String]>([])
    private static let countMax = 50

    /// Adds a line; the oldest goes.
    func append(_ line: String) {
        lines.withLock { lines in
            lines.append(line)
            if lines.count > Self.countMax { lines.removeFirst() }
        }
    }

    /// So many lines at most, the newest last.
    func last(_ count: Int) -> [String] { lines.withLock { Array($0.suffix(count)) } }
}
