import Agent
import Records
import Simulation
import StrictTOML
import Testing
import Uplinks

/// `[uplinks.NAME]` with a Kafka cluster: what is read, and what a person reads who wrote it wrongly.
@Suite struct KafkaConfigurationTests {
    private let text: ConfigurationText

    init() throws {
        text = try ConfigurationText()
        for name in ["token", "password"] { try text.folder.write(name, "geheim\n") }
        for name in ["ca.pem", "gw.pem", "gw.key"] {
            try text.folder.write(name, "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n")
        }
        let hub = "Endpoint=sb://Plant7.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=Z2VoZWlt"
        try text.folder.write("namespace", hub + "\n")
        try text.folder.write("hub", hub + ";EntityPath=telemetry\n")
    }

    private static let source = "[gateway]\nid = \"g\"\n[serial.s]\nport = \"/dev/x\"\n[uplinks.k]\n"

    private func destination(_ lines: String) throws -> KafkaDestination {
        let configuration = try text.read(Self.source + lines)
        guard case .kafka(let destination)? = configuration.uplinks.first?.destination else {
            throw SimulationError("no Kafka destination")
        }
        return destination
    }

    /// What is wrong with these lines, which stand from line 6 on, without the file's name and the table's.
    private func problems(_ lines: String) -> [String] {
        text.problems(Self.source + lines).map {
            $0.replacing("millrace.toml:", with: "").replacing("uplinks.k", with: "k")
        }
    }

    @Test func `a url alone sends one message per record, in order per device, to a topic per stream`() throws {
        let destination = try destination("url = \"kafka://k1:9093,[::1],k3\"")
        #expect(destination.cluster.brokers == ["k1:9093", "[::1]:9092", "k3:9092"])
        #expect(!destination.cluster.isEncrypted && destination.tls == nil && destination.login == nil)
        #expect(destination.topic == "{stream}" && destination.key == "{device}")
        #expect(destination.format == .raw && destination.compression == .zstd)
        #expect(destination.messageSizeMax == .bytes(1_000_000))
        #expect(destination.requestTimeout == .seconds(30) && destination.acknowledgementTimeout == .seconds(60))
        #expect(destination.clientID == "millrace-g-k")
    }

