import Records

/// Lines of comma-separated values (RFC 4180).
struct CSVLine {
    let columns: [LineFormat.Column]
    /// The unit of each column.
    let units: [SenMLUnit?]
    let separator: Character

    func decode(_ line: String) -> LineResult {
        guard let cells = cells(of: line) else {
            return .rejected(reason: "a quoted value has no end or text behind it")
        }
        guard cells.count == columns.count else {
            return .rejected(reason: "the line has \(cells.count) columns, not \(columns.count)")
        }
        var readings: [Reading] = []
        for (index, cell) in cells.enumerated() where !columns[index].name.isEmpty {
            let unit = units[index]
            switch TextValue(cell) {
            case .missing: continue
            case .text(let text): readings.append(Reading(name: columns[index].name, value: .text(text)))
            case .number(let number):
                let value = unit?.primaryValue(of: number) ?? number
                guard value.isFinite else { continue }
                readings.append(Reading(name: columns[index].name, value: .number(value), unit: unit?.primary))
            }
        }
        return .readings(readings)
    }

    /// The values between the separators, quotes resolved; nil where a quote has no end, or text behind its end.
    private func cells(of line: String) -> [Substring]? {
        // Most lines have no quotes, and are split byte by byte: characters cost many times as much.
        if let separator = separator.asciiValue, !line.utf8.contains(UInt8(ascii: "\"")) {
            return line.utf8.split(separator: separator, omittingEmptySubsequences: false).map { Substring($0) }
        }
        var cells: [Substring] = []
        var rest = line[...]
        while true {
            let trimmed = rest.drop { $0 == " " }
            if trimmed.first == "\"" {
                guard let (cell, behind) = quoted(trimmed.dropFirst()) else { return nil }
                cells.append(Substring(cell))
                rest = behind.drop { $0 == " " }
            } else {
                let cell = rest.prefix { $0 != separator }
                cells.append(cell)
                rest = rest[cell.endIndex...]
            }
            if rest.isEmpty { return cells }
            guard rest.first == separator else { return nil }
            rest = rest.dropFirst()
        }
    }

    /// The value up to the closing quote, in which two quotes stand for one, and what is behind it.
    private func quoted(_ text: Substring) -> (cell: String, rest: Substring)? {
        var cell = ""
        var rest = text
        while let quote = rest.firstIndex(of: "\"") {
            cell += rest[..<quote]
            rest = rest[rest.index(after: quote)...]
            guard rest.first == "\"" else { return (cell, rest) }
            cell += "\""
            rest = rest.dropFirst()
        }
        return nil
    }
}
