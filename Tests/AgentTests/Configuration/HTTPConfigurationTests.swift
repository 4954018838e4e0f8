import Agent
import Records
import Simulation
import StrictTOML
import Testing
import Uplinks

/// `[uplinks.NAME]` with an HTTP endpoint: what is read, and what a person reads who wrote it wrongly.
@Suite struct HTTPConfigurationTests {
    private let text: ConfigurationText

    init() throws {
        text = try ConfigurationText()
        for name in ["token", "password", "key"] { try text.folder.write(name, "geheim\n") }
    }

    private func destination(_ lines: String) throws -> HTTPDestination { try text.httpDestination(lines) }

    /// What is wrong with these lines, which stand from line 4 on, without the file's name and the table's.
    private func problems(_ lines: String) -> [String] {
        text.problems(ConfigurationText.httpUplink + lines).map {
            $0.replacing("millrace.toml:", with: "").replacing("uplinks.h", with: "h")
        }
    }

    @Test func `a url alone is a webhook for batches of CloudEvents`() throws {
        let destination = try destination("url = \"https://centre.example/in/{stream}\"")
        guard case .webhook(let url) = destination.endpoint else { fatalError() }
        #expect(url.written.text == "https://centre.example/in/{stream}")
        #expect(destination.format == .cloudevents && destination.compression == .none && destination.proof == .nothing)
        #expect(destination.batch.recordsMax == 1000 && destination.batch.sizeMax == .kibibytes(512))
        #expect(destination.proxy == nil && destination.tls == TLSFiles() && destination.headers == [:])
        #expect(destination.connectTimeout == .seconds(10) && destination.totalTimeout == .seconds(300))
    }

