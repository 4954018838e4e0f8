/// One thing that is wrong with a TOML file: where, what, and what would be right.
public struct ConfigurationIssue: Hashable, Sendable, CustomStringConvertible {
    /// The file as it was named.
    public let file: String
    /// 1 for the first line; nil where the issue is of the file as a whole.
    public let line: Int?
    /// 1 for the first column; known for syntax errors only.
    public let column: Int?
    /// Dotted path of the table or key, such as `serial.air`; empty at the top.
    public let path: String
    /// What is wrong and what is allowed, as one line without a full stop.
    public let message: String

    /// An issue from its parts.
    public init(file: String, line: Int?, column: Int? = nil, path: String, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.path = path
        self.message = message
    }

    /// `millrace.toml:14: serial.air: unknown key "baudrate"; did you mean "baud"?`
    public var description: String {
        var text = file
        if let line { text += ":\(line)" }
        if let column { text += ":\(column)" }
        if !path.isEmpty { text += ": \(path)" }
        return text + ": " + message
    }
}
