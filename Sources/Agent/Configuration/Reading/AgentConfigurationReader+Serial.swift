import DeviceProfiles
import Records
import SerialIO
import StrictTOML

/// `[serial.NAME]`.
extension AgentConfigurationReader {
    private enum Format: String, CaseIterable {
        case json, csv, raw
        case keyValue = "key-value"
    }

    /// Reads the serial ports.
    func readSerialSources(_ top: TableReader) -> [Located<SerialSourceConfiguration>] {
        top.namedTables("serial", example: "scale").compactMap { named in
            guard let name = SourceName(named.name) else {
                named.reader.fail("\(quoted(named.name)) is no name for a source; \(Self.nameRule)")
                return nil
            }
            return Located(value: readSerialSource(named.reader, name: name), table: named.reader)
        }
    }

    private func readSerialSource(_ table: TableReader, name: SourceName) -> SerialSourceConfiguration {
        table.refuse("profile", "profiles are not supported by this version; use format to say how the lines look")
        table.refuse("devices", "profiles are not supported by this version; use format to say how the lines look")
        let stream = readStream(table, "stream") ?? .telemetry
        var source = SerialSourceConfiguration(name: name, port: readPort(table) ?? "", stream: stream)
        source.settings = readSettings(table)
        source.format = readFormat(table)
        source.lineEnd = table.choice("line_end", of: SerialSourceConfiguration.LineEnd.self) ?? source.lineEnd
        source.lineMax =
            table.byteCount("line_max", in: .bytes(16)...ByteCount(rawValue: Limits.payloadSizeMax)) ?? source.lineMax
        source.device = readDevice(table) ?? source.device
        source.topic = readTopic(table, source: source)
        table.finish()
        return source
    }

    private func readPort(_ table: TableReader) -> String? {
        table.require("port", example: "\"usb:1a86:7523\"")
        guard let text = table.string("port") else { return nil }
        let wanted = "write usb:VENDOR:PRODUCT, usb:VENDOR:PRODUCT:SERIAL, or a path such as /dev/serial/by-id/..."
        guard text.hasPrefix("usb:") else {
            if text.hasPrefix("/"), text.count > 1 { return text }
            table.fail("\(quoted(text)) is no port; \(wanted)", at: "port")
            return nil
        }
        let parts = text.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false)
        let isComplete = parts.count >= 3 && parts[1...2].allSatisfy { $0.count == 4 && $0.allSatisfy(\.isHexDigit) }
        guard isComplete, parts.count == 3 || !parts[3].isEmpty else {
            table.fail(
                "\(quoted(text)) is no usb port; vendor and product have 4 hexadecimal digits each; \(wanted)",
                at: "port")
            return nil
        }
        return text
    }

    private func readSettings(_ table: TableReader) -> SerialSettings {
        var settings = SerialSettings()
        settings.baud = table.integer("baud", in: 50...4_000_000) ?? settings.baud
        settings.dataBits = table.integer("data_bits", in: 5...8) ?? settings.dataBits
        settings.parity = table.choice("parity", of: SerialSettings.Parity.self) ?? settings.parity
        settings.stopBits = table.integer("stop_bits", in: 1...2) ?? settings.stopBits
        settings.flowControl = table.choice("flow_control", of: SerialSettings.FlowControl.self) ?? settings.flowControl
        settings.settle = table.duration("settle", in: .zero...(.seconds(60))) ?? settings.settle
        return settings
    }

    private func readFormat(_ table: TableReader) -> LineFormat {
        let format = table.choice("format", of: Format.self) ?? .raw
        let columns = readColumns(table)
        let separator = readSeparator(table)
        switch format {
        case .csv:
            table.require("columns", example: "[\"temperature:Cel\", \"humidity:%RH\"]")
            return .csv(columns: columns ?? [], separator: separator ?? ",")
        case .json, .keyValue, .raw:
            for key in ["columns", "separator"] where table.has(key) {
                table.fail("belongs to format = \"csv\", but the format is \(quoted(format.rawValue))", at: key)
            }
            return format == .json ? .json : format == .keyValue ? .keyValue : .raw
        }
    }

    /// Columns as `"name:unit"`, `"name"` or a table; an empty string skips a column.
    private func readColumns(_ table: TableReader) -> [LineFormat.Column]? {
        guard let elements = table.stringsOrTables("columns") else { return nil }
        var columns: [LineFormat.Column] = []
        for (index, element) in elements.enumerated() {
            var column: LineFormat.Column
            switch element {
            case .string(let text):
                let colon = text.lastIndex(of: ":") ?? text.endIndex
                column = .init(name: String(text[..<colon]))
                let unit = text[colon...].dropFirst()
                column.unit = unit.isEmpty ? nil : String(unit)
                if column.name.isEmpty, !text.isEmpty {
                    table.fail(
                        "\(quoted(text)) has no name before the colon; write \"name:unit\"", at: "columns",
                        element: index)
                }
            case .table(let entry):
                entry.require("name", example: "\"temperature\"")
                column = .init(name: entry.string("name") ?? "")
                column.unit = entry.string("unit")
                entry.finish()
            }
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
        return columns
    }

    private func readSeparator(_ table: TableReader) -> Character? {
        guard let text = table.string("separator") else { return nil }
        guard text.utf8.count == 1, let character = text.first, !"\"\r\n".contains(character) else {
            table.fail(
                "\(quoted(text)) is no separator; it is one ASCII character, such as \";\" or \"\\t\"", at: "separator")
            return nil
        }
        return character
    }

    private func readDevice(_ table: TableReader) -> String? {
        guard let text = table.string("device") else { return nil }
        let isLevel = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !"/+#{}\u{7F}".unicodeScalars.contains($0) }
        guard isLevel, text.utf8.count <= 256 else {
            table.fail(
                "\(quoted(text)) is no device name; it is one level of a topic, without \"/\", \"+\", \"#\" and braces",
                at: "device")
            return nil
        }
        return text
    }

    private func readTopic(_ table: TableReader, source: SerialSourceConfiguration) -> String {
        guard let text = table.string("topic") else { return source.topic }
        if let problem = TopicSyntax.problem(template: text, placeholders: ["source", "device", "gateway"]) {
            table.fail(problem, at: "topic")
            return source.topic
        }
        return text.replacing("{source}", with: source.name.rawValue)
            .replacing("{device}", with: source.device)
            .replacing("{gateway}", with: gateway.rawValue)
    }
}
