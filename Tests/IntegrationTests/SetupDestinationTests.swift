import AgentTestKit
import Glibc
import SerialIO
import Testing

/// `millrace setup` at a terminal: destinations of every kind, with what each needs.
struct SetupDestinationTests {
    private let folder: TemporaryFolder
    private let floor: Broker
    private var path: String { folder.file("millrace.toml") }

    init() async throws {
        folder = try TemporaryFolder("setup")
        floor = try await Broker()
    }

    /// Starts it on a file that has a source already, and answers until the destinations.
    private func begin(_ tables: String = "") async throws -> Dialogue {
        try folder.write(
            "millrace.toml",
            """
            [gateway]
            id = "gw"
            [log]
            path = "\(folder.file("log"))"
            capacity = "16MiB"
            [mqtt.floor]
            url = "mqtt://127.0.0.1:\(floor.port)"
            topics = ["sensors/#"]
            \(tables)
            """)
        return try await goOn()
    }

    /// Starts it on the file as it is.
    private func goOn() async throws -> Dialogue {
        let dialogue = try Dialogue("\(RunningAgent.program) setup --config \(path)")
        try await dialogue.answer([
            ("Name of this gateway", ""), ("Folder of the log", ""), ("How large", ""), ("mqtt.floor: [k]eep", ""),
            ("MQTT broker to read", ""),
        ])
        for _ in DeviceTree().ports() { try await dialogue.answer("Find out what is at", "n") }
        try await dialogue.answer("Another serial port", "")
        return dialogue
    }

    private func finish(_ dialogue: Dialogue) async throws {
        try await dialogue.answer("Another destination", "none")
        try await dialogue.answer("Replace", "y")
        #expect(await dialogue.process.wait() == .exited(0), "\(dialogue.text)")
        let check = try await Command.run("check", "--config", path)
        #expect(check.ending == .exited(0), "\(check.output)")
    }

    @Test func `wrong files are refused as they are named, and a broker is entered with a client certificate`()
        async throws
    {
        let authority = try await CertificateAuthority()
        let server = try await authority.issue("server")
        let own = try await authority.issue("gateway", usage: "clientAuth")
        let other = try await authority.issue("other")
        var options = Broker.Options()
        options.tls = .init(
            authorityFile: authority.certificateFile, certificate: server, requiresClientCertificate: true)
        let centre = try await Broker(options)
        let stranger = try await CertificateAuthority(name: "Stranger")
        let dialogue = try await begin()
        try await dialogue.answer([
            ("Destination", "mqtts://127.0.0.1:\(centre.port)"),
            ("CA's certificate", "nothing.pem"), ("CA's certificate", own.keyFile),
            ("CA's certificate", stranger.certificateFile), ("our certificate", ""), ("User name", ""), ("Topic", ""),
            ("[A]nswer again", ""),
            ("Broker", ""), ("CA's certificate", authority.certificateFile),
            ("our certificate", "nothing.pem"), ("our certificate", own.certificateFile),
            ("private key", "nothing.key"), ("private key", other.keyFile), ("private key", "-"),
            ("our certificate", own.certificateFile), ("private key", own.keyFile),
            ("User name", ""), ("Topic", ""),
        ])
        try await finish(dialogue)
        #expect(dialogue.text.contains("is good until"), "\(dialogue.text)")
        #expect(dialogue.text.contains("does not belong to the certificate"), "\(dialogue.text)")
        #expect(dialogue.text.contains("certificate verify failed"), "\(dialogue.text)")
        #expect(dialogue.text.contains("its certificate is good"), "\(dialogue.text)")
        #expect(folder.read("millrace.toml").contains("key = \"\(own.keyFile)\" }"))
    }

