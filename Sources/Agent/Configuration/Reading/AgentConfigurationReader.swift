import DeviceProfiles
import Records
import StrictTOML

/// Reads `millrace.toml` in one pass. What is wrong goes to the report; the result counts only if that stays empty.
struct AgentConfigurationReader {
    /// A part of the configuration and the table it came from, for the checks between parts.
    struct Located<Value> {
        let value: Value
        let table: TableReader
    }

    let report: ConfigurationReport
    /// What relative paths are taken from.
    let directory: String
    let machineIDPath: String
    /// Where systemd has put the service's credentials; nil: it has none.
    let credentialsDirectory: String?
    /// Set before anything that names it in a topic or a client id is read.
    var gateway = AgentConfigurationReader.unknownGateway
    /// Set before anything that refers to a stream is read.
    var streams: [StreamConfiguration] = []
    /// Where profiles are found. Set before serial ports are read.
    var profiles = ProfileLibrary()
    /// Those that were read already, by name: a line may have dozens of one model.
    var loadedProfiles: [String: Profile] = [:]

    init(
        report: ConfigurationReport, directory: String, machineIDPath: String, credentialsDirectory: String? = nil
    ) {
        self.report = report
        self.directory = directory
        self.machineIDPath = machineIDPath
        self.credentialsDirectory = credentialsDirectory
    }

    /// Reads all tables, then checks what they say of each other.
    mutating func read(_ document: TOMLDocument) -> AgentConfiguration {
        let top = TableReader(document, report: report)
        gateway = readGateway(top.tableOrEmpty("gateway"))
        let logTable = top.tableOrEmpty("log")
        let log = readLog(logTable)
        let level = readLogging(top.tableOrEmpty("logging"))
        streams = readStreams(top, log: log, logTable: logTable)
        let admin = readAdmin(top.tableOrEmpty("admin"), log: log)
        profiles = readProfiles(top.tableOrEmpty("profiles"))
        let mqttSources = readMQTTSources(top)
        let serialSources = readSerialSources(top)
        let uplinks = readUplinks(top)
        checkNames(mqttSources: mqttSources, serialSources: serialSources)
        checkPorts(serialSources)
        checkClientIDs(mqttSources: mqttSources, uplinks: uplinks)
        checkCircles(mqttSources: mqttSources, uplinks: uplinks)
        if mqttSources.isEmpty, serialSources.isEmpty, !hasIssue(in: ["mqtt", "serial"]) {
            top.fail("there is no source; add a table [mqtt.NAME] or [serial.NAME]")
        }
        if uplinks.isEmpty {
            top.note("there is no uplink; records stay in the log until [uplinks.NAME] says where they go")
        }
        top.finish()
        return AgentConfiguration(
            gateway: gateway, log: log, loggingLevel: level, streams: streams, mqttSources: mqttSources.map(\.value),
            serialSources: serialSources.map(\.value), uplinks: uplinks.map(\.value), notes: report.notes,
            admin: admin, profiles: profiles, document: document)
    }

    /// A path as the file gives it, made absolute by the file's directory.
    func resolved(_ path: String) -> String { path.hasPrefix("/") ? path : "\(directory)/\(path)" }

    /// A key that names the stream of a source; nil where it is absent or names none, which is reported.
    func readStream(_ table: TableReader, _ key: String) -> StreamName? {
        guard let text = table.string(key) else { return nil }
        if text == StreamName.millrace.rawValue {
            table.fail("the stream \(quoted(text)) is for what the agent tells of itself; choose another", at: key)
            return nil
        }
        return stream(text, table, key)
    }

    /// The stream of that name; reports where there is none.
    func stream(_ text: String, _ table: TableReader, _ key: String, element: Int? = nil) -> StreamName? {
        let names = streams.map(\.name.rawValue)
        if let name = StreamName(text), names.contains(text) { return name }
        let hint = NearestKey.hint(text, in: names) ?? "; add a table [streams.NAME], or use \(quotedList(names))"
        table.fail("there is no stream \(quoted(text))\(hint)", at: key, element: element)
        return nil
    }

    /// Stands where the id is wrong, so that reading can go on.
    private static var unknownGateway: GatewayID {
        guard let id = GatewayID("unknown") else { preconditionFailure("a constant id is valid") }
        return id
    }

    /// Whether something is wrong below one of these tables, so that saying that it is missing would mislead.
    private func hasIssue(in tables: [String]) -> Bool {
        report.issues.contains { issue in tables.contains { issue.path == $0 || issue.path.hasPrefix("\($0).") } }
    }

    private func readGateway(_ table: TableReader) -> GatewayID {
        defer { table.finish() }
        if let text = table.string("id") {
            if let id = GatewayID(text) { return id }
            table.fail(
                "\(quoted(text)) is no gateway id; allowed are 1 to 64 letters, digits, \"-\", \"_\" and \".\"",
                at: "id")
        }
        guard !table.has("id") else { return Self.unknownGateway }
        do {
            let contents = try FileContents(path: machineIDPath, sizeMax: .kibibytes(4))
            if let id = MachineIdentity.gatewayID(machineID: String(decoding: contents.bytes, as: UTF8.self)) {
                return id
            }
            table.fail("no id is set, and \(machineIDPath) holds no machine id; set id = \"NAME\" in [gateway]")
        } catch {
            table.fail("no id is set, and the default \(error); set id = \"NAME\" in [gateway]")
        }
        return Self.unknownGateway
    }

    private func readLog(_ table: TableReader) -> LogConfiguration {
        var log = LogConfiguration()
        if let path = table.string("path") { log.path = resolved(path) }
        log.capacity = table.byteCount("capacity", in: .mebibytes(4)...(.gibibytes(16384))) ?? log.capacity
        log.commitLinger = table.duration("commit_linger", in: .milliseconds(1)...(.seconds(10))) ?? log.commitLinger
        log.endurance = table.byteCount("endurance", in: .gibibytes(1)...(.gibibytes(1 << 24)))
        table.finish()
        return log
    }

    /// `[profiles]`: folders that come before the usual ones.
    private func readProfiles(_ table: TableReader) -> ProfileLibrary {
        defer { table.finish() }
        let folders = table.strings("folders") ?? []
        return ProfileLibrary(folders: folders.map(resolved))
    }

    private func readLogging(_ table: TableReader) -> LoggingLevel {
        defer { table.finish() }
        return table.choice("level", of: LoggingLevel.self) ?? .info
    }
}
