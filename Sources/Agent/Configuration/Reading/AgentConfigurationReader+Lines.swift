import DeviceProfiles
import Records
import SerialIO
import StrictTOML

/// Lines of text without a profile: `format` of `[serial.NAME]`.
extension AgentConfigurationReader {
    static let lineKeys = ["format", "columns", "separator", "line_end", "line_max"]

    private enum Format: String, CaseIterable {
        case json, csv, raw
        case keyValue = "key-value"
    }

    /// What may end a line without a profile.
    private enum EndName: String, CaseIterable {
        case lf, cr, crlf

        var end: LineEnd {
            switch self {
            case .lf: .lf
            case .cr: .cr
            case .crlf: .crlf
            }
        }
    }

    /// A column of a CSV line; one without a name is not wanted.
    private struct Column {
        var name: String
        var unit: String?
    }

    /// More columns than that are a slip of the pen, or no device's line.
    private static let columnsMax = 256

    /// One device, whose profile is made of what the table says; or lines that stay as they are.
    func readLines(_ table: TableReader, source: SourceName) -> SerialSourceConfiguration.Content {
        var lines = RawLines(device: readDeviceName(table, "device") ?? source.rawValue)
        let end = table.choice("line_end", of: EndName.self)?.end ?? .lf
        let sizeMax = table.byteCount("line_max", in: .bytes(16)...ByteCount(rawValue: Limits.payloadSizeMax))
        lines.framing = FramingRule(
            .line(start: [], end: end), sizeMax: sizeMax?.rawValue ?? lines.framing.sizeMax)
        lines.silentAfter = readSilence(table)
        let format = table.choice("format", of: Format.self) ?? .raw
        let columns = readColumns(table) ?? []
        let separator = readSeparator(table) ?? UInt8(ascii: ",")
        if format == .csv {
            table.require("columns", example: "[\"temperature:Cel\", \"humidity:%RH\"]")
        } else {
            for key in ["columns", "separator"] where table.has(key) {
                table.fail("belongs to format = \"csv\", but the format is \(quoted(format.rawValue))", at: key)
            }
        }
        let text: TextRule
        switch format {
        case .raw: return .raw(lines)
        case .json: text = .json
        case .csv: text = .csv(separator: separator, columns: columns.count)
        case .keyValue: text = .keyValue(pair: Array(" ,;\t".utf8), equals: Array("=:".utf8))
        }
        var title = "lines up to \(ByteCount(rawValue: lines.framing.sizeMax))"
        if format == .csv {
            let names = columns.map { $0.name.isEmpty ? "-" : $0.name + ($0.unit.map { " in \($0)" } ?? "") }
            title += ": " + names.joined(separator: ", ")
        }
        var profile = Profile(name: format.rawValue, title: title, framing: lines.framing)
        profile.text = text
        // JSON and pairs say themselves what their values are called.
        profile.publishesOthers = format != .csv
        profile.messages = [Message(fields: Self.fields(of: columns))]
        var device = DeviceConfiguration(name: lines.device, profile: profile)
        device.silentAfter = lines.silentAfter
        device.ranges = readRanges(table, of: profile)
        return .devices([device])
    }

    private static func fields(of columns: [Column]) -> [Field] {
        columns.enumerated().filter { !$1.name.isEmpty }.map { index, column in
            var place = TextPlace(.column(index))
            place.type = .any
            return Field(name: column.name, unit: column.unit, place: .text(place))
        }
    }

    /// Columns as `"name:unit"`, `"name"` or a table; an empty string skips a column.
    private func readColumns(_ table: TableReader) -> [Column]? {
        guard let elements = table.stringsOrTables("columns") else { return nil }
        var columns: [Column] = []
        for (index, element) in elements.enumerated() {
            let column = readColumn(element, table, index)
            if let unit = column.unit, !SenMLUnit.isKnown(unit) {
                let hint = SenMLUnit.suggestion(for: unit).map { "; did you mean \(quoted($0))?" } ?? ""
                table.note(
                    "\(quoted(unit)) is no unit symbol of SenML (RFC 8428) and travels as it is\(hint)", at: "columns",
                    element: index)
            }
            if !column.name.isEmpty, columns.contains(where: { $0.name == column.name }) {
                table.fail("the column \(quoted(column.name)) is there twice", at: "columns", element: index)
            }
            columns.append(column)
        }
        if elements.isEmpty || columns.allSatisfy({ $0.name.isEmpty }) {
            table.fail("needs at least one column with a name, such as \"temperature:Cel\"", at: "columns")
        }
        if columns.count > Self.columnsMax {
            table.fail(
                "\(columns.count) columns are more than the \(Self.columnsMax) that a line may have", at: "columns")
        }
        return columns
    }

    private func readColumn(_ element: TableReader.Element, _ table: TableReader, _ index: Int) -> Column {
        switch element {
        case .string(let text):
            let colon = text.lastIndex(of: ":") ?? text.endIndex
            let name = String(text[..<colon])
            let unit = text[colon...].dropFirst()
            if name.isEmpty, !text.isEmpty {
                table.fail(
                    "\(quoted(text)) has no name before the colon; write \"name:unit\"", at: "columns", element: index)
            }
            return Column(name: name, unit: unit.isEmpty ? nil : String(unit))
        case .table(let entry):
            defer { entry.finish() }
            entry.require("name", example: "\"temperature\"")
            return Column(name: entry.string("name") ?? "", unit: entry.string("unit"))
        }
    }

    /// One character that occurs in no number and means nothing in a line of CSV (RFC 4180).
    private func readSeparator(_ table: TableReader) -> UInt8? {
        guard let text = table.string("separator") else { return nil }
        let isSeparator = text.utf8.allSatisfy { byte in
            byte == 0x09
                || 0x20..<0x7F ~= byte && !Character(Unicode.Scalar(byte)).isLetter
                    && !Character(Unicode.Scalar(byte)).isNumber && !"\"+-.".utf8.contains(byte)
        }
        guard text.utf8.count == 1, isSeparator else {
            table.fail(
                "\(quoted(text)) is no separator; it is one ASCII character, such as \";\" or \"\\t\", and no letter, "
                    + "digit, point, sign or quote", at: "separator")
            return nil
        }
        return text.utf8.first
    }
}