    @Test func `a table that is changed offers its answers, and what is not asked for stays as it was written`()
        async throws
    {
        var options = Broker.Options()
        options.users = ["plant": "right"]
        let centre = try await Broker(options)
        try folder.write("old.password", "wrong\n")
        let dialogue = try await begin(
            """
            # To the hall.
            [uplinks.hall]
            url = "mqtt://127.0.0.1:\(centre.port)"   # the new one
            username = "plant"
            password_file = "old.password"
            topic = "hall/{topic}"
            streams = [
              "telemetry",   # all
            ]
            """)
        try await dialogue.answer([
            ("uplinks.hall: [k]eep", "c"), ("Broker", ""), ("User name", ""), ("Password", "right"), ("Topic", ""),
        ])
        try await finish(dialogue)
        #expect(dialogue.text.contains("User name; -: none [plant]") && dialogue.text.contains("lets us in as plant"))
        #expect(!dialogue.text.contains("right"), "the terminal shows a password")
        let text = folder.read("millrace.toml")
        #expect(
            text.hasSuffix(
                """
                # To the hall.
                [uplinks.hall]
                url = "mqtt://127.0.0.1:\(centre.port)"   # the new one
                username = "plant"
                password_file = "hall.password"
                topic = "hall/{topic}"
                streams = [
                  "telemetry",   # all
                ]

                """), "\(text)")
        #expect(folder.read("hall.password") == "right\n" && folder.read("old.password") == "wrong\n")
    }

    @Test func `a service that does not know the token may be kept all the same, and the token is in no configuration`()
        async throws
    {
        let peer = try await HTTPPeer("status:401")
        let dialogue = try await begin()
        try await dialogue.answer([
            ("Destination", "webhook"), ("Url", "mqtt://127.0.0.1"), ("Url", "http://127.0.0.1:\(peer.port)/{gateway}"),
            ("How it knows us", "2"), ("Token", "secret-one"), ("Format", "cloudevents"),
            ("[A]nswer again", "a"), ("Url", ""), ("How it knows us", ""), ("Token", "secret-two"), ("Format", "raw"),
            ("[A]nswer again", "k"),
        ])
        try await finish(dialogue)
        #expect(dialogue.text.contains("HTTP 401") && !dialogue.text.contains("secret-"), "\(dialogue.text)")
        let text = folder.read("millrace.toml")
        #expect(text.contains("token_file = \"central.token\"") && text.contains("format = \"raw\""), "\(text)")
        #expect(!text.contains("secret-") && folder.read("central.token") == "secret-two\n")
        #expect(access(folder.file("central-2.token"), F_OK) != 0)
        #expect(try peer.requests.contains { $0.fields["authorization"] == "Bearer secret-one" })
    }

    @Test(.enabled(if: KafkaCluster.isInstalled, "needs kcat, a C compiler and librdkafka's headers"))
    func `a cluster of Kafka is asked whether it has the topic`() async throws {
        let cluster = try await KafkaCluster(brokers: 1)
        try await cluster.makeTopic("telemetry", partitions: 1, replicas: 1)
        let dialogue = try await begin()
        try await dialogue.answer([
            ("Destination", "kafka"), ("Bootstrap servers", "kafka://\(cluster.brokers[0])"), ("How it knows us", ""),
            ("Topic", ""),
        ])
        try await finish(dialogue)
        #expect(dialogue.text.contains("the topic telemetry is there"), "\(dialogue.text)")
    }

    @Test func `a service that is known by its host is asked for what it needs`() async throws {
        let dialogue = try await begin()
        try await dialogue.answer([
            ("Destination", "mqtts://a1b2-ats.iot.eu-central-1.amazonaws.com"), ("looks like AWS IoT Core", "y"),
            ("our certificate", ""), ("our certificate", "gateway.pem"),
        ])
        try await dialogue.waitFor("our certificate")
        #expect(dialogue.text.contains("a file is needed") && dialogue.text.contains("cannot read"), "\(dialogue.text)")
    }

    @Test
    func `Control-C at a secret leaves the file as it was, no secret behind, and a terminal that shows what is typed`()
        async throws
    {
        let peer = try await HTTPPeer("status:403")
        let dialogue = try await begin()
        let before = folder.read("millrace.toml")
        let watch = open(dialogue.terminal.path, O_RDWR | O_NOCTTY | O_CLOEXEC)
        defer { close(watch) }
        try await dialogue.answer([
            ("Destination", "kinesis"), ("url of the endpoint", "http://127.0.0.1:\(peer.port)"),
            ("Region", "eu-central-1"), ("Stream", "telemetry"), ("How it knows us", ""),
            ("Access key id", "AKIDEXAMPLE"), ("Secret access key", "first"), ("[A]nswer again", "a"),
            ("url of the endpoint", ""), ("Region", ""), ("Stream", ""), ("How it knows us", ""),
            ("Access key id", "AKIDEXAMPLE"),
        ])
        try await dialogue.waitFor("Secret access key")
        #expect(try peer.requests.first?.fields["authorization"]?.contains("Credential=AKIDEXAMPLE/") == true)
        #expect(folder.read("central.credentials").contains("aws_secret_access_key = first"))
        var state = stat()
        #expect(stat(folder.file("central.credentials"), &state) == 0 && state.st_mode & 0o777 == 0o600)
        var settings = termios()
        #expect(tcgetattr(watch, &settings) == 0 && settings.c_lflag & tcflag_t(ECHO) == 0)
        try dialogue.terminal.send("\u{03}")
        #expect(await dialogue.process.wait() == .exited(130), "\(dialogue.text)")
        #expect(tcgetattr(watch, &settings) == 0 && settings.c_lflag & tcflag_t(ECHO) != 0)
        #expect(folder.read("millrace.toml") == before)
        #expect(access(folder.file("central.credentials"), F_OK) != 0 && access(path + ".new", F_OK) != 0)
    }

    @Test func `services that have a preset are asked for what their portal shows, and tried`() async throws {
        let peer = try await HTTPPeer("status:204")
        let url = "http://127.0.0.1:\(peer.port)"
        let account = try await ServiceAccountFile(tokenURL: "http://127.0.0.1:1/token")
        try folder.write("no.json", "{}")
        let dialogue = try await begin()
        try await dialogue.answer([
            ("Destination", "influx"), ("Address", url), ("Organisation", ""), ("Organisation", "plant7"),
            ("Bucket", "sensors"), ("Token", ""), ("File with the token", "none"), ("File with the token", "no.json"),
            ("Another destination", "pubsub"), ("Address", url), ("Project id", "plant7"), ("Topic", ""),
            ("Ordering key", "{device}"), ("How it knows us", "4"), ("How it knows us", "1"),
            ("key of the service account", "no.json"), ("[A]nswer again, or [l]eave", "a"), ("Address", ""),
            ("Project id", ""), ("Topic", ""), ("Ordering key", "-"), ("How it knows us", ""),
            ("key of the service account", account.path), ("[A]nswer again, [k]eep", "k"),
            ("Another destination", "confluent-rest"), ("REST endpoint", url), ("REST endpoint", "-://"),
            ("REST endpoint", "https://127.0.0.1:\(peer.port)"), ("Cluster id", "lkc-a"), ("Topic", ""),
            ("Partition key", ""), ("API key", "KEY"), ("API secret", "abc"), ("[A]nswer again, [k]eep", "l"),
        ])
        try await finish(dialogue)
        let text = folder.read("millrace.toml")
        #expect(text.contains("preset = \"influx\"") && text.contains("token_file = \"no.json\""), "\(text)")
        #expect(text.contains("preset = \"pubsub\"") && !text.contains("{device}"), "\(text)")
        #expect(!text.contains("confluent") && access(folder.file("central-3.password"), F_OK) != 0, "\(text)")
        #expect(dialogue.text.contains("holds no key of a service account"), "\(dialogue.text)")
        #expect(dialogue.text.contains("answers HTTP 204 to a HEAD"), "\(dialogue.text)")
    }

    @Test func `what is wrong in another table is told, and keeps nobody from adding one`() async throws {
        let dialogue = try await begin(
            """
            [uplinks.old]
            url = "mqtt://127.0.0.1:\(floor.port)"
            username = "plant"
            password_file = "credential:central"
            topic = "other/{topic}"
            """)
        try await dialogue.answer([
            ("uplinks.old: [k]eep", ""), ("Another destination", "mqtt://127.0.0.1:\(floor.port)"), ("User name", ""),
            ("Topic", "new/{gateway}/#"), ("[A]nswer again, or [l]eave", "a"), ("Broker", ""), ("User name", ""),
            ("Topic", "new/{topic}"), ("[A]nswer again, [k]eep", "k"), ("Another destination", "none"),
            ("Replace", "y"),
        ])
        #expect(await dialogue.process.wait() == .exited(0), "\(dialogue.text)")
        #expect(dialogue.text.contains("cannot be tried, because something else is wrong"), "\(dialogue.text)")
        let text = folder.read("millrace.toml")
        #expect(text.contains("credential:central") && text.contains("topic = \"new/{topic}\""), "\(text)")
    }
}
