/// One thing that is wrong with a TOML file: where, what, and what would be right.
public struct ConfigurationIssue: Hashable, Sendable, CustomStringConvertible {
    /// The file as it was named.
    public let file: String
    /// 1 for the first line; nil where the issue is of the file as a whole.
    public let line: Int?
    /// Dotted path of the table or key, such as `serial.air`; empty at the top.
    public let path: String
    /// What is wrong and what is allowed, as one line without a full stop.
    public let message: String

    public init(file: String, line: Int?, path: String, message: String) {
        self.file = file
        self.line = line
        self.path = path
        self.message = message
    }

    /// `millrace.toml:14: serial.air: unknown key "baudrate"; did you mean "baud"?`
    public var description: String {
        let place = line.map { "\(file):\($0)" } ?? file
        return path.isEmpty ? "\(place): \(message)" : "\(place): \(path): \(message)"
    }
}
