import AgentTestKit
import Glibc
import MQTTTransport
import Records
import StrictTOML
import Testing
import Uplinks

@testable import Agent

/// What becomes of the bridges of a mosquitto.conf.
@Suite struct MosquittoCarryOverTests {
    private let text: ConfigurationText

    init() throws { text = try ConfigurationText() }

    private func carryOver(_ lines: String) throws -> MosquittoCarryOver {
        try MosquittoCarryOver(path: text.folder.write("mosquitto.conf", lines))
    }

    /// What is said of the lines, without the folder.
    private func remarks(_ lines: String) throws -> [String] {
        try carryOver(lines).remarks.map { $0.description.replacing("\(text.folder.path)/", with: "") }
    }

    /// What is said of further lines in a section that is otherwise sound.
    private func remarks(onLines lines: String...) throws -> [String] {
        let section = "connection c\naddress h:1\nbridge_protocol_version mqttv50\nnotifications false\ntopic a out 1\n"
        return try remarks(section + lines.joined(separator: "\n"))
    }

    /// The configuration, read back as `millrace run` reads it.
    private func configuration(_ lines: String) throws -> AgentConfiguration {
        try text.read("gateway.id = \"gw\"\n" + carryOver(lines).text)
    }

    private func problems(_ lines: String) -> [String] {
        do {
            _ = try carryOver(lines)
            return []
        } catch {
            return (error as? ConfigurationError)?.issues.map {
                $0.description.replacing("\(text.folder.path)/", with: "")
            } ?? ["\(error)"]
        }
    }

    // MARK: What mosquitto would not take either

    @Test(arguments: [
        ("port 1883\n", "mosquitto.conf: has no \"connection\" section, so there is no bridge to carry over"),
        ("topic a out\n", "mosquitto.conf:1: topic: stands above the first \"connection\""),
        ("connection\naddress h\ntopic a\n", "mosquitto.conf:1: connection: needs a name"),
        ("connection c\ntopic a\n", "mosquitto.conf:1: connection: has no address"),
        ("connection c\naddress h\n", "mosquitto.conf:1: connection: has no topic"),
    ])
    func `a file without a sound bridge is refused`(lines: String, problem: String) {
        #expect(problems(lines) == [problem])
    }

