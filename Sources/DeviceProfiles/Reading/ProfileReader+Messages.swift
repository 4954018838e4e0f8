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
            message.records = readRecords(top)
            message.fields = readFields(top, message, profile)
            if !top.has("fields"), !profile.publishesOthers {
                top.fail("there is nothing to read; add fields = [...] or [[message]]")
            }
            return [message]
        }
        _ = top.tables("fields")
        for key in ["pattern", "records"] { top.refuse(key, "belongs into a [[message]], as there are some") }
        var names: Set<String> = []
        return tables.map { table in
            var message = Message(name: table.string("name"))
            if let name = message.name, !names.insert(name).inserted {
                table.fail("two messages have the name \(quoted(name))", at: "name")
            }
            message.match = readMatches(table, profile)
            message.pattern = readPattern(table)
            message.records = readRecords(table)
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
            checkAlternatives(of: field, among: fields, reader)
            fields.append(field)
            readers.append(reader)
        }
        for (field, reader) in zip(fields, readers) { checkReferences(of: field, among: fields, reader) }
        return fields
    }

    /// Several fields may have one name where each says when it counts.
    private func checkAlternatives(of field: Field, among fields: [Field], _ table: TableReader) {
        let others = fields.filter { $0.name == field.name }
        guard !others.isEmpty else { return }
        if (others + [field]).contains(where: { $0.condition == nil && $0.range == nil }) {
            table.fail(
                "two fields have the name \(quoted(field.name)); where they are alternatives, give each a valid_if "
                    + "or a range", at: "name")
        } else if others.contains(where: { $0.unit != field.unit }) {
            table.fail("alternatives of \(quoted(field.name)) have one unit", at: "unit")
        }
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

    private func readRecords(_ table: TableReader) -> RecordRule? {
        guard addressing == .bytes else {
            table.refuse("records", "are of frames of bytes")
            return nil
        }
        guard let records = table.table("records") else { return nil }
        defer { records.finish() }
        records.require("at", example: "6")
        records.require("tag", example: "{ at = 0, type = \"u16be\" }")
        records.require("length", example: "{ at = 2, type = \"u8\", add = 3 }")
        let at = records.integer("at", in: 0...65535) ?? 0
        let tag = readInteger(records.tableOrEmpty("tag"))
        let size = records.tableOrEmpty("length")
        var length = readInteger(size, isFinal: false)
        length.times = size.integer("times", in: 1...256) ?? 1
        length.add = size.integer("add", in: -65536...65536) ?? 0
        size.finish()
        var rule = RecordRule(at: at, tag: tag, length: length)
        rule.to = records.integer("to", in: -65535...65535) ?? 0
        return rule
    }

    private func readInteger(_ table: TableReader, isFinal: Bool = true) -> IntegerPlace {
        if table.line != nil {
            table.require("at", example: "0")
            table.require("type", example: "\"u8\"")
        }
        let type = readUnsigned(table, sizes: 1...4) ?? BinaryType(.unsigned, size: 1)
        defer { if isFinal { table.finish() } }
        return IntegerPlace(at: table.integer("at", in: 0...65535) ?? 0, type: type)
    }
}
