import Agent
import Records
import Simulation
import StrictTOML
import Testing
import Uplinks

/// `[uplinks.NAME]` with Amazon Kinesis or Google Pub/Sub as its destination.
@Suite struct CloudConfigurationTests {
    private let text: ConfigurationText

    init() throws {
        text = try ConfigurationText()
        try text.folder.write("aws", "[default]\naws_access_key_id = AKID\naws_secret_access_key = geheim\n")
        try text.folder.write("token", "geheim\n")
        for name in ["ca.pem", "gw.pem", "gw.key"] {
            try text.folder.write(name, "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n")
        }
    }

    private static let kinesis = "preset = \"kinesis\"\ndata_stream = \"telemetry\"\n"
    private static let amazon = kinesis + "url = \"https://kinesis.eu-central-1.amazonaws.com\"\n"
    private static let google = "preset = \"pubsub\"\nurl = \"https://pubsub.googleapis.com\"\nproject = \"plant7\"\n"

    private func destination(_ lines: String) throws -> HTTPDestination { try text.httpDestination(lines) }

    /// What is wrong with these lines, without the places.
    private func problems(_ lines: String) -> [String] {
        text.problems(ConfigurationText.httpUplink + lines).map {
            $0.split(separator: ": ", maxSplits: 1).last.map(String.init) ?? $0
        }
        .map { $0.replacing("uplinks.h", with: "h") }
    }

    @Test func `Kinesis takes its region from the url, and an access key from a file`() throws {
        let destination = try destination(Self.amazon + "credentials_file = \"aws\"")
        guard case .kinesis(let url, "eu-central-1", let stream, let key) = destination.endpoint else {
            Issue.record("\(destination.endpoint)")
            return
        }
        #expect("\(url)" == "https://kinesis.eu-central-1.amazonaws.com")
        #expect("\(stream)" == "telemetry" && "\(key)" == "{device}")
        #expect(destination.format == .cloudevents)
        #expect(destination.proof == .amazonKey(file: text.folder.file("aws")))
        #expect(!"\(destination)".contains("geheim"))
    }

    @Test(
        arguments: [
            ("kinesis.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
            ("kinesis-fips.us-east-2.amazonaws.com", "us-east-2"),
            ("kinesis.cn-north-1.amazonaws.com.cn", "cn-north-1"), ("kinesis.eu-west-1.api.aws", "eu-west-1"),
            ("vpce-1-a.kinesis.eu-west-3.vpce.amazonaws.com", "eu-west-3"), ("kinesis.amazonaws.com", nil),
            ("kinesis.example", nil), ("proxy.example", nil),
        ] as [(String, String?)])
    func `the region is the one in the url, or must be said`(host: String, region: String?) throws {
        let lines = Self.kinesis + "url = \"https://\(host)\"\ncredentials_file = \"aws\"\n"
        if let region {
            guard case .kinesis(_, region, _, _) = try destination(lines).endpoint else {
                Issue.record("another region")
                return
            }
        } else {
            #expect(problems(lines) == ["h.url: the url names no region of AWS; set \"region\""])
            guard case .kinesis(_, "eu-north-1", _, _) = try destination(lines + "region = \"eu-north-1\"").endpoint
            else {
                Issue.record("another region")
                return
            }
        }
    }

    @Test func `a role alias and the account of the machine are other ways to a key`() throws {
        let role = try destination(
            Self.amazon + "credentials_url = \"https://c.example/role-aliases/gw/credentials\"\n"
                + "tls = { certificate = \"gw.pem\", key = \"gw.key\" }")
        guard case .amazonRole(let url) = role.proof else { throw SimulationError("no role") }
        #expect(url.path == "/role-aliases/gw/credentials")
        #expect(try destination(Self.amazon + "metadata_server = true").proof == .amazonInstance)
        let machine = try destination(Self.google + "topic = \"{stream}\"\nmetadata_server = true")
        #expect(machine.proof == .googleMachine && machine.format == .raw)
    }

    @Test func `what is missing or wrong for Kinesis is named`() throws {
        #expect(
            problems(
                "preset = \"kinesis\"\nurl = \"https://kinesis.eu-central-1.amazonaws.com\"\nmetadata_server = true")
                == ["h: missing key \"data_stream\"; for example data_stream = \"telemetry\""])
        #expect(
            problems(Self.amazon) == [
                "h.preset: Kinesis wants to know who sends; set one of \"credentials_file\", \"credentials_url\", "
                    + "\"metadata_server\""
            ])
        #expect(
            problems(Self.amazon + "credentials_file = \"token\"").first?.contains("holds no access key: a [default]")
                == true)
        #expect(
            problems(Self.amazon + "metadata_server = true\nregion = \"Frankfurt\"")
                == ["h.region: \"Frankfurt\" is no region; write one such as \"eu-central-1\""])
        #expect(
            problems(Self.amazon + "metadata_server = true\ncompression = \"gzip\"")
                == ["h.compression: Kinesis takes no compressed requests"])
        #expect(
            problems(Self.amazon + "metadata_server = true\nformat = \"raw\"").first?.contains(
                "is no format of the preset")
                == true)
        #expect(
            problems(Self.amazon + "credentials_url = \"http://c.example/a\"") == [
                "h.credentials_url: an access key does not travel without TLS; write https://",
                "h.credentials_url: the credential provider knows a gateway by its certificate; set \"tls\"",
            ])
        #expect(
            problems(
                Self.kinesis + "url = \"https://kinesis.eu-central-1.amazonaws.com/telemetry\"\nmetadata_server = true"
            ) == ["h.url: write https://kinesis.REGION.amazonaws.com; the stream goes into \"data_stream\""])
        #expect(
            problems(Self.amazon.replacing("telemetry", with: "{device}") + "metadata_server = true").first?.contains(
                "{device}") == true)
        #expect(
            problems(Self.amazon + "credentials_file = \"aws\"\nmetadata_server = true") == [
                "h.metadata_server: \"credentials_file\", \"metadata_server\" are ways to the same end; keep one of "
                    + "them"
            ])
    }

    @Test func `what is missing or wrong for Pub/Sub is named, and an emulator wants nobody's name`() throws {
        #expect(
            problems("preset = \"pubsub\"\nurl = \"https://pubsub.googleapis.com\"\nmetadata_server = true") == [
                "h: missing key \"project\"; for example project = \"plant7\"",
                "h: missing key \"topic\"; for example topic = \"telemetry\"",
            ])
        #expect(
            problems(Self.google + "topic = \"t\"") == [
                "h.preset: Pub/Sub wants to know who sends; set one of \"service_account_file\", \"metadata_server\", "
                    + "\"token_file\""
            ])
        #expect(
            problems(Self.google + "topic = \"t\"\nservice_account_file = \"aws\"").first?.contains(
                "holds no key of a service account") == true)
        #expect(
            problems(Self.google + "topic = \"t\"\nservice_account_file = \"none\"").first?.contains("cannot read")
                == true)
        let emulator = try destination(
            "preset = \"pubsub\"\nurl = \"http://127.0.0.1:8085\"\nproject = \"p\"\ntopic = \"{stream}\"\n"
                + "key = \"{device}\""
        )
        guard case .pubsub(_, "p", let topic, let key?) = emulator.endpoint else {
            Issue.record("\(emulator.endpoint)")
            return
        }
        #expect(emulator.proof == .nothing && "\(topic)" == "{stream}" && "\(key)" == "{device}")
        let token = try destination(Self.google + "topic = \"t\"\ntoken_file = \"token\"")
        #expect(token.proof == .field(name: "authorization", prefix: "Bearer ", file: text.folder.file("token")))
    }
}
