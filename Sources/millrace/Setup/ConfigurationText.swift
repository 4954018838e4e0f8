import StrictTOML

/// The text of a configuration, changed table by table: what a person has written around them stays as it is.
struct ConfigurationText {
    private(set) var lines: [String]

    /// The tables of a file, as the text is cut by their headers.
    init(_ text: String) {
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        while lines.last?.isEmpty == true { lines.removeLast() }
    }

    /// With a line end at its end.
    var text: String { lines.joined(separator: "\n") + "\n" }

    /// Puts a table in the place of the one of that name, or behind all others.
    ///
    /// - Parameter body: its lines without the header.
    mutating func set(_ table: String, _ body: [String]) {
        let block = ["[\(table)]"] + body
        if let range = range(of: table) {
            lines.replaceSubrange(range, with: block)
        } else {
            lines += (lines.isEmpty ? [] : [""]) + block
        }
    }

    /// Takes a table out, with its subtables left alone.
    mutating func remove(_ table: String) {
        guard let range = range(of: table) else { return }
        lines.removeSubrange(range)
    }

    /// Sets one key of a table. Where there is no such table it is made: behind `[gateway]`, else before all others. A
    /// comment behind the value stays, where that has one line.
    mutating func set(_ key: String, of table: String, to value: String) {
        guard let range = range(of: table) else {
            insert(table, "\(key) = \(value)")
            return
        }
        guard let place = places(of: range).first(where: { Self.key(of: lines[$0.lowerBound]) == key }) else {
            lines.insert("\(key) = \(value)", at: range.upperBound)
            return
        }
        let line = lines[place.lowerBound]
        let comment = line.lastIndex(of: "#").map { "   " + line[$0...] } ?? ""
        // A mark within the old value is no comment.
        let isComment = place.count == 1 && line.count { $0 == "\"" } <= 2 && comment.count { $0 == "\"" } == 0
        lines.replaceSubrange(place, with: ["\(key) = \(value)" + (isComment ? comment : "")])
    }

    /// Changes the keys of a table that are others than before, so that what stays is as a person has written it; makes
    /// the table where it is not there.
    ///
    /// - Parameters:
    ///   - entries: keys and their values in TOML; nil where a key is not to be there.
    ///   - old: the same keys, as they were.
    mutating func change(
        _ table: String, _ entries: [(key: String, value: String?)], from old: [(key: String, value: String?)]
    ) {
        guard range(of: table) != nil else {
            return set(table, entries.compactMap { entry in entry.value.map { "\(entry.key) = \($0)" } })
        }
        for (entry, old) in zip(entries, old) where entry.value != old.value {
            guard let value = entry.value, !value.hasPrefix("{") else {
                remove(entry.key, of: table)
                if let value = entry.value { set(entry.key, of: table, to: value) }
                continue
            }
            set(entry.key, of: table, to: value)
        }
    }

    /// Takes one key out of a table, with all lines of its value; where the key is that of a table, its dotted keys and
    /// its own table as well.
    mutating func remove(_ key: String, of table: String) {
        remove("\(table).\(key)")
        guard let range = range(of: table) else { return }
        for place in places(of: range).reversed() {
            let name = Self.key(of: lines[place.lowerBound])
            if name == key || name.hasPrefix("\(key).") { lines.removeSubrange(place) }
        }
    }

    /// The lines of each key of a table.
    private func places(of table: Range<Int>) -> [Range<Int>] {
        var places: [Range<Int>] = []
        var depth = 0
        for index in table.dropFirst() {
            if depth == 0 {
                if Self.isBlankOrComment(lines[index]) { continue }
                places.append(index..<index + 1)
            } else {
                places[places.count - 1] = places[places.count - 1].lowerBound..<index + 1
            }
            depth = max(0, depth + Self.openBrackets(in: lines[index]))
        }
        return places
    }

    /// `tls.ca` of `tls . ca = "ca.pem"`
    private static func key(of line: String) -> String {
        line.prefix { $0 != "=" }.filter { $0 != " " && $0 != "\"" && $0 != "\t" }
    }

    private mutating func insert(_ table: String, _ line: String) {
        if let gateway = self.range(of: "gateway") {
            lines.insert(contentsOf: ["", "[\(table)]", line], at: gateway.upperBound)
        } else if let first = headers.first {
            // Comments above the first table are its own, if no line is free between.
            let place = lines[..<first].lastIndex(of: "").map { $0 + 1 } ?? 0
            lines.insert(contentsOf: ["[\(table)]", line, ""], at: place)
        } else {
            set(table, [line])
        }
    }

    /// Where a table stands: its header and what belongs to it, without what leads over to the next one.
    private func range(of table: String) -> Range<Int>? {
        let headers = headers
        guard let place = headers.firstIndex(where: { Self.name(of: lines[$0]) == table }) else { return nil }
        var end = place + 1 < headers.count ? headers[place + 1] : lines.count
        while end - 1 > headers[place], Self.isBlankOrComment(lines[end - 1]) { end -= 1 }
        return headers[place]..<end
    }

    /// The lines that begin a table: brackets within a value that goes over several lines are none.
    private var headers: [Int] {
        var depth = 0
        var found: [Int] = []
        for (index, line) in lines.enumerated() {
            if depth == 0, Self.trimmed(line).hasPrefix("[") {
                found.append(index)
                continue
            }
            depth = max(0, depth + Self.openBrackets(in: line))
        }
        return found
    }

    /// `uplinks.central` of `[uplinks.central]   # the cluster`
    private static func name(of header: String) -> String? {
        guard let open = header.firstIndex(of: "["), let close = header.lastIndex(of: "]") else { return nil }
        return header[header.index(after: open)..<close].filter { $0 != " " && $0 != "\"" }
    }

    /// How many more brackets a line opens than it closes, outside of strings and comments.
    private static func openBrackets(in line: String) -> Int {
        var depth = 0
        var quote: Character?
        var isEscaped = false
        for character in line {
            if let open = quote {
                if isEscaped {
                    isEscaped = false
                } else if character == "\\", open == "\"" {
                    isEscaped = true
                } else if character == open {
                    quote = nil
                }
                continue
            }
            switch character {
            case "\"", "'": quote = character
            case "#": return depth
            case "[", "{": depth += 1
            case "]", "}": depth -= 1
            default: break
            }
        }
        return depth
    }

    private static func isBlankOrComment(_ line: String) -> Bool {
        let text = trimmed(line)
        return text.isEmpty || text.hasPrefix("#")
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        var part = text[...]
        while part.first?.isWhitespace == true { part = part.dropFirst() }
        while part.last?.isWhitespace == true { part = part.dropLast() }
        return String(part)
    }
}