    @Test(arguments: [
        ("", "is written PATTERN DIRECTION QOS LOCAL_PREFIX REMOTE_PREFIX"),
        ("a out 1 l/ r/ x", "is written PATTERN DIRECTION QOS LOCAL_PREFIX REMOTE_PREFIX"),
        ("a up", "\"up\" is none of out, in, both"), ("a in 3", "\"3\" is none of the QoS 0, 1 and 2"),
        ("a in x", "\"x\" is none of the QoS 0, 1 and 2"),
        ("\"\" in 1 l", "an empty pattern needs both prefixes, which then are whole topics"),
        ("\"\" out", "an empty pattern needs both prefixes, which then are whole topics"),
        ("a out 1 +/ r/", "the prefix \"+/\" has a wildcard"),
        ("#/a out", "\"#/a\" is no topic filter: \"#\" must be the whole last level, such as \"sensors/#\""),
        ("# out 1 l", "\"l#\" is no topic filter: \"#\" must be the whole last level, such as \"sensors/#\""),
    ])
    func `a topic that is wrong is refused with its line`(topic: String, problem: String) {
        #expect(
            problems("connection c\naddress h\ntopic ok out\ntopic \(topic)\n") == [
                "mosquitto.conf:4: topic: \(problem)"
            ])
    }

    @Test func `files and folders that cannot be read are named`() throws {
        #expect(throws: ConfigurationError.self) { try MosquittoCarryOver(path: text.folder.file("none")) }
        #expect(
            problems("include_dir /nowhere\n") == [
                "mosquitto.conf:1: include_dir: cannot open the folder /nowhere: No such file or directory"
            ])
    }

    // MARK: What is carried over

    @Test func `each topic line becomes a filter at a source and a mapping at an uplink`() throws {
        let configuration = try configuration(
            """
            connection plant
            address central.example:1885
            topic sensors/# out 1 "" plant7/
            topic commands/#\tin  2 local/ plant7/
            topic # both 0 tree/l/ tree/r/
            topic "" out 1 here there
            topic plain
            """)
        let (floor, centre) = (configuration.mqttSources[0], configuration.mqttSources[1])
        #expect(floor.routes.map(\.filter) == ["sensors/#", "tree/l/#", "here", "plain"])
        #expect(floor.routes.allSatisfy { $0.stream.rawValue == "plant-out" })
        #expect(centre.routes.map(\.filter) == ["plant7/commands/#", "tree/r/#"])
        #expect(centre.routes.allSatisfy { $0.stream.rawValue == "plant-in" })
        #expect("\(floor.broker.address)" == "mqtt://127.0.0.1:1883")
        #expect("\(centre.broker.address)" == "mqtt://central.example:1885")
        #expect(floor.isRetainAsPublished && centre.isRetainAsPublished)
        let (up, down) = (configuration.uplinks[0], configuration.uplinks[1])
        #expect(up.streams.map(\.rawValue) == ["plant-out"] && down.streams.map(\.rawValue) == ["plant-in"])
        let (remote, local) = (try #require(up.destination.mqtt), try #require(down.destination.mqtt))
        #expect(
            remote.mappings.map(\.description) == [
                "sensors/# -> plant7/{topic}", "tree/l/# -> tree/r/{topic}, without tree/l/", "here -> there",
                "plain -> {topic}",
            ])
        #expect(
            local.mappings.map(\.description) == [
                "plant7/commands/# -> local/{topic}, without plant7/", "tree/r/# -> tree/l/{topic}, without tree/r/",
            ])
        #expect(remote.passesRetained && local.passesRetained)
        #expect(remote.broker.address == centre.broker.address && local.broker.address == floor.broker.address)
    }

    @Test func `lines without prefixes map last, as in mosquitto, and none twice`() throws {
        let configuration = try configuration(
            """
            connection c
            address h
            topic a/+ both
            topic a/# out 1 "" r/
            topic a/+ out 1 "" s/
            """)
        #expect(
            configuration.uplinks[0].destination.mqtt?.mappings.map(\.description) == [
                "a/# -> r/{topic}", "a/+ -> s/{topic}",
            ])
        // What a wider filter covers would come twice.
        #expect(configuration.mqttSources[0].routes.map(\.filter) == ["a/#"])
    }

    @Test func `logins, ids, times and certificates are carried over, and a password never shown`() throws {
        for name in ["ca.pem", "c.pem", "k.pem"] {
            try text.folder.write(name, "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n")
        }
        for name in ["c-remote.password", "c-local.password"] { try text.folder.write(name, "secret\n") }
        let lines = """
            connection c
            addresses h
            clientid plant7
            local_clientid bridge
            username u
            password GEHEIM
            local_username "v"
            local_password GEHEIM
            keepalive_interval 120
            restart_timeout 10 30
            bridge_cafile \(text.folder.file("ca.pem"))
            bridge_certfile c.pem
            bridge_keyfile k.pem
            bridge_outgoing_retain false
            topic a out
            topic b in
            """
        let configuration = try configuration(lines)
        let (floor, centre) = (configuration.mqttSources[0].broker, configuration.mqttSources[1].broker)
        let remote = try #require(configuration.uplinks[0].destination.mqtt)
        let local = try #require(configuration.uplinks[1].destination.mqtt)
        #expect("\(centre.address)" == "mqtts://h:1883")
        #expect([centre.clientID, remote.broker.clientID] == ["plant7", "plant7-out"])
        #expect([floor.clientID, local.broker.clientID] == ["bridge", "bridge-in"])
        #expect(
            [centre.username, remote.broker.username, floor.username, local.broker.username] == [
                "u", "u", "\"v\"", "\"v\"",
            ])
        #expect(centre.keepAlive == .seconds(120) && remote.broker.keepAlive == .seconds(120))
        #expect(floor.keepAlive == .seconds(60))
        #expect(configuration.uplinks.allSatisfy { $0.retryMin == .seconds(10) && $0.retryMax == .seconds(30) })
        for tls in [centre.tls, remote.broker.tls] {
            #expect(tls?.authorityFile == text.folder.file("ca.pem"))
            #expect(tls?.certificateFile == text.folder.file("c.pem") && tls?.keyFile == text.folder.file("k.pem"))
        }
        #expect(!remote.passesRetained && local.passesRetained)
        let result = try carryOver(lines)
        #expect(!result.text.contains("GEHEIM") && !result.remarks.contains { $0.description.contains("GEHEIM") })
        #expect(result.isComplete)
    }

    @Test(arguments: [
        ("", "mqtt://127.0.0.1:1883"), ("port 1884\n", "mqtt://127.0.0.1:1884"),
        ("bind_address 10.0.0.1\nport 1884\n", "mqtt://10.0.0.1:1884"),
        ("listener 1885 0.0.0.0\n", "mqtt://127.0.0.1:1885"), ("listener 1885 ::1\n", "mqtt://[::1]:1885"),
        ("listener 9001\nprotocol websockets\nlistener 8883\ncertfile x\nlistener 1886\n", "mqtt://127.0.0.1:1886"),
        ("listener 8883\ncertfile x\n", "mqtts://127.0.0.1:8883"),
        ("listener 0 /run/m.sock\n", "mqtt://127.0.0.1:1883"),
    ])
    func `the local broker is the first listener for plain MQTT`(listeners: String, url: String) throws {
        let configuration = try configuration(listeners + "connection c\naddress h\ntopic a out\n")
        #expect("\(configuration.mqttSources[0].broker.address)" == url)
    }

    @Test(arguments: [
        ("h", "h:1883"), ("h:1999", "h:1999"), ("2001:db8::1:1884", "[2001:db8::1]:1884"), ("[::1]:1884", "[::1]:1884"),
    ])
    func `the remote address keeps its port`(address: String, endpoint: String) throws {
        let configuration = try configuration("connection c\naddress \(address)\ntopic a out\n")
        #expect(configuration.uplinks[0].destination.mqtt?.broker.address.endpoint == endpoint)
    }

    @Test func `files of an include_dir are read, and named where a line of theirs is`() throws {
        let folder = text.folder.file("conf.d")
        try #require(mkdir(folder, 0o700) == 0)
        try text.folder.write("conf.d/b.conf", "# bridge\nconnection b\naddress h\ntopic b out\n")
        try text.folder.write("conf.d/a.conf", "connection a\naddress h\ntopic a out\n")
        try text.folder.write("conf.d/c.txt", "connection c\n")
        let result = try carryOver("include_dir \(folder)\n")
        let names = try text.read("gateway.id = \"gw\"\n" + result.text).uplinks.map(\.name.rawValue)
        #expect(names == ["a-out", "b-out"])
        #expect(result.remarks.last?.description.hasPrefix("\(folder)/b.conf:4: topic: QoS 0") == true)
    }

    @Test func `any name of a connection becomes one of a table, each its own`() throws {
        let lines = ["Plant.7", "plant 7", "7", "a-connection-with-a-very-long-name", "ä"].map {
            "connection \($0)\naddress h\nremote_clientid \($0)\ntopic a both\n"
        }
        let names = try configuration(lines.joined()).uplinks.map(\.name.rawValue)
        #expect(
            names.filter { $0.hasSuffix("-out") } == [
                "plant-7-out", "plant-7-2-out", "bridge-7-out", "a-connection-with-a-out", "bridge-out",
            ])
    }

    // MARK: What is done otherwise, or not at all

    @Test(arguments: [
        ("address h:1 i:2", "only the first address is used; a name that leads to several does what the others did"),
        (
            "start_type lazy",
            "the connection is made at the start and kept; \"windows\" of an uplink says when, by the clock"
        ),
        ("round_robin true", "only the first address is used"),
        ("bridge_insecure true", "the name in the server's certificate is always verified"),
        ("bridge_psk 00", "pre-shared keys are not spoken; use certificates"),
        ("bridge_alpn mqtt", "ALPN cannot be set"),
        (
            "bridge_max_packet_size 100",
            "a message that the remote broker calls too large is rejected, counted and kept"
        ),
        ("bridge_new_key 1", "there is nothing like it"),
        ("bridge_tls_version tlsv1.1", "TLS 1.2 or later is spoken"),
        ("remote_password x", "a password needs a user name, for mosquitto too"),
        ("keepalive_interval soon", "\"soon\" is no number of seconds"),
        ("topic a{b}/# out 1 \"\" x{y}/", "\"x{y}/{topic}\" has the unknown placeholder {y}; allowed: {topic}"),
        ("topic a in 1 $SYS/ b/", "\"$SYS/{topic}\" begins with $SYS, which belongs to the broker"),
    ])
    func `a line that has no counterpart is named`(line: String, reason: String) throws {
        let remarks = try remarks(onLines: line)
        let key = line.prefix { $0 != " " }
        #expect(remarks == ["mosquitto.conf:6: \(key): not carried over: \(reason)"])
    }

    @Test(arguments: [
        ("topic b out 0", "QoS 0 becomes QoS 1: what the broker has taken is not lost"),
        ("topic b out 2", "QoS 2 becomes QoS 1: after a failure a message may come twice, with one identity"),
        ("cleansession true", "the session is kept: what is published while the agent is away arrives later"),
        ("keepalive_interval 5", "5 s become 30 s: allowed are 30 s to 10 m"),
        ("bridge_tls_version tlsv1.2", "TLS 1.2 or later is spoken, whichever both know"),
        ("topic +/b out 1", nil),
    ])
    func `a line that is done otherwise is named`(line: String, difference: String?) throws {
        let key = line.prefix { $0 != " " }
        #expect(try remarks(onLines: line) == (difference.map { ["mosquitto.conf:6: \(key): \($0)"] } ?? []))
    }

    @Test(arguments: [
        "cleansession false", "start_type automatic", "try_private true", "bridge_insecure false", "threshold 5",
        "idle_timeout 9", "bridge_attempt_unsubscribe false", "round_robin false", "persistence true",
        "bridge_outgoing_retain true", "max_queued_messages 0", "  # comment",
    ])
    func `nothing is said of a line that changes nothing`(line: String) throws {
        #expect(try remarks(onLines: line) == [])
    }

    @Test(arguments: [
        ("listener 1883", true), ("listener 1883\nallow_anonymous true", false), ("allow_anonymous false", true),
        ("persistence true", false), ("port 1884\nallow_anonymous false", true),
    ])
    func `a local broker that asks for a login is named`(lines: String, asks: Bool) throws {
        let section = "connection c\naddress h\nbridge_protocol_version mqttv50\nnotifications false\ntopic a out 1\n"
        let remarks = try remarks("\(lines)\n\(section)")
        #expect(remarks.count == (asks ? 1 : 0))
        #expect(remarks.allSatisfy { $0.contains("connection: a bridge needs no login at its own broker") })
        #expect(try self.remarks("\(lines)\n\(section)local_username u\n") == [])
    }

    @Test func `filters that overlap without one covering the other are named`() throws {
        #expect(
            try remarks(onLines: "topic x/+/z out 1", "topic x/y/# out 1") == [
                "mosquitto.conf:7: topic: the local broker may send what \"x/y/#\" and \"x/+/z\" (line 6) both match "
                    + "once for each"
            ])
    }

    @Test func `an old protocol is kept where topics go one way, and not where they could go round`() throws {
        let head = "connection c\naddress h\nbridge_protocol_version mqttv311\nnotifications false\n"
        let oneWay = try configuration(head + "topic a/# out 1\ntopic b/# in 1\n")
        #expect(oneWay.uplinks[0].destination.mqtt?.broker.version == .v311)
        #expect(oneWay.mqttSources[1].broker.version == .v311)
        #expect(oneWay.mqttSources[0].broker.version == .v5)
        let bothWays = try configuration(head + "topic a/# both 1\n")
        #expect(bothWays.uplinks[0].destination.mqtt?.broker.version == .v5)
        #expect(
            try remarks(head + "topic a/# both 1\n").first?.contains("only MQTT 5 keeps them from going round") == true)
    }

    @Test func `the state that a bridge publishes becomes birth and will where it has a topic of its own`() throws {
        let head = "connection c\naddress h\nbridge_protocol_version mqttv50\ntopic a out 1\n"
        let will = try configuration(head + "notification_topic plant7/state\n").uplinks[0].destination.mqtt?.broker
            .will
        let birth = try configuration(head + "notification_topic plant7/state\n").uplinks[0].destination.mqtt?.birth
        #expect(birth?.topic == "plant7/state" && birth?.payload == Array("1".utf8)[...] && birth?.isRetained == true)
        #expect(try carryOver(head + "notification_topic plant7/state\n").isComplete)
        #expect(try !carryOver(head.replacing("out", with: "in") + "notification_topic plant7/state\n").isComplete)
        #expect(will?.topic == "plant7/state" && will?.payload == Array("0".utf8) && will?.isRetained == true)
        #expect(try !carryOver(head + "notification_topic $SYS/x\n").isComplete)
        #expect(try !carryOver(head + "notifications true\n").isComplete)
        #expect(try carryOver(head).isComplete)
        #expect(try remarks(head).first?.contains("the state of the bridge is not published") == true)
        #expect(try remarks(head + "notifications false\n") == [])
    }

    @Test func `what goes from bridge to bridge in mosquitto is named`() throws {
        let section = "bridge_protocol_version mqttv50\nnotifications false\n"
        #expect(
            try remarks(
                "connection a\naddress h\n\(section)topic x/# in 1\nconnection b\naddress i\n\(section)topic # out 1\n")
                == [
                    "mosquitto.conf:10: topic: not carried over: what comes in by line 5 goes on from here in "
                        + "mosquitto, from bridge to bridge; Millrace does not take in what has passed it: add the "
                        + "stream \"a-in\" and a mapping for its topics to [uplinks.b-out]"
                ])
    }
}
