import DeviceProfiles
import Records
import SerialIO
import StrictTOML

/// `[serial.NAME]`.
extension AgentConfigurationReader {
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
        if table.has("profile") || table.has("devices") {
            for key in Self.lineKeys {
                table.refuse(key, "belongs to a port without a profile; the profile says how lines look")
            }
            if table.has("profile"), table.has("devices") {
                table.fail("give either profile, for one device, or devices", at: "devices")
            }
            return .devices(
                table.has("devices") ? readDevices(table) : readDevice(table, source: source.name).map { [$0] } ?? [])
        }
        table.suggest("profile", "devices")
        if source.port == .automatic, !Self.lineKeys.contains(where: table.has) {
            for key in LinkRule.keys {
                table.refuse(key, "belongs to a port whose device is known; detection finds out how the line is set")
            }
            return .detected(among: profiles)
        }
        return readLines(table, source: source.name)
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
            case .raw: false
            case .devices(let devices): devices.count > 1 || devices.first?.profile.deviceField != nil
            case .detected: true
            }
        return hasSeveral || port.isPlural ? "serial/{source}/{device}" : "serial/{source}"
    }
}
