/// Arrays and tables.
extension TableReader {
    /// An element of an array that may hold strings and tables.
    public enum Element {
        case string(String)
        case table(TableReader)
    }

    /// A table that has its own name in the file, such as `shopfloor` in `[mqtt.shopfloor]`.
    public struct NamedTable {
        /// The last part of the header.
        public let name: String
        /// Reads the table's keys.
        public let reader: TableReader
    }

    /// An array of strings. Elements of another kind are reported and left out.
    public func strings(_ key: String) -> [String]? {
        elements(key, expected: "an array of strings", elementExpected: "a string in quotes") { value, _ in
            if case .string(let text) = value.content { text } else { nil }
        }
    }

    /// An array of strings, of tables, or of both; where it says so also one of them alone. Elements of another kind
    /// are reported and left out.
    public func stringsOrTables(_ key: String, allowsOne: Bool = false) -> [Element]? {
        func element(_ value: TOMLValue, _ index: Int?) -> Element? {
            switch value.content {
            case .string(let text): .string(text)
            case .table: .table(reader(value, key: key, element: index, pattern: index == nil ? key : "\(key)[]"))
            default: nil
            }
        }
        let one = "a string in quotes or a table in braces"
        if allowsOne, let value = take(key), let element = element(value, nil) { return [element] }
        return elements(key, expected: allowsOne ? "\(one), or an array of them" : "an array", elementExpected: one) {
            element($0, $1)
        }
    }

    /// An array of tables, written `[[key]]` or inline. Elements of another kind are reported and left out.
    public func tables(_ key: String) -> [TableReader]? {
        let header = path.isEmpty ? ", or one [[\(key)]] for each" : ""
        let expected = "an array of tables: \(key) = [{ ... }]\(header)"
        return elements(key, expected: expected, elementExpected: "a table in braces") { value, index in
            guard case .table = value.content else { return nil }
            return reader(value, key: key, element: index, pattern: "\(key)[]")
        }
    }

    /// The table under a key; nil where it is absent or no table.
    public func table(_ key: String) -> TableReader? {
        guard let value = take(key) else { return nil }
        guard case .table = value.content else {
            failKind(value, at: key, expected: "a table, written [\(path.isEmpty ? key : "\(path).\(key)")]")
            return nil
        }
        return reader(value, key: key, pattern: key)
    }

    /// The table under a key, an empty one where it is absent or no table: all its keys then have their defaults.
    public func tableOrEmpty(_ key: String) -> TableReader {
        table(key) ?? reader(nil, key: key, pattern: key)
    }

    /// The tables under a key that each have a name, in the order of the file: `[key.first]`, `[key.second]`.
    public func namedTables(_ key: String, example: String) -> [NamedTable] {
        guard let value = take(key) else { return [] }
        let header = "[\(path.isEmpty ? key : "\(path).\(key)").\(example)]"
        guard case .table(let entries) = value.content else {
            failKind(value, at: key, expected: "a table with a name, such as \(header)")
            return []
        }
        let parent = reader(value, key: key, pattern: key)
        var tables: [NamedTable] = []
        for entry in entries {
            guard case .table = entry.value.content else {
                parent.fail(
                    "expected a table with a name, such as \(header), found the key \(quoted(entry.key))",
                    at: entry.key)
                continue
            }
            tables.append(
                NamedTable(name: entry.key, reader: parent.reader(entry.value, key: entry.key, pattern: "NAME")))
        }
        return tables
    }

    private func elements<Result>(
        _ key: String, expected: String, elementExpected: String, _ convert: (TOMLValue, Int) -> Result?
    ) -> [Result]? {
        guard let value = take(key) else { return nil }
        guard case .array(let elements) = value.content else {
            failKind(value, at: key, expected: expected)
            return nil
        }
        return elements.enumerated().compactMap { index, element in
            if let result = convert(element, index) { return result }
            failKind(element, at: key, element: index, expected: elementExpected)
            return nil
        }
    }
}