    @Test func `every key of a webhook is read`() throws {
        for name in ["ca.pem", "gw.pem", "gw.key"] {
            try text.folder.write(name, "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n")
        }
        let destination = try destination(
            """
            url = "https://centre.example/in"
            preset = "webhook"
            format = "senml-cbor"
            batch = { records = 200, bytes = "1MiB" }
            compression = "gzip"
            token_file = "token"
            token_header = "x-api-key"
            headers = { x-tenant = "plant7", x-level = 3 }
            proxy = "http://proxy.example:3128"
            proxy_username = "gw"
            proxy_password_file = "password"
            timeouts = { connect = "5s", response = "1m", total = "10m" }
            tls = { ca = "ca.pem", certificate = "gw.pem", key = "gw.key" }
            """)
        #expect(destination.format.batch == .senmlCBOR && destination.compression == .gzip(level: 6))
        #expect(
            destination.proof == .field(name: "x-api-key", prefix: "", file: text.folder.file("token")))
        #expect(destination.headers == ["x-tenant": "plant7", "x-level": "3"])
        #expect(destination.proxy?.host == "proxy.example" && destination.proxy?.port == 3128)
        #expect(destination.proxy?.passwordFile == text.folder.file("password"))
        #expect(destination.connectTimeout == .seconds(5) && destination.responseTimeout == .seconds(60))
        #expect(destination.tls.certificateFile == text.folder.file("gw.pem"))
        #expect(!"\(destination)".contains("geheim"))
    }

    @Test func `presets take what their portals show`() throws {
        let grid = try destination(
            "preset = \"event-grid\"\nurl = \"https://t.westeurope-1.eventgrid.azure.net/api/events\"\n"
                + "sas_key_file = \"key\"")
        #expect(grid.proof == .sharedAccess(.eventGrid, file: text.folder.file("key")))
        let hubs = try destination(
            "preset = \"event-hubs\"\nurl = \"https://ns.servicebus.windows.net/hub\"\nkey = \"{device}\"\n"
                + "connection_string_file = \"key\"")
        #expect(hubs.format == .raw && hubs.proof == .sharedAccess(.eventHubs, file: text.folder.file("key")))
        let kafka = try destination(
            "preset = \"confluent-rest\"\nurl = \"https://pkc-1.confluent.cloud\"\ncluster = \"lkc-1\"\n"
                + "topic = \"{stream}\"\nusername = \"KEY\"\npassword_file = \"password\"")
        #expect(kafka.proof == .password(username: "KEY", file: text.folder.file("password")))
        let solace = try destination("preset = \"solace\"\nurl = \"https://solace.example:9443\"")
        guard case .solace(_, let topic) = solace.endpoint else { fatalError() }
        #expect("\(topic)" == "gateways/{gateway}/{topic}")
        let influx = try destination(
            "preset = \"influx\"\nurl = \"http://127.0.0.1:8086\"\norg = \"o\"\nbucket = \"b\"\ntoken_file = \"token\"")
        #expect(
            influx.proof == .field(name: "authorization", prefix: "Token ", file: text.folder.file("token")))
    }

    @Test func `what a preset does not know, or needs and has not, is named`() {
        #expect(
            problems("preset = \"webhok\"\nurl = \"https://h\"\nany = 1")
                == [
                    "4: h.preset: \"webhok\" is not one of \"webhook\", \"event-grid\", \"event-hubs\", "
                        + "\"confluent-rest\", \"solace\", \"influx\", \"kinesis\", \"pubsub\"; "
                        + "did you mean \"webhook\"?"
                ])
        #expect(
            problems("preset = \"event-grid\"\nurl = \"https://h\"\nformat = \"json\"\nusername = \"u\"")
                == [
                    "6: h.format: \"json\" is no format of the preset \"event-grid\"; it takes \"cloudevents\"",
                    "7: h: unknown key \"username\"; known here: \"backlog_after\", \"backlog_share\", "
                        + "\"batch\", \"budget\", \"compression\", \"compression_level\", \"dictionary\", "
                        + "\"filters\", \"format\", \"headers\", \"key_file\", \"limit\", \"order\", \"preset\", "
                        + "\"proxy\", "
                        + "\"proxy_password_file\", \"proxy_username\", \"retry_max\", \"retry_min\", "
                        + "\"sas_key_file\", \"start\", \"start_spread\", \"streams\", \"timeouts\", \"tls\", "
                        + "\"token_file\", \"url\", \"windows\"",
                ])
        #expect(
            problems("preset = \"confluent-rest\"\nurl = \"https://h\"")
                == [
                    "3: h: missing key \"cluster\"; for example cluster = \"lkc-a1b2c3\"",
                    "3: h: missing key \"topic\"; for example topic = \"telemetry\"",
                ])
        #expect(
            problems("preset = \"event-hubs\"\nurl = \"https://ns.servicebus.windows.net\"")
                == ["5: h.url: the url names no hub; write https://NAMESPACE.servicebus.windows.net/HUB"])
        #expect(
            problems("preset = \"influx\"\nurl = \"https://h/{stream}\"\norg = \"o\"\nbucket = \"b\"")
                == ["5: h.url: a url has no placeholders here"])
    }

    @Test func `urls, headers and proxies that cannot be are refused, without a secret in the message`() {
        #expect(
            problems("url = \"https://joe:geheim@h/\"")
                == [
                    "4: h.url: user names and passwords do not belong in a url, where they would be shown; set "
                        + "\"username\" and \"password_file\""
                ])
        #expect(
            problems("url = \"https://h/{gatway}\"").first?.hasPrefix("4: h.url: url '/{gatway}' has an unknown")
                == true)
        #expect(
            problems("url = \"https://h\"\nheaders = { Authorization = \"x\" }")
                == [
                    "5: h.headers: the header \"Authorization\" is not set here: keys and tokens come from files, the "
                        + "rest is the client's own"
                ])
        #expect(
            problems("url = \"https://h\"\nheaders = { \"a b\" = \"x\" }").first?.contains("is no name of a header")
                == true)
        #expect(
            problems("url = \"https://h\"\nheaders = { a = \"\u{FC}\" }").first?.contains("no printable ASCII") == true)
        #expect(
            problems("url = \"https://h\"\nproxy = \"https://p\"") == [
                "5: h.proxy: a proxy is written http://HOST:PORT"
            ])
        #expect(
            problems("url = \"https://h\"\nproxy_username = \"u\"")
                == ["5: h.proxy_username: there is no proxy; set \"proxy\""])
    }

    @Test func `one way to prove who one is is enough, and half a way is none`() {
        #expect(
            problems("url = \"https://h\"\ntoken_file = \"token\"\nusername = \"u\"\npassword_file = \"password\"")
                == ["5: h.token_file: \"password_file\", \"token_file\" are ways to the same end; keep one of them"])
        #expect(
            problems("url = \"https://h\"\nusername = \"u\"")
                == ["5: h.username: a user name needs a password; set \"password_file\""])
        #expect(
            problems("url = \"https://h\"\ntoken_header = \"x\"")
                == ["5: h.token_header: there is no token; set \"token_file\""])
        #expect(
            problems("url = \"https://h\"\ntoken_file = \"none\"")
                == ["5: h.token_file: cannot read FOLDER/none: No such file or directory"])
    }

    @Test func `tls needs https, and its absence is noted where somebody may listen`() throws {
        #expect(
            problems("url = \"http://127.0.0.1:8080\"\ntls = {}")
                == ["4: h.url: tls is set, but the url says http://; write https:// for an encrypted connection"])
        #expect(try text.notes(ConfigurationText.httpUplink + "url = \"http://127.0.0.1:8080\"") == [])
        #expect(
            try text.notes(ConfigurationText.httpUplink + "url = \"http://centre.example\"").first?.contains(
                "without TLS") == true)
    }

    @Test func `a credential of systemd is found in its directory, and named where there is none`() throws {
        let lines = ConfigurationText.httpUplink + "url = \"https://h\"\ntoken_file = \"credential:central\""
        #expect(
            problems("url = \"https://h\"\ntoken_file = \"credential:central\"").first?.contains(
                "LoadCredential=central:") == true)
        #expect(
            problems("url = \"https://h\"\ntoken_file = \"credential:../x\"").first?.contains("names no credential")
                == true)
        let folder = try TemporaryFolder("credentials")
        try folder.write("central", "geheim\n")
        let configuration = try AgentConfiguration.read(
            text: lines, file: "f", directory: ".", machineIDPath: text.machineIDPath, credentialsDirectory: folder.path
        )
        guard case .http(let destination)? = configuration.uplinks.first?.destination else { fatalError() }
        #expect(destination.proof == .field(name: "authorization", prefix: "Bearer ", file: folder.file("central")))
    }

    @Test func `check says what goes where and how`() throws {
        let configuration = try text.read(
            ConfigurationText.httpUplink
                + "url = \"https://centre.example/in?code=abc\"\nformat = \"raw\"\ncompression = \"zstd\"\n"
                + "compression_level = 3\ntoken_file = \"token\"\nproxy = \"http://p:3128\"")
        let description = configuration.pipelineDescription()
        #expect(description.contains("  h: telemetry -> https://centre.example, webhook\n"))
        #expect(
            description.contains(
                "    raw, one record per request, zstd at level 3, with authorization from a file, "
                    + "through the proxy p:3128"
            ))
        #expect(!description.contains("abc"))
    }
}
