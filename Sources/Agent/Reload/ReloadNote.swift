import Records

/// Word of the last reload, in a file beside the log: by it `millrace reload` knows what came of its signal.
///
/// The file has a line with a number, which grows with each reload; then one with `running`, `unchanged`, `applied` or
/// `refused`; then one for each change or reason. It is replaced as a whole.
public struct ReloadNote: Sendable {
    /// What the file says.
    public struct Content: Sendable, Equatable {
        /// Of the reload, counted from when the log was made.
        public var number: UInt64 = 0
        /// Nil while it is under way.
        public var outcome: ReloadOutcome?

        /// Before the first.
        public init() {}
    }

    private static let name = "reload"
    private let file: WholeFile

    /// - Parameter log: the folder of the log.
    public init(log: String) { file = WholeFile("\(log)/\(Self.name)", sizeMax: .mebibytes(1)) }

    /// What it says; what cannot be read says nothing.
    public var content: Content {
        guard let bytes = file.bytes else { return Content() }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        var content = Content()
        guard lines.count >= 2, let number = UInt64(lines[0]) else { return content }
        content.number = number
        switch lines[1] {
        case "unchanged": content.outcome = .unchanged
        case "applied": content.outcome = .applied(Array(lines[2...]))
        case "refused": content.outcome = .refused(Array(lines[2...]))
        default: break
        }
        return content
    }

    /// A reload begins.
    public func begin() { write(["\(content.number + 1)", "running"]) }

    /// It has ended so.
    public func end(_ outcome: ReloadOutcome) {
        write(["\(content.number)", outcome.name] + outcome.lines.map(\.inOneLine))
    }

    private func write(_ lines: [String]) {
        // Where it cannot be written, whoever waits for it gives up after some time; the log says what came of it.
        try? file.replace(with: Array((lines.joined(separator: "\n") + "\n").utf8))
    }
}

extension String {
    fileprivate var inOneLine: String { String(map { $0.isNewline ? " " : $0 }) }
}
