/// A table of which another one changes some keys.
extension TableReader {
    /// This table with the keys of another one in place of its own, and those that it has not. Lines stay those of the
    /// file, so that what is wrong with a changed key is reported where it stands.
    public func overlaid(by changes: TableReader) -> TableReader {
        let kept = entries.filter { !changes.has($0.key) }
        let table = TOMLValue(.table(kept + changes.entries), line: line ?? changes.line ?? 1)
        return TableReader(table, path: path, pattern: pattern, line: line, report: report)
    }
}

extension TableReader {
    /// Whether a key has a table: for a decision on how to read it.
    public func isTable(_ key: String) -> Bool {
        if case .table = entries.first(where: { $0.key == key })?.value.content { true } else { false }
    }

    /// The integer under a key, without asking for it. Nil for anything else.
    public func peekInteger(_ key: String) -> Int? {
        if case .integer(let number) = entries.first(where: { $0.key == key })?.value.content { number } else { nil }
    }
}
