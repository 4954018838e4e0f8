import AgentTestKit
import Records
import Simulation
import StrictTOML
import Testing

@testable import Agent

/// The example file and the documentation say what the code does.
@Suite struct ConfigurationDocumentationTests {
    private let repository: String
    private let text: ConfigurationText

    init() throws {
        repository = #filePath.split(separator: "/").dropLast(4).reduce("") { "\($0)/\($1)" }
        text = try ConfigurationText()
    }

    private func contents(_ path: String) throws -> String {
        let file = try FileContents(path: "\(repository)/\(path)", sizeMax: .mebibytes(1))
        return String(decoding: file.bytes, as: UTF8.self)
    }

    @Test func `the example configuration loads without an error`() throws {
        let configuration = try AgentConfiguration.load(
            path: "\(repository)/systemd/millrace.toml", machineIDPath: text.machineIDPath)
        #expect(configuration.mqttSources.map(\.name.rawValue) == ["local"])
        #expect(configuration.streams.map(\.name.rawValue) == ["telemetry", "alarms"])
        #expect(configuration.notes.map(\.message).allSatisfy { $0.contains("no uplink") })
    }

    @Test func `the example configuration loads with all its examples switched on`() async throws {
        let pem = "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n"
        for name in ["ca.pem", "gateway.pem", "gateway.key"] { try text.folder.write(name, pem) }
        let secrets = [
            "central.password", "local.password", "webhook.token", "eventgrid.key", "eventhubs.connection",
            "confluent.secret", "solace.password", "influx.token", "msk.password", "hivemq.password", "emqx.password",
        ]
        for name in secrets { try text.folder.write(name, "secret\n") }
        for name in ["admin.token", "admin-write.token"] { try text.folder.write(name, "of-\(name)-enough\n") }
        let connection =
            "Endpoint=sb://plant7.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=c2VjcmV0\n"
        try text.folder.write("hubs.connection", connection)
        try text.folder.write("aws.credentials", "[default]\naws_access_key_id = A\naws_secret_access_key = secret\n")
        let account = try await ServiceAccountFile(tokenURL: "https://oauth2.googleapis.com/token")
        try text.folder.write("pubsub.json", account.text)
        let lines = try contents("systemd/millrace.toml").split(separator: "\n", omittingEmptySubsequences: false)
        let active = lines.map { line in
            // An example is a table header or an assignment behind "# "; everything else is prose.
            let rest = line.hasPrefix("# ") ? line.dropFirst(2) : ""
            let word = rest.prefix { $0.isLetter || $0 == "_" }
            let isExample =
                rest.hasPrefix("[") || rest.hasPrefix("  {") || rest == "]"
                || !word.isEmpty && rest.dropFirst(word.count).hasPrefix(" = ")
            return isExample ? rest : line
        }
        let document = active.joined(separator: "\n").replacing("/etc/millrace", with: text.folder.path)
        let configuration = try text.read(document)
        #expect(configuration.gateway.rawValue == "plant7-gw2")
        #expect(configuration.serialSources.map(\.name.rawValue) == ["air", "bus1", "board"])
        let uplinks = [
            "central", "devices", "lake", "scada", "aws-iot", "eventgrid-mqtt", "hivemq", "emqx", "solace-mqtt",
            "kafka", "confluent-cloud", "aiven", "hubs", "msk", "webhook", "eventgrid", "eventhubs", "confluent",
            "solace", "influx", "kinesis", "pubsub",
        ]
        #expect(configuration.uplinks.map(\.name.rawValue) == uplinks)
        #expect(configuration.notes == [])
    }

    @Test func `every key that the code knows is documented, and every documented key is known`() throws {
        let everything = """
            [streams.a]
            [admin]
            tls = {}
            [mqtt.a]
            topics = [{}]
            tls = {}
            will = {}
            [profiles]
            folders = ["."]
            [serial.b]
            format = "csv"
            columns = [{}]
            alarms = { x = {} }
            [serial.c]
            devices = [{ profile = "meter", alarms = { x = {} } }, { profile = "heat" }]
            [uplinks.a]
            topics = [{}]
            filters = [{}]
            budget = {}
            tls = {}
            will = {}
            birth = {}
            [uplinks.k]
            url = "kafkas://h"
            tls = {}
            [uplinks.b]
            url = "https://h"
            [uplinks.c]
            url = "https://h"
            preset = "event-grid"
            [uplinks.d]
            url = "https://h"
            preset = "event-hubs"
            [uplinks.e]
            url = "https://h"
            preset = "confluent-rest"
            [uplinks.f]
            url = "https://h"
            preset = "influx"
            [uplinks.g]
            url = "https://h"
            preset = "kinesis"
            [uplinks.h]
            url = "https://h"
            preset = "pubsub"
            """
        for (name, kind) in [("meter", "modbus-rtu"), ("heat", "mbus")] {
            let field = kind == "mbus" ? "key = \"energy\"" : "input = 0, type = \"u16\""
            let profile = """
                format = 1
                title = "\(name)"
                source = "none"
                fields = [{ name = "energy", \(field) }]
                [framing]
                kind = "\(kind)"
                """
            _ = try text.folder.write("\(name).toml", profile)
        }
        let report = ConfigurationReport(file: "t")
        var reader = AgentConfigurationReader(
            report: report, directory: text.folder.path, machineIDPath: text.machineIDPath)
        _ = reader.read(try TOMLDocument(everything, file: "t"))
        // Tables that only hold tables have a heading, not a row.
        let headings: Set = ["gateway", "log", "logging", "admin", "streams", "mqtt", "profiles", "serial", "uplinks"]
        let known = report.knownKeys.subtracting(headings)
        let page = try contents("docs/configuration.md")
        let documented = Set(
            page.split(separator: "\n").compactMap { line -> String? in
                guard line.hasPrefix("| `"), let end = line.dropFirst(3).firstIndex(of: "`") else { return nil }
                return String(line[line.index(line.startIndex, offsetBy: 3)..<end])
            })
        #expect(known.count > 60)
        #expect(known.subtracting(documented).sorted() == [], "these keys need a row in docs/configuration.md")
        #expect(documented.subtracting(known).sorted() == [], "these rows of docs/configuration.md name no key")
        for heading in headings {
            #expect(page.contains("## `[\(heading)]`") || page.contains("## `[\(heading).NAME]`"))
        }
    }
}
