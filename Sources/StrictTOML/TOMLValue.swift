/// A value of a TOML document (TOML 1.0.0) and the line on which it stands.
public struct TOMLValue: Hashable, Sendable {
    /// The kinds of value.
    public enum Content: Hashable, Sendable {
        case string(String)
        case integer(Int)
        case float(Double)
        case boolean(Bool)
        /// A date, a time or both. Nothing is configured by one, so that it is one is all that is kept.
        case dateTime
        case array([TOMLValue])
        /// Entries in the order of the file; no key twice.
        case table([Entry])
    }

    /// A key and its value.
    public struct Entry: Hashable, Sendable {
        /// The key, quotes and escapes resolved.
        public let key: String
        /// What is assigned to it.
        public let value: TOMLValue

        /// An entry from its parts.
        public init(key: String, value: TOMLValue) {
            self.key = key
            self.value = value
        }
    }

    /// The value itself.
    public let content: Content
    /// Line of the key, the header or the array element; 1 for the first.
    public let line: Int

    /// A value from its parts.
    public init(_ content: Content, line: Int) {
        self.content = content
        self.line = line
    }

    /// The value under a key; nil where there is none, or where this is no table.
    public subscript(key: String) -> TOMLValue? {
        guard case .table(let entries) = content else { return nil }
        return entries.first { $0.key == key }?.value
    }

    /// What it is, for a message that says what was found: `the string "abc"`, `the integer 5`, `a table`.
    public var finding: String {
        switch content {
        case .string(let text): "the string \(quoted(text))"
        case .integer(let number): "the integer \(number)"
        case .float(let number): "the number \(number)"
        case .boolean(let flag): "the boolean \(flag)"
        case .dateTime: "a date or time"
        case .array: "an array"
        case .table: "a table"
        }
    }
}

/// The text in double quotes, with control characters made visible and cut after 80 characters.
public func quoted(_ text: some StringProtocol) -> String {
    var result = "\""
    for scalar in text.unicodeScalars.prefix(80) {
        let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
        result += isControl || scalar == "\"" ? scalar.escaped(asASCII: false) : String(scalar)
    }
    return result + (text.unicodeScalars.count > 80 ? "...\"" : "\"")
}

/// The texts in double quotes, with commas between.
public func quotedList(_ texts: some Sequence<String>) -> String {
    texts.map { quoted($0) }.joined(separator: ", ")
}
