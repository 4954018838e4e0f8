import Synchronization

/// The last lines of the agent's log, for the screen and for a person who asks why.
final class RecentLines: Sendable {
    private let lines = Mutex<[String]>([])
    private static let countMax = 50

    /// Adds a line; the oldest goes. A line that says again what the last one said takes its place.
    func append(_ line: String) {
        lines.withLock { lines in
            if let last = lines.last, Self.gist(of: last) == Self.gist(of: line) { lines.removeLast() }
            lines.append(line)
            if lines.count > Self.countMax { lines.removeFirst() }
        }
    }

    /// So many lines at most, the newest last.
    func last(_ count: Int) -> [String] { lines.withLock { Array($0.suffix(count)) } }

    /// The line without the time before it and the next try behind it.
    private static func gist(of line: String) -> Substring {
        let text = line.dropFirst("00:00:00 ".count)
        return text.lastIndex(of: ";").map { text[..<$0] } ?? text
    }
}
