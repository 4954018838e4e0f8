/// How a line of text becomes readings.
public enum LineFormat: Hashable, Sendable {
    /// A JSON object (RFC 8259) whose members are readings; nested objects join their names with a dot.
    case json
    /// Comma-separated values (RFC 4180) in the order of the named columns. An empty name skips the column.
    case csv(columns: [Column], separator: Character)
    /// `name=value` pairs, separated by spaces, commas or semicolons.
    case keyValue
    /// The line as it is: no readings, the bytes are the payload.
    case raw

    /// One column of a CSV line.
    public struct Column: Hashable, Sendable {
        public var name: String
        /// SenML unit symbol of the values in the column.
        public var unit: String?

        public init(name: String, unit: String? = nil) {
            self.name = name
            self.unit = unit
        }
    }
}
