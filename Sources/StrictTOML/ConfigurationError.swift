/// Everything that is wrong with a TOML file, found in one pass.
public struct ConfigurationError: Error, Sendable, CustomStringConvertible {
    /// At least one, in the order of their lines; what concerns the file as a whole comes first.
    public let issues: [ConfigurationIssue]

    /// Sorts the issues by line and drops those that say the same twice.
    public init(issues: [ConfigurationIssue]) {
        precondition(!issues.isEmpty, "an error says what is wrong")
        self.issues = Self.inFileOrder(issues)
    }

    /// What is wrong with the value of an option on the command line.
    public init(option: String, _ message: String) {
        self.init(issues: [ConfigurationIssue(file: option, line: nil, path: "", message: message)])
    }

    /// One issue per line.
    public var description: String { issues.map(\.description).joined(separator: "\n") }

    /// By line, and in the order of finding within one line.
    static func inFileOrder(_ issues: [ConfigurationIssue]) -> [ConfigurationIssue] {
        var seen: Set<ConfigurationIssue> = []
        return issues.enumerated()
            .filter { seen.insert($0.element).inserted }
            .sorted { ($0.element.line ?? 0, $0.offset) < ($1.element.line ?? 0, $1.offset) }
            .map(\.element)
    }
}
