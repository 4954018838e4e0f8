/// Collects what is found while one file is read, so that one pass tells everything.
///
/// It lives as long as the reading and stays in one thread.
public final class ConfigurationReport {
    /// The file as it was named; begins every issue.
    public let file: String
    private var foundIssues: [ConfigurationIssue] = []
    private var foundNotes: [ConfigurationIssue] = []
    /// Every key that was asked for, as a pattern such as `mqtt.NAME.topics[].filter`: what documentation must name.
    public private(set) var knownKeys: Set<String> = []
    /// Keys of the document itself: in TOML they end at the first header, which who writes them below it does not see.
    public var topKeys: Set<String> = []

    /// An empty report on a file.
    public init(file: String) { self.file = file }

    /// What stops the start, in the order of the lines.
    public var issues: [ConfigurationIssue] { ConfigurationError.inFileOrder(foundIssues) }
    /// What a person should know but does not stop the start, in the order of the lines.
    public var notes: [ConfigurationIssue] { ConfigurationError.inFileOrder(foundNotes) }

    /// Adds an issue.
    public func add(line: Int?, path: String, message: String) {
        foundIssues.append(ConfigurationIssue(file: file, line: line, path: path, message: message))
    }

    /// Adds a note.
    public func addNote(line: Int?, path: String, message: String) {
        foundNotes.append(ConfigurationIssue(file: file, line: line, path: path, message: message))
    }

    /// - Throws: ``ConfigurationError`` with all issues, if there is one.
    public func check() throws(ConfigurationError) {
        guard foundIssues.isEmpty else { throw ConfigurationError(issues: foundIssues) }
    }

    func know(_ pattern: String) { knownKeys.insert(pattern) }
}
