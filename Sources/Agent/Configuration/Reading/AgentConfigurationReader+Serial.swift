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
    mutating func readSerialSources(_ top: TableReader) -> [Located<SerialSourceConfiguration>] {
        top.namedTables("serial", example: "scale").compactMap { named in
            guard let name = SourceName(named.name) else {
                named.reader.fail("\(quoted(named.name)) is no name for a source; \(Self.nameRule)")
                return nil
            }
            return readSerialSource(named.reader, name: name).map { Located(value: $0, table: named.reader) }
        }
    }

    private mutating func readSerialSource(_ table: TableReader, name: SourceName) -> SerialSourceConfiguration? {
        let stream = readStream(table, "stream") ?? .telemetry
        // Without a port the rest is still looked through for what is wrong with it.
        let port = readPort(table)
        var source = SerialSourceConfiguration(name: name, port: port ?? .path(""), stream: stream)
        source.content = readContent(table, of: source)
        if case .devices(let devices) = source.content, let first = devices.first { source.link = first.profile.link }
        if !source.isDetected { source.link.read(table) }
        source.topic = readTopic(table, source: source)
        table.finish()
        return port == nil ? nil : source
    }

    /// What the port carries: devices with profiles, lines, or what is found on it.
    private mutating func readContent(
        _ table: TableReader, of source: SerialSourceConfiguration
    ) -> SerialSourceConfiguration.Content {
        let lineKeys = ["format", "columns", "separator", "line_end", "line_max"]
        if table.has("profile") || table.has("devices") {
            for key in lineKeys {
                table.refuse(key, "belongs to a port without a profile; the profile says how lines look")
            }
            if table.has("profile"), table.has("devices") {
                table.fail("give either profile, for one device, or devices", at: "devices")
            }
            return .devices(
                table.has("devices") ? readDevices(table) : readDevice(table, source: source.name).map { [$0] } ?? [])
        }
        table.suggest("profile", "devices")
        if source.port == .automatic, !lineKeys.contains(where: table.has) {
            for key in LinkRule.keys {
                table.refuse(key, "belongs to a port whose device is known; detection finds out how the line is set")
            }
            return .detected(among: profiles)
        }
        var lines = LineConfiguration()
        lines.format = readFormat(table)
        lines.end = table.choice("line_end", of: LineConfiguration.LineEnd.self) ?? lines.end
        lines.sizeMax =
            table.byteCount("line_max", in: .bytes(16)...ByteCount(rawValue: Limits.payloadSizeMax)) ?? lines.sizeMax
        lines.device = readDeviceName(table, "device")
        return .lines(lines)
    }

    private func readPort(_ table: TableReader) -> PortName? {
        table.require("port", example: "\"usb:1a86:7523\"")
        guard let text = table.string("port") else { return nil }
        if let port = PortName(text) { return port }
        let what = text.hasPrefix("usb:") ? "usb port; vendor and product have 4 hexadecimal digits each" : "port"
        let wanted =
            "write usb:VENDOR:PRODUCT, usb:VENDOR:PRODUCT:SERIAL, a path such as /dev/serial/by-id/..., a pattern such "
            + "as /dev/ttyUSB*, or auto"
        table.fail("\(quoted(text)) is no \(what); \(wanted)", at: "port")
        return nil
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

    private func readTopic(_ table: TableReader, source: SerialSourceConfiguration) -> String {
        var text = source.standardTopic
        if let given = table.string("topic") {
            if let problem = TopicSyntax.problem(template: given, placeholders: ["source", "device", "gateway"]) {
                table.fail(problem, at: "topic")
            } else {
                text = given
            }
        }
        return text.replacing("{source}", with: source.name.rawValue)
            .replacing("{gateway}", with: gateway.rawValue)
    }
}

extension SerialSourceConfiguration {
    fileprivate var isDetected: Bool { if case .detected = content { true } else { false } }

    /// The topic where none is given: with the device in it where there can be several.
    fileprivate var standardTopic: String {
        let hasSeveral =
            switch content {
            case .lines: false
            case .devices(let devices): devices.count > 1 || devices.first?.profile.deviceField != nil
            case .detected: true
            }
        return hasSeveral || port.isPlural ? "serial/{source}/{device}" : "serial/{source}"
    }
}
