import Agent
import AgentTestKit
import Testing

@testable import millrace

/// What `millrace setup` asks of each kind is what the configuration takes.
struct ConnectionKindTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder("kinds")
        for name in ["secret", "sas_key_file"] { try folder.write(name, "secret\n", mode: 0o600) }
        try folder.write(
            "connection", "Endpoint=sb://plant7.servicebus.windows.net/;SharedAccessKeyName=a;SharedAccessKey=YWJj\n")
        try folder.write("amazon", "[default]\naws_access_key_id = AKID\naws_secret_access_key = abc\n")
        try folder.write("pair.pem", "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n")
    }

    @Test func `every preset of the configuration has a kind`() {
        func presets(_ family: ConnectionKind.Family) -> Set<String> {
            Set(ConnectionKind.destinations.filter { $0.family == family }.compactMap { $0.fixed["preset"] })
        }
        #expect(presets(.mqtt) == Set(MQTTDestination.Preset.allCases.map(\.rawValue)))
        #expect(presets(.kafka) == Set(KafkaDestination.Preset.allCases.map(\.rawValue)))
        // A webhook is what an HTTP endpoint is without a preset.
        #expect(presets(.http) == Set(HTTPDestination.Preset.allCases.map(\.rawValue)).subtracting(["webhook"]))
        let names = ConnectionKind.destinations.map(\.name)
        #expect(Set(names).count == names.count)
    }

    @Test func `what is answered for a kind is read, and the table is known as that kind again`() async throws {
        let account = try await ServiceAccountFile(tokenURL: "https://oauth2.googleapis.com/token")
        for kind in ConnectionKind.destinations {
            for choice in 0..<Self.choices(kind.items) {
                var values = kind.fixed
                fill(kind.items, kind, choice, account.path, &values)
                let form = ConnectionForm(
                    questions: Questions(), secrets: SecretFiles(beside: folder.file("millrace.toml")),
                    name: "central", gateway: "gw", values: values)
                var text = ConfigurationText("[mqtt.a]\nurl = \"mqtt://127.0.0.1\"\ntopics = [\"a\"]")
                text.change("uplinks.central", form.entries(kind), from: [])
                let configuration = try #require(
                    try? AgentConfiguration.read(text: text.text, file: "f", directory: folder.path), "\(text.text)")
                #expect(configuration.uplinks.count == 1)
                #expect(ConnectionKind(of: values)?.name == kind.name, "\(text.text)")
            }
        }
    }

    @Test func `a kind is known by its number, its name, a url, and hosted ones by their host`() {
        #expect(ConnectionKind(answer: "1")?.name == "mqtt" && ConnectionKind(answer: "KAFKA")?.name == "kafka")
        #expect(ConnectionKind(answer: "0") == nil && ConnectionKind(answer: "999") == nil)
        #expect(ConnectionKind(answer: "") == nil && ConnectionKind(answer: "ftp://host") == nil)
        #expect(ConnectionKind(answer: "HTTPS://host/a")?.name == "webhook")
        for (url, name) in [
            ("mqtts://a1-ats.iot.eu-central-1.amazonaws.com:443", "aws-iot"),
            ("mqtts://plant.westeurope-1.ts.eventgrid.azure.net", "event-grid-mqtt"),
            ("https://plant.westeurope-1.eventgrid.azure.net/api/events", "event-grid"),
            ("mqtts://a.s1.eu.hivemq.cloud:8883", "hivemq"),
            ("kafkas://pkc-a.europe-west1.gcp.confluent.cloud:9092", "confluent"),
            ("https://pkc-a.europe-west1.gcp.confluent.cloud:443", "confluent-rest"),
            ("kafkas://b-1.a.kafka.eu-central-1.amazonaws.com:9096,b-2", "msk"),
            ("https://kinesis.eu-central-1.amazonaws.com", "kinesis"),
            ("https://europe-west1-pubsub.googleapis.com", "pubsub"),
        ] {
            #expect(ConnectionKind.hosted(at: url)?.name == name, "\(url)")
        }
        for url in ["mqtts://hivemq.cloud.example", "mqtts://nothivemq.cloud", "https://iot.eu.amazonaws.com.example"] {
            #expect(ConnectionKind.hosted(at: url) == nil, "\(url)")
        }
    }

    /// The most ways that one of its choices has.
    private static func choices(_ items: [ConnectionKind.Item]) -> Int {
        items.map { item in
            if case .choice(_, let ways) = item { return ways.count }
            return 1
        }.max() ?? 1
    }

    /// Answers everything, each choice by the way of that number.
    private func fill(
        _ items: [ConnectionKind.Item], _ kind: ConnectionKind, _ choice: Int, _ account: String,
        _ values: inout [String: String]
    ) {
        for item in items {
            switch item {
            case .address(let address):
                let host = (kind.hosts.first ?? "central.example").replacing("*", with: "eu-central-1")
                let path = kind.name == "event-hubs-https" ? "/hub" : ""
                values["url"] = address.usual.isEmpty ? "\(address.schemes[0])://\(host)\(path)" : address.usual
            case .text(let text):
                if text.isAsked(values) {
                    let answer = text.example.isEmpty ? text.usual.replacing("{GATEWAY}", with: "gw") : text.example
                    values[text.key] = answer.isEmpty ? nil : answer
                }
            case .topics: values["topics"] = "a/#"
            case .secret(let key, _, _): values[key] = key == "connection_string_file" ? "connection" : "secret"
            case .login: (values["username"], values["password_file"]) = ("plant", "secret")
            case .file(let key, _): values[key] = key == "service_account_file" ? account : "secret"
            case .amazonKey: values["credentials_file"] = "amazon"
            case .authority: values["tls.ca"] = "pair.pem"
            case .certificate: (values["tls.certificate"], values["tls.key"]) = ("pair.pem", "pair.pem")
            case .choice(_, let ways):
                let way = ways[min(choice, ways.count - 1)]
                values.merge(way.fixed) { _, new in new }
                // Google itself lets nobody in who shows nothing.
                if kind.name == "pubsub", way.keys.isEmpty { values["url"] = "http://127.0.0.1:8085" }
                fill(way.items, kind, choice, account, &values)
            }
        }
        if values["url"]?.hasPrefix("http:") == true { values = values.filter { !$0.key.hasPrefix("tls.") } }
    }
}
