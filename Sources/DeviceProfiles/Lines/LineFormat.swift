import Records

/// How a line of text becomes readings.
public enum LineFormat: Hashable, Sendable {
    /// A JSON object (RFC 8259) whose members are readings; nested objects join their names with a dot, and elements of
    /// arrays are named by their index from 0. No member has a meaning of its own: one called `time` is a reading.
    case json
    /// Comma-separated values (RFC 4180) in the order of the named columns. An empty name skips the column.
    case csv(columns: [Column], separator: Character)
    /// `name=value` or `name:value` pairs, separated by spaces, tabs, commas or semicolons. A value may be in double
    /// quotes, and space may stand around the sign. A line with anything else in it is rejected.
    case keyValue
    /// The line as it is: no readings, the bytes are the payload.
    case raw

    /// One column of a CSV line.
    public struct Column: Hashable, Sendable {
        /// The name of the readings; empty for a column that is not wanted.
        public var name: String
        /// SenML unit symbol of the values in the column. A secondary unit (RFC 8798) is converted to its primary one.
        public var unit: String?

        /// A column with or without a unit.
        public init(name: String, unit: String? = nil) {
            self.name = name
            self.unit = unit
        }
    }

    /// Columns of one line: more than that is a slip of the pen, or no device's line.
    public static let columnsMax = 256

    /// What a configuration has wrong, one sentence each; empty where all is well. ``LineDecoder`` takes nothing else.
    public var problems: [String] {
        guard case .csv(let columns, let separator) = self else { return [] }
        var problems: [String] = []
        if !Self.isSeparator(separator) {
            problems.append(
                "the separator is one ASCII character that is no letter, digit, quote, point, sign or line end")
        }
        if columns.allSatisfy(\.name.isEmpty) { problems.append("at least one column has a name") }
        if columns.count > Self.columnsMax {
            problems.append("\(columns.count) columns are more than \(Self.columnsMax)")
        }
        var names: Set<String> = []
        for column in columns where !column.name.isEmpty && !names.insert(column.name).inserted {
            problems.append("two columns have the name \(column.name)")
        }
        for unit in columns.compactMap(\.unit) where !SenMLUnit.isKnown(unit) {
            problems.append("\(unit) is no SenML unit (RFC 8428, RFC 8798)")
        }
        return problems
    }

    /// Whether a character can part the columns: it must not occur in a number or mean something in RFC 4180.
    static func isSeparator(_ character: Character) -> Bool {
        guard let byte = character.asciiValue, character != "\r\n" else { return false }
        return byte == 0x09
            || (byte >= 0x20 && byte < 0x7F && !character.isLetter && !character.isNumber
                && !"\"+-.".contains(character))
    }
}