    @Test func `every key is read`() throws {
        let destination = try destination(
            """
            url = "kafkas://k1,k2:9094/"
            topic = "plant7.{gateway}"
            key = "{stream}"
            format = "senml-cbor"
            batch = { records = 200, bytes = "1MiB" }
            compression = "lz4"
            message_max = "2MiB"
            request_timeout = "10s"
            acknowledgement_timeout = "20s"
            client_id = "press-7"
            login = "scram-sha-512"
            username = "gw"
            password_file = "password"
            tls = { ca = "ca.pem", certificate = "gw.pem", key = "gw.key" }
            retry_max = "10s"
            """)
        #expect(destination.cluster.description == "kafkas://k1:9092,k2:9094")
        #expect(destination.topic == "plant7.{gateway}" && destination.key == "{stream}")
        #expect(destination.format == .senmlCBOR && destination.compression == .lz4)
        #expect(destination.batch.recordsMax == 200 && destination.batch.sizeMax == .mebibytes(1))
        #expect(destination.messageSizeMax == .mebibytes(2))
        #expect(destination.requestTimeout == .seconds(10) && destination.acknowledgementTimeout == .seconds(20))
        #expect(destination.clientID == "press-7")
        let folder = text.folder.path
        #expect(
            destination.tls
                == TLSFiles(
                    authorityFile: "\(folder)/ca.pem", certificateFile: "\(folder)/gw.pem", keyFile: "\(folder)/gw.key")
        )
        #expect(destination.login == .password(.scramSHA512, username: "gw", file: "\(folder)/password"))
    }

    @Test func `a preset needs only what its portal shows`() throws {
        let folder = text.folder.path
        let confluent = try destination(
            "preset = \"confluent\"\nurl = \"kafkas://pkc:9092\"\nusername = \"K\"\npassword_file = \"password\"")
        #expect(confluent.login == .password(.plain, username: "K", file: "\(folder)/password"))
        #expect(confluent.tls == TLSFiles())

        let aiven = try destination(
            """
            preset = "aiven"
            url = "kafkas://a:12345"
            tls = { ca = "ca.pem", certificate = "gw.pem", key = "gw.key" }
            """)
        #expect(aiven.login == nil && aiven.tls?.certificateFile == "\(folder)/gw.pem")
        let scram = try destination(
            """
            preset = "aiven"
            url = "kafkas://a:12345"
            username = "u"
            password_file = "password"
            tls = { ca = "ca.pem" }
            """)
        #expect(scram.login == .password(.scramSHA256, username: "u", file: "\(folder)/password"))

        let hubs = try destination("preset = \"event-hubs\"\nconnection_string_file = \"hub\"")
        #expect(hubs.cluster.description == "kafkas://plant7.servicebus.windows.net:9093")
        #expect(hubs.login == .password(.plain, username: "$ConnectionString", file: "\(folder)/hub"))
        #expect(hubs.topic == "telemetry" && hubs.compression == .none && hubs.requestTimeout == .seconds(60))
        #expect(hubs.acknowledgementTimeout == .seconds(120))
        #expect(
            try destination("preset = \"event-hubs\"\nconnection_string_file = \"namespace\"").topic == "{stream}")

        let msk = try destination(
            "preset = \"msk\"\nurl = \"kafkas://b-1:9096\"\nusername = \"u\"\npassword_file = \"password\"")
        #expect(msk.login == .password(.scramSHA512, username: "u", file: "\(folder)/password"))
        #expect(try destination("preset = \"msk\"\nurl = \"kafkas://b-1:9094\"").login == nil)
    }

    @Test func `a token is a file, and logging in without encryption is noted`() throws {
        let folder = text.folder.path
        #expect(
            try destination("url = \"kafkas://k\"\ntoken_file = \"token\"").login == .token(file: "\(folder)/token"))
        let notes = try text.notes(
            Self.source + "url = \"kafka://k\"\nusername = \"u\"\npassword_file = \"password\"")
        #expect(notes.contains { $0.contains("the password travels unencrypted to k:9092") })
        #expect(!notes.joined().contains("geheim"))
        #expect(
            try text.notes(
                Self.source + "url = \"kafka://127.0.0.1\"\nusername = \"u\"\npassword_file = \"password\"") == [])
    }

    @Test(arguments: [
        ("kafka://", "names a broker without a usable host name"), ("kafka://a,,b", "without a usable host name"),
        ("kafka://a:0", "has the port \"0\""), ("kafka://a:70000", "has the port"), ("kafka://a:b", "has the port"),
        ("kafka://a/b", "without a usable host name"), ("kafkas://u:geheim@a", "do not belong in a url"),
    ])
    func `a url that names no cluster is refused`(url: String, message: String) {
        let problems = problems("url = \"\(url)\"")
        #expect(problems.count == 1 && problems[0].hasPrefix("6: k.url: ") && problems[0].contains(message))
        #expect(!problems.joined().contains("geheim"))
    }

    @Test(arguments: [
        ("topic = \"a/b\"", "7: k.topic: \"a/b\" has \"/\"; a Kafka topic is made of letters, digits, \".\", \"_\""),
        ("topic = \"..\"", "7: k.topic: \"..\" is no name that Kafka allows"),
        (
            "topic = \"{gatway}\"",
            "7: k.topic: \"{gatway}\" has the unknown placeholder {gatway}; did you mean {gateway}?"
        ),
        ("topic = \"{topic}\"\nformat = \"json\"", "7: k.topic: {topic} differs from record to record"),
        ("key = \"{device}\"\nformat = \"senml\"", "7: k.key: {device} differs from record to record"),
        ("key = \"{\"", "7: k.key: \"{\" has a brace without its other half"),
        ("batch = { records = 5 }", "7: k.batch: raw sends one message per record"),
        ("compression = \"brotli\"", "7: k.compression: \"brotli\" is not one of"),
        ("retain = true", "7: k: unknown key \"retain\""),
        ("tls = {}", "6: k.url: tls is set, but the url says kafka://"),
        ("username = \"u\"", "7: k.username: a user name needs a password; set \"password_file\""),
        ("password_file = \"password\"", "7: k.password_file: logging in needs a user name; set \"username\""),
        ("login = \"oauthbearer\"", "7: k.login: a token comes from a file that somebody keeps fresh"),
        ("token_file = \"token\"\nusername = \"u\"", "8: k.username: a token says who we are; leave \"username\" out"),
        ("login = \"plain\"\ntoken_file = \"token\"", "8: k.token_file: a token needs login = \"oauthbearer\""),
        ("request_timeout = \"2m\"\nacknowledgement_timeout = \"1m\"", "8: k.acknowledgement_timeout: is shorter than"),
        ("connection_string_file = \"hub\"", "7: k.connection_string_file: only preset = \"event-hubs\" has"),
        ("preset = \"msk\"", "6: k.url: the preset \"msk\" needs TLS; write kafkas://"),
        ("preset = \"confluent\"", "7: k.preset: Confluent Cloud needs the API key as \"username\""),
        ("preset = \"confluend\"", "7: k.preset: \"confluend\" is not one of"),
    ])
    func `what does not fit is refused, with the place and the next step`(lines: String, message: String) {
        let problems = problems("url = \"kafka://127.0.0.1\"\n" + lines)
        #expect(problems.contains { $0.hasPrefix(message) }, "\(problems)")
    }

    @Test func `what a preset cannot do is said`() {
        #expect(
            problems("preset = \"msk\"\nurl = \"kafkas://b-1:9098\"")
                == ["7: k.url: port 9098 is for IAM, which is not supported; use 9094 with TLS, or 9096 with SCRAM"])
        #expect(
            problems("preset = \"event-hubs\"\nconnection_string_file = \"hub\"\ncompression = \"zstd\"")
                == ["8: k.compression: Event Hubs takes \"gzip\" and \"none\" only"])
        #expect(
            problems("preset = \"event-hubs\"\nconnection_string_file = \"token\"")
                == [
                    "7: k.connection_string_file: FOLDER/token holds no connection string: "
                        + "Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…"
                ])
        #expect(
            problems("preset = \"event-hubs\"\nconnection_string_file = \"hub\"\nusername = \"u\"")
                == ["8: k.username: the connection string says how to log in; leave \"username\" out"])
        #expect(
            problems("preset = \"aiven\"\nurl = \"kafkas://a:1\"")
                == [
                    "6: k.preset: Aiven's certificate comes from an authority of the project; "
                        + "set tls = { ca = \"ca.pem\" }",
                    "6: k.preset: Aiven needs tls.certificate and tls.key, or \"username\" and \"password_file\" "
                        + "for SCRAM",
                ])
    }

    @Test func `the pipeline shows where records go and how, and no secret`() throws {
        let lines = """
            url = "kafkas://k1:9092,k2:9092"
            username = "u"
            password_file = "password"
            """
        let description = try text.read(Self.source + lines).pipelineDescription()
        #expect(description.contains("k: telemetry -> kafkas://k1:9092,k2:9092"))
        #expect(
            description.contains("topic {stream}, key {device}, raw, one message per record, zstd, as u by plain"))
        #expect(!description.contains("geheim"))
    }
}
