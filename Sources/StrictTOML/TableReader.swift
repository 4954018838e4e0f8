import Records

/// Reads one table strictly: every key that it holds must be asked for, and every value must be what was asked for.
///
/// Nothing throws. What is wrong goes to the ``ConfigurationReport``, and the accessor returns nil, as it does for an
/// absent key: the reading goes on, so that one pass finds everything. ``finish()`` reports the keys that nobody asked
/// for. Configuration and device profiles are read with this.
public final class TableReader {
    /// Where issues go; shared by all readers of one file.
    public let report: ConfigurationReport
    /// Dotted path of the table, such as `serial.air`; empty for the top.
    public let path: String
    /// Line of the table's header; nil for the top and for a table that is absent.
    public let line: Int?
    /// The path with names made general, such as `serial.NAME`: how ``ConfigurationReport/knownKeys`` names it.
    let pattern: String
    let entries: [TOMLValue.Entry]
    private var asked: [String] = []
    private var refused: Set<String> = []

    /// The reader of a whole document.
    public convenience init(_ document: TOMLDocument, report: ConfigurationReport) {
        self.init(document.root, path: "", pattern: "", line: nil, report: report)
    }

    init(_ table: TOMLValue?, path: String, pattern: String, line: Int?, report: ConfigurationReport) {
        if case .table(let entries) = table?.content { self.entries = entries } else { entries = [] }
        self.path = path
        self.pattern = pattern
        self.line = line
        self.report = report
    }

    /// Whether the file gives the key a value, right or wrong.
    public func has(_ key: String) -> Bool { entries.contains { $0.key == key } }

    /// The string under a key, without asking for it: for a decision on how to read the table. Nil for anything else.
    public func peekString(_ key: String) -> String? {
        if case .string(let text) = entry(key)?.content { text } else { nil }
    }

    /// Reports something wrong: with a key at its line, or with the table as a whole.
    public func fail(_ message: String, at key: String? = nil, element: Int? = nil) {
        let place = place(of: key, element: element)
        report.add(line: place.line, path: place.path, message: message)
    }

    /// Notes something that a person should know and that does not stop the start.
    public func note(_ message: String, at key: String? = nil, element: Int? = nil) {
        let place = place(of: key, element: element)
        report.addNote(line: place.line, path: place.path, message: message)
    }

    /// The line of a key; of the table where the key is absent.
    public func line(of key: String) -> Int? { entry(key)?.line ?? line }

    /// Reports a key that must be there and is not. Does nothing where it is there, right or wrong.
    public func require(_ key: String, example: String) {
        guard !has(key) else { return }
        fail("missing key \(quoted(key)); for example \(Self.bareKey(key)) = \(example)")
    }

    /// Reports a key that must not be used, with the reason. It counts as known, but not as one to be documented.
    public func refuse(_ key: String, _ reason: String) {
        refused.insert(key)
        if has(key) { fail(reason, at: key) }
    }

    /// Says that these keys may stand here, so that a slip of the pen finds the one that was meant.
    public func suggest(_ keys: String...) {
        for key in keys { _ = take(key) }
    }

    /// Takes all keys as known that were not asked for: where a key that decides what they may be is wrong.
    public func acceptRest() { refused.formUnion(entries.map(\.key)) }

    /// Reports the keys that were not asked for, each with the nearest that was. Call it last.
    public func finish() {
        for entry in entries where !asked.contains(entry.key) && !refused.contains(entry.key) {
            let isMisplaced = !path.isEmpty && report.topKeys.contains(entry.key)
            let place = isMisplaced ? "; it is a key of the file: write it above the first [table]" : nil
            let near = place ?? NearestKey.hint(entry.key, in: asked)
            let hint = near ?? "; known here: \(quotedList(asked.sorted()))"
            report.add(line: entry.value.line, path: path, message: "unknown key \(quoted(entry.key))\(hint)")
        }
    }

    /// The value under a key, which from now on counts as asked for.
    func take(_ key: String) -> TOMLValue? {
        if !asked.contains(key) { asked.append(key) }
        report.know(Self.join(pattern, key))
        return entry(key)
    }

    /// Reports that a value is of the wrong kind.
    func failKind(_ value: TOMLValue, at key: String, element: Int? = nil, expected: String) {
        fail("expected \(expected), found \(value.finding)", at: key, element: element)
    }

    /// Reader of a table in this one, or of an absent one.
    func reader(_ value: TOMLValue?, key: String, element: Int? = nil, pattern: String) -> TableReader {
        TableReader(
            value, path: place(of: key, element: element).path, pattern: Self.join(self.pattern, pattern),
            line: value?.line ?? line, report: report)
    }

    private func entry(_ key: String) -> TOMLValue? { entries.first { $0.key == key }?.value }

    private func place(of key: String?, element: Int?) -> (line: Int?, path: String) {
        guard let key else { return (line, path) }
        let keyPath = Self.join(path, Self.bareKey(key))
        guard let element else { return (line(of: key), keyPath) }
        guard case .array(let elements) = entry(key)?.content, elements.indices.contains(element) else {
            return (line(of: key), keyPath)
        }
        // People count from one.
        return (elements[element].line, "\(keyPath)[\(element + 1)]")
    }

    private static func join(_ path: String, _ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// The key as it is written in TOML: in quotes where it needs them.
    private static func bareKey(_ key: String) -> String {
        let isBare = key.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
            default: false
            }
        }
        return isBare && !key.isEmpty ? key : quoted(key)
    }
}
