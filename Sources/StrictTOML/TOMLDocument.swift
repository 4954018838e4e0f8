import Records
import TOMLKit

/// A parsed TOML file (TOML 1.0.0).
///
/// TOMLKit's values are neither `Sendable` nor do they know where they stand, so they are turned into ``TOMLValue``s at
/// once.
public struct TOMLDocument: Hashable, Sendable {
    /// The file as it was named.
    public let file: String
    /// The top of the document: always a table.
    public let root: TOMLValue

    /// Parses a text.
    ///
    /// - Parameter file: the name that issues begin with.
    /// - Throws: ``ConfigurationError`` with one issue, the place of the first syntax error, where the text is no TOML.
    public init(_ text: String, file: String) throws(ConfigurationError) {
        func refused(_ line: Int?, _ column: Int?, _ message: String) -> ConfigurationError {
            ConfigurationError(
                issues: [ConfigurationIssue(file: file, line: line, column: column, path: "", message: message)])
        }
        if let zero = text.utf8.firstIndex(of: 0) {
            let line = text.utf8[..<zero].count { $0 == 0x0A } + 1
            throw refused(line, nil, "a zero byte is not allowed in TOML")
        }
        let table: TOMLTable
        do {
            table = try TOMLTable(string: text)
        } catch {
            guard let error = error as? TOMLParseError else { throw refused(nil, nil, "not valid TOML: \(error)") }
            let begin = error.source.begin
            let problem = Self.plain(error.description)
            let hint = problem.contains("escape sequence") ? "; in single quotes a backslash is one: 'a\\d'" : ""
            throw refused(begin.line, begin.column, "not valid TOML: \(problem)\(hint)")
        }
        let locator = TOMLLocator(text)
        if let line = locator.zeroLine {
            throw refused(line, nil, "the character U+0000 is not allowed in a string")
        }
        self.file = file
        root = Self.convert(table: table, at: [], line: 1, places: locator.places)
    }

    /// Reads and parses a file of at most 1 MiB.
    ///
    /// - Throws: ``ConfigurationError`` with one issue, where it cannot be read, is not UTF-8, or is no TOML.
    public init(path: String) throws(ConfigurationError) {
        func refused(_ message: String, line: Int? = nil) -> ConfigurationError {
            ConfigurationError(issues: [ConfigurationIssue(file: path, line: line, path: "", message: message)])
        }
        let contents: FileContents
        do {
            contents = try FileContents(path: path, sizeMax: .mebibytes(1))
        } catch {
            throw refused("cannot be read: \(error.reason)")
        }
        guard let text = String(validating: contents.bytes, as: UTF8.self) else {
            let sound = String(decoding: contents.bytes, as: UTF8.self)
            let line = sound.prefix { $0 != "\u{FFFD}" }.utf8.count { $0 == 0x0A } + 1
            throw refused("not UTF-8, which TOML must be; save the file with that encoding", line: line)
        }
        try self.init(text, file: path)
    }

    /// The parser's description in the words of this program: what it says of a key that is there twice is meant for
    /// programmers.
    private static func plain(_ description: String) -> String {
        if let range = description.firstRange(of: "cannot redefine existing "), description.last == "'" {
            let name = description[range.upperBound...].drop { $0 != "'" }.dropFirst().dropLast()
            return "\(quoted(name)) is there twice"
        }
        return description.hasPrefix("Error while ") ? String(description.dropFirst("Error while ".count)) : description
    }

    private static func convert(
        table: TOMLTable, at path: [TOMLLocator.Step], line: Int, places: [[TOMLLocator.Step]: TOMLLocator.Place]
    ) -> TOMLValue {
        let entries = table.map { key, value in
            let step = path + [.key(key)]
            let place = places[step] ?? TOMLLocator.Place(line: line, order: .max)
            let entry = TOMLValue.Entry(key: key, value: convert(value, at: step, line: place.line, places: places))
            return (order: place.order, entry: entry)
        }
        return TOMLValue(.table(entries.sorted { $0.order < $1.order }.map(\.entry)), line: line)
    }

    private static func convert(
        _ value: any TOMLValueConvertible, at path: [TOMLLocator.Step], line: Int,
        places: [[TOMLLocator.Step]: TOMLLocator.Place]
    ) -> TOMLValue {
        if let table = value.table { return convert(table: table, at: path, line: line, places: places) }
        if let array = value.array {
            let elements = array.enumerated().map { index, element in
                let step = path + [.index(index)]
                return convert(element, at: step, line: places[step]?.line ?? line, places: places)
            }
            return TOMLValue(.array(elements), line: line)
        }
        if let text = value.string { return TOMLValue(.string(text), line: line) }
        if let flag = value.bool { return TOMLValue(.boolean(flag), line: line) }
        if let number = value.int { return TOMLValue(.integer(number), line: line) }
        if let number = value.double { return TOMLValue(.float(number), line: line) }
        return TOMLValue(.dateTime, line: line)
    }
}
