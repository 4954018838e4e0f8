import SerialIO
import StrictTOML

/// `[[message]]`, or `fields` at the top.
extension ProfileReader {
    func readMessages(_ top: TableReader, profile: Profile) -> [Message] {
        let tables = top.tables("message") ?? []
        if top.has("message"), top.has("fields") {
            top.fail("stands beside [[message]]; put these fields into a message", at: "fields")
        }
        guard top.has("message") else {
            var message = Message()
            message.pattern = readPattern(top)
            message.fields = readFields(top, message, profile)
            if !top.has("fields"), !profile.publishesOthers {
                top.fail("there is nothing to read; add fields = [...] or [[message]]")
            }
            return [message]
        }
        _ = top.tables("fields")
        top.refuse("pattern", "belongs into a [[message]], as there are some")
        var names: Set<String> = []
        return tables.map { table in
            var message = Message(name: table.string("name"))
            if let name = message.name, !names.insert(name).inserted {
                table.fail("two messages have the name \(quoted(name))", at: "name")
            }
            message.match = readMatches(table, profile)
            message.pattern = readPattern(table)
            message.fields = readFields(table, message, profile)
            if !table.has("fields"), !profile.publishesOthers { table.require("fields", example: "[]") }
            table.finish()
            return message
        }
    }

    private func readFields(_ table: TableReader, _ message: Message, _ profile: Profile) -> [Field] {
        var fields: [Field] = []
        var readers: [TableReader] = []
        for base in table.tables("fields") ?? [] {
            let changes = base.peekString("name").flatMap { fieldChanges[$0] }
            let reader = changes.map { base.overlaid(by: $0) } ?? base
            guard let field = readField(reader, message, profile) else { continue }
            if fields.contains(where: { $0.name == field.name }) {
                reader.fail("two fields have the name \(quoted(field.name))", at: "name")
            }
            fields.append(field)
            readers.append(reader)
        }
        for (field, reader) in zip(fields, readers) { checkReferences(of: field, among: fields, reader) }
        return fields
    }

    private func readPattern(_ table: TableReader) -> TextPattern? {
        guard addressing == .text(.pattern) else {
            table.refuse("pattern", "belongs to [text] format = \"pattern\"")
            return nil
        }
        table.require("pattern", example: "'^S (?<status>[SD]) +(?<weight>-?[0-9.]+) g$'")
        guard let source = table.string("pattern") else { return nil }
        do {
            return try TextPattern(source)
        } catch {
            table.fail("\(quoted(source)) is no regular expression: \(error)", at: "pattern")
            return nil
        }
    }

    private func readMatches(_ table: TableReader, _ profile: Profile) -> [MessageMatch] {
        guard addressing != .registers else {
            table.refuse("match", "a reply of Modbus is known by its request")
            return []
        }
        return (table.tables("match") ?? []).compactMap { entry in
            defer { entry.finish() }
            let match = readMatch(entry)
            if profile.framing.kind == .telegram(.nmea), case .column(0, let name)? = match, name.hasPrefix("$") {
                entry.fail("a sentence's name is without the \"$\": \(quoted(name.dropFirst()))", at: "is")
            }
            return match
        }
    }

    private func readMatch(_ entry: TableReader) -> MessageMatch? {
        let isCSV = if case .text(.csv) = addressing { true } else { false }
        if !isCSV { refuse(["column", "columns"], "columns are of [text] format = \"csv\" and of NMEA", entry) }
        switch addressing {
        case .keys, .text(.json), .text(.keyValue): break
        default: entry.refuse("key", "keys are of telegrams, JSON and key-value")
        }
        let at = entry.integer("at", in: -65535...65535)
        let length = entry.integer("length", in: 0...65536)
        let column = isCSV ? entry.integer("column", in: 0...4095) : nil
        let columns = isCSV ? entry.integer("columns", in: 1...4096) : nil
        let key = entry.string("key")
        let starts = entry.string("starts")
        let ends = entry.string("ends")
        let kinds = [at != nil, length != nil, column != nil, columns != nil, key != nil, starts != nil].filter { $0 }
        guard kinds.count == 1 else {
            entry.fail(
                "give one of at, length, column, columns, key and starts, such as { at = 6, is = \"01\" } or "
                    + "{ length = 32 }")
            return nil
        }
        if let length { return .length(length) }
        if let columns { return .columns(columns) }
        if let key { return .key(key) }
        if let starts { return .start(Array(starts.utf8)) }
        if let at {
            entry.require("is", example: "\"01\"")
            return pattern(entry, "is").map { .bytes(at: at, $0) }
        }
        guard let column else { return nil }
        if let ends { return .columnEnd(column, ends) }
        entry.require("is", example: "\"MWV\"")
        return entry.string("is", allowsEmpty: true).map { .column(column, is: $0) }
    }

    /// What a field says of others must be so: a condition, a composition, an array in front of it.
    private func checkReferences(of field: Field, among fields: [Field], _ table: TableReader) {
        func check(_ name: String, at key: String, isArray: Bool) {
            guard let other = fields.first(where: { $0.name == name }) else {
                let hint = NearestKey.hint(name, in: fields.map(\.name)) ?? ""
                return table.fail("the message has no field \(quoted(name))\(hint)", at: key)
            }
            if (other.repetition != nil) != isArray {
                table.fail("the field \(quoted(name)) \(isArray ? "is no array" : "is an array")", at: key)
            }
            if !isArray, let names = unknownNames(field.condition, of: other), key == "valid_if" {
                table.fail(
                    "\(quotedList(names)) is none of the values of \(quoted(name)): "
                        + quotedList(other.names.map { $0.value.text }), at: key)
            }
        }
        if let condition = field.condition { check(condition.field, at: "valid_if", isArray: false) }
        if case .composed(let pieces) = field.place {
            for case .field(let name, _) in pieces { check(name, at: "compose", isArray: false) }
        }
        if case .bytes(let place) = field.place, let after = place.after { check(after, at: "after", isArray: true) }
    }

    /// Values of a condition that its field, whose values have names, cannot have.
    private func unknownNames(_ condition: FieldCondition?, of field: Field) -> [String]? {
        guard let condition, !field.names.isEmpty else { return nil }
        let unknown = (condition.allowed + condition.refused).filter { raw in
            !field.names.contains { raw.matches($0.value) }
        }
        return unknown.isEmpty ? nil : unknown.map(\.text)
    }
}
