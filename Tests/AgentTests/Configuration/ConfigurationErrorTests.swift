import Agent
import Simulation
import StrictTOML
import Testing

/// What a person reads when something is wrong: each message once, with its file and line.
@Suite struct ConfigurationErrorTests {
    private let text: ConfigurationText

    init() throws { text = try ConfigurationText() }

    /// A source that is right, so that only what a test adds from line 3 on is wrong.
    private static let sound = "[serial.s]\nport = \"/dev/none\"\n"

    private func problems(after text: String) -> [String] { self.text.problems(Self.sound + text) }

    /// The only problem of the text, without the name of the file.
    private func problem(_ added: String, sourceLocation: SourceLocation = #_sourceLocation) -> String {
        let found = problems(after: added)
        #expect(found.count == 1, "\(found)", sourceLocation: sourceLocation)
        return String((found.first ?? "").dropFirst(ConfigurationText.file.count + 1))
    }

    @Test func `all errors of a file are told at once, in the order of the lines`() {
        let found = text.problems(
            """
            [log]
            capacity = "1MiB"
            comit_linger = "50ms"

            [mqtt.shopfloor]
            url = "tcp://127.0.0.1"
            topics = ["sensors/#/x", { filter = "alarms/#", stream = "alarm" }]

            [serial.air]
            baudrate = 9600
            parity = "evn"

            [uplinks.central]
            url = "mqtt://central.example"
            topic = "gateways/{gatway}"
            window = 0
            [mqt.x]
            """)
        #expect(
            found == [
                "millrace.toml:2: log.capacity: \"1MiB\" is too small; allowed is 4 MiB to 16384 GiB",
                "millrace.toml:3: log: unknown key \"comit_linger\"; did you mean \"commit_linger\"?",
                "millrace.toml:6: mqtt.shopfloor.url: \"tcp://127.0.0.1\" begins with \"tcp://\"; "
                    + "write mqtt://HOST:PORT, or mqtts://HOST:PORT for TLS",
                "millrace.toml:7: mqtt.shopfloor.topics[1]: \"sensors/#/x\" is no topic filter: "
                    + "\"#\" must be the whole last level, such as \"sensors/#\"",
                "millrace.toml:7: mqtt.shopfloor.topics[2].stream: there is no stream \"alarm\"; "
                    + "add a table [streams.NAME], or use \"telemetry\"",
                "millrace.toml:9: serial.air: missing key \"port\"; for example port = \"usb:1a86:7523\"",
                "millrace.toml:10: serial.air: unknown key \"baudrate\"; did you mean \"baud\"?",
                "millrace.toml:11: serial.air.parity: \"evn\" is not one of \"none\", \"even\", \"odd\"; "
                    + "did you mean \"even\"?",
                "millrace.toml:15: uplinks.central.topic: \"gateways/{gatway}\" has the unknown placeholder {gatway}; "
                    + "did you mean {gateway}?",
                "millrace.toml:16: uplinks.central.window: 0 is too small; allowed is an integer from 1 to 10000",
                "millrace.toml:17: unknown key \"mqt\"; did you mean \"mqtt\"?",
            ])
    }

    @Test func `a file that is no TOML is told with line and column`() {
        #expect(
            text.problems("[log]\npath = /var\n") == [
                "millrace.toml:2:8: not valid TOML: parsing value: could not determine value type"
            ])
    }

    @Test func `a configuration without a source is refused, and one without an uplink is noted`() throws {
        #expect(
            text.problems("") == ["millrace.toml: there is no source; add a table [mqtt.NAME] or [serial.NAME]"])
        #expect(
            try text.notes(Self.sound) == [
                "millrace.toml: there is no uplink; records stay in the log until [uplinks.NAME] says where they go"
            ])
    }

    @Test func `an empty table is no source`() {
        #expect(
            text.problems("[mqtt]\n[serial]\n") == [
                "millrace.toml: there is no source; add a table [mqtt.NAME] or [serial.NAME]"
            ])
        #expect(
            text.problems("[mqtt]\nurl = \"mqtt://h\"\n") == [
                "millrace.toml:2: mqtt.url: expected a table with a name, such as [mqtt.shopfloor], "
                    + "found the key \"url\""
            ])
    }

    @Test func `what has no effect is noted`() throws {
        let notes = try text.notes(
            """
            [mqtt.m]
            url = "mqtt://h"
            topics = ["a"]
            version = "3.1.1"
            receive_maximum = 100
            [serial.s]
            port = "/dev/none"
            format = "csv"
            columns = ["a:°C", "b:Cel", { name = "c", unit = "pa" }, "d:wobble"]
            [uplinks.u]
            url = "mqtt://k"
            """)
        let unit = "is no unit symbol of SenML (RFC 8428) and travels as it is"
        #expect(
            notes == [
                "millrace.toml:5: mqtt.m.receive_maximum: has no effect in MQTT 3.1.1, which has no such limit",
                "millrace.toml:9: serial.s.columns[1]: \"°C\" \(unit); did you mean \"Cel\"?",
                "millrace.toml:9: serial.s.columns[3]: \"pa\" \(unit); did you mean \"Pa\"?",
                "millrace.toml:9: serial.s.columns[4]: \"wobble\" \(unit)",
            ])
    }

    @Test func `a gateway without a usable id is refused`() throws {
        #expect(
            problem("[gateway]\nid = \"plant 7\"\n")
                == "4: gateway.id: \"plant 7\" is no gateway id; "
                + "allowed are 1 to 64 letters, digits, \"-\", \"_\" and \".\"")
        try text.folder.write("machine-id", "uninitialized\n")
        #expect(
            problem("")
                == " gateway: no id is set, and FOLDER/machine-id holds no machine id; set id = \"NAME\" in [gateway]")
        #expect(
            #expect(throws: ConfigurationError.self) {
                try AgentConfiguration.read(
                    text: Self.sound, file: "f", directory: "/", machineIDPath: "/nowhere/machine-id")
            }?.description
                == "f: gateway: no id is set, and the default cannot read /nowhere/machine-id: "
                + "No such file or directory; set id = \"NAME\" in [gateway]")
    }

    @Test func `names that no path and no topic could hold are refused`() {
        let rule = "allowed are 1 to 32 of a-z, 0-9, \"-\" and \"_\", a letter first"
        #expect(
            problems(after: "[streams.Alarms]\n[mqtt.1]\n[serial.\"a b\"]\n[uplinks.\"\"]\n") == [
                "millrace.toml:3: streams.Alarms: \"Alarms\" is no name for a stream; \(rule)",
                "millrace.toml:4: mqtt.1: \"1\" is no name for a source; \(rule)",
                "millrace.toml:5: serial.\"a b\": \"a b\" is no name for a source; \(rule)",
                "millrace.toml:6: uplinks.\"\": \"\" is no name for an uplink; \(rule)",
            ])
    }

    @Test func `streams that ask for more than the log has are refused`() {
        #expect(
            problem(
                "[log]\ncapacity = \"32MiB\"\n[streams.a]\ncapacity = \"20MiB\"\n[streams.b]\ncapacity = \"20MiB\"\n")
                == "8: streams.b.capacity: with this the streams ask for 40 MiB, but the capacity of [log] is 32 MiB; "
                + "raise that or lower this")
        #expect(
            problem("[log]\ncapacity = \"32MiB\"\n[streams.a]\ncapacity = \"32MiB\"\n")
                == "4: log.capacity: the capacity of 32 MiB leaves 0 B for each of the streams \"telemetry\", "
                + "and a stream needs 4 MiB; raise it, or lower the capacity of other streams")
    }

    @Test func `a stream smaller than a ring can be is refused`() {
        #expect(
            problem("[streams.a]\ncapacity = \"3MiB\"\n")
                == "4: streams.a.capacity: \"3MiB\" is too small; allowed is 4 MiB to 16384 GiB")
    }

    @Test func `streams that are not there are named wherever they are referred to`() {
        let found = problems(
            after: """
                stream = "telemetri"
                [streams.alarms]
                [mqtt.m]
                url = "mqtt://h"
                topics = [
                    { filter = "a", stream = "alarm" },
                ]
                stream = "none"
                [uplinks.u]
                url = "mqtt://k"
                streams = ["telemetry", "alrms", "telemetry"]
                """)
        let known = "add a table [streams.NAME], or use \"telemetry\", \"alarms\""
        #expect(
            found == [
                "millrace.toml:3: serial.s.stream: there is no stream \"telemetri\"; did you mean \"telemetry\"?",
                "millrace.toml:8: mqtt.m.topics[1].stream: there is no stream \"alarm\"; did you mean \"alarms\"?",
                "millrace.toml:10: mqtt.m.stream: there is no stream \"none\"; \(known)",
                "millrace.toml:13: uplinks.u.streams[2]: there is no stream \"alrms\"; did you mean \"alarms\"?",
                "millrace.toml:13: uplinks.u.streams[3]: the stream \"telemetry\" is there twice",
            ])
        #expect(
            problem("[uplinks.u]\nurl = \"mqtt://k\"\nstreams = []\n")
                == "5: uplinks.u.streams: needs at least one stream; without this key all are forwarded")
    }

    @Test(arguments: [
        ("a/#/b", "\"a/#/b\" is no topic filter: \"#\" must be the whole last level, such as \"sensors/#\""),
        ("a#", "\"a#\" is no topic filter: \"#\" must be the whole last level, such as \"sensors/#\""),
        ("a/b+", "\"a/b+\" is no topic filter: \"+\" must be a whole level, such as \"sensors/+/value\""),
        ("", "must not be empty"),
        ("a\\nb", "\"a\\nb\" has a control character"),
        ("$share/g", "\"$share/g\" is no shared subscription; write $share/GROUP/FILTER"),
        ("$share/+/a", "\"$share/+/a\" is no shared subscription; write $share/GROUP/FILTER"),
    ])
    func `a topic filter that a broker would refuse is refused`(filter: String, message: String) {
        #expect(
            problem("[mqtt.m]\nurl = \"mqtt://h\"\ntopics = [\n\"\(filter)\"]\n") == "6: mqtt.m.topics[1]: \(message)")
    }

    @Test func `topics that are missing, empty or twice there are refused`() {
        let head = "[mqtt.m]\nurl = \"mqtt://h\"\n"
        #expect(problem(head) == "3: mqtt.m: missing key \"topics\"; for example topics = [\"sensors/#\"]")
        #expect(
            problem(head + "topics = []")
                == "5: mqtt.m.topics: needs at least one topic filter, such as \"sensors/#\"")
        #expect(
            problem(head + "topics = [\"a\", \"a\"]") == "5: mqtt.m.topics[2]: the filter \"a\" is there twice")
        #expect(
            problem(head + "topics = [{ stream = \"telemetry\" }]")
                == "5: mqtt.m.topics[1]: missing key \"filter\"; for example filter = \"sensors/#\"")
    }

    @Test(arguments: [
        ("a/+", "\"a/+\" has the wildcard \"+\"; nothing can be published to a wildcard"),
        ("a/#", "\"a/#\" has the wildcard \"#\"; nothing can be published to a wildcard"),
        ("", "must not be empty"),
        (
            "{nonsense}",
            "\"{nonsense}\" has the unknown placeholder {nonsense}; "
                + "allowed: {gateway}, {stream}, {topic}, {device}"
        ),
        (
            "a/{topic",
            "\"a/{topic\" has a brace without its other half; "
                + "placeholders are {gateway}, {stream}, {topic}, {device}"
        ),
        ("a}", "\"a}\" has a brace without its other half; placeholders are {gateway}, {stream}, {topic}, {device}"),
        ("$SYS/x", "\"$SYS/x\" begins with $SYS, which belongs to the broker"),
    ])
    func `a template that nothing can be published to is refused`(template: String, message: String) {
        let found = problem("[uplinks.u]\nurl = \"mqtt://k\"\ntopic = \"\(template)\"\n")
        #expect(found == "5: uplinks.u.topic: \(message)")
    }

    @Test func `what does not fit the format of an uplink is refused`() {
        let head = "[uplinks.u]\nurl = \"mqtt://k\"\n"
        #expect(
            problem(head + "format = \"cloudevents\"\ntopic = \"a/{device}\"")
                == "6: uplinks.u.topic: {device} differs from record to record, but a cloudevents message holds many; "
                + "use {gateway} and {stream}, or format = \"raw\"")
        #expect(
            problem(head + "compression = \"zstd\"")
                == "5: uplinks.u.compression: compression needs a format of many records, such as \"cloudevents\"; "
                + "raw payloads travel as they came")
        #expect(
            problem(head + "compression = \"zstd\"\nformat = \"cloudevents\"\nversion = \"3.1.1\"")
                == "5: uplinks.u.compression: compression needs version = \"5\"; "
                + "MQTT 3.1.1 cannot say that a payload is compressed")
        #expect(
            problem(head + "format = \"json\"\ncompression_level = 3")
                == "6: uplinks.u.compression_level: nothing is compressed; set compression = \"zstd\"")
        let zstd = head + "format = \"json\"\ncompression = \"zstd\"\n"
        #expect(
            problem(zstd + "compression_level = 20")
                == "7: uplinks.u.compression_level: 20 is too large; allowed is an integer from 1 to 19")
        #expect(
            problem(zstd + "dictionary = \"/etc/hostname\"")
                == "7: uplinks.u.dictionary: /etc/hostname is no zstd dictionary; `zstd --train` makes one, "
                + "\"built-in\" is one")
        #expect(
            problem(zstd + "dictionary = \"/nowhere/d\"").hasSuffix("\"built-in\" comes with the program"))
        #expect(
            problem(head + "format = \"cloudevents\"\nretain = true")
                == "6: uplinks.u.retain: retain needs format = \"raw\"; other messages are never retained")
        let sparkplug = head + "format = \"sparkplug-b\"\n"
        #expect(problem(sparkplug).contains("\"group\""))
        #expect(
            problem(sparkplug + "group = \"a/b\"")
                == "6: uplinks.u.group: \"a/b\" is no name in Sparkplug: 1 to 256 bytes without '/', '+', '#' and "
                + "control characters")
        #expect(
            problem(sparkplug + "group = \"g\"\ntopic = \"t\"")
                == "7: uplinks.u.topic: Sparkplug has topics and a will of its own, made of \"group\" and \"node\"")
        #expect(
            problem(sparkplug + "group = \"g\"\ncompression = \"zstd\"")
                == "7: uplinks.u.compression: compression needs a format of many records, such as \"cloudevents\"; "
                + "no host of Sparkplug expects it")
        #expect(problem(head + "node = \"n\"") == "5: uplinks.u.node: belongs to format = \"sparkplug-b\"")
        #expect(
            problem(head + "retry_min = \"30s\"\nretry_max = \"10s\"")
                == "5: uplinks.u.retry_min: \"30s\" is longer than retry_max, which is \"10s\"")
        #expect(problem(head + "start = \"newest\"") == "5: uplinks.u.start: \"newest\" is not \"oldest\"")
    }

    @Test(arguments: [
        ("usb:1a86", "\"usb:1a86\" is no usb port; vendor and product have 4 hexadecimal digits each; "),
        ("usb:1a86:752x", "\"usb:1a86:752x\" is no usb port; vendor and product have 4 hexadecimal digits each; "),
        ("usb:1a86:7523:", "\"usb:1a86:7523:\" is no usb port; vendor and product have 4 hexadecimal digits each; "),
        ("COM3", "\"COM3\" is no port; "), ("ttyUSB0", "\"ttyUSB0\" is no port; "),
    ])
    func `a port that names no device is refused`(port: String, message: String) {
        #expect(
            problem("[serial.t]\nport = \"\(port)\"\n") == "4: serial.t.port: \(message)write usb:VENDOR:PRODUCT, "
                + "usb:VENDOR:PRODUCT:SERIAL, a path such as /dev/serial/by-id/..., a pattern such as /dev/ttyUSB*, "
                + "or auto")
    }

    @Test func `what does not fit the format of a line is refused`() {
        #expect(
            problem("format = \"csv\"")
                == "1: serial.s: missing key \"columns\"; for example columns = [\"temperature:Cel\", \"humidity:%RH\"]"
        )
        #expect(
            problem("format = \"json\"\ncolumns = [\"a\"]")
                == "4: serial.s.columns: belongs to format = \"csv\", but the format is \"json\"")
        #expect(
            problem("separator = \";\"")
                == "3: serial.s.separator: belongs to format = \"csv\", but the format is \"raw\"")
        let csv = "format = \"csv\"\n"
        let wanted = "needs at least one column with a name, such as \"temperature:Cel\""
        #expect(problem(csv + "columns = [\"\"]") == "4: serial.s.columns: \(wanted)")
        #expect(problem(csv + "columns = []") == "4: serial.s.columns: \(wanted)")
        #expect(
            problem(csv + "columns = [\"a:V\", \"a:A\"]") == "4: serial.s.columns[2]: the column \"a\" is there twice")
        #expect(
            problem(csv + "columns = [\"a\", \":V\"]")
                == "4: serial.s.columns[2]: \":V\" has no name before the colon; write \"name:unit\"")
        #expect(
            problem(csv + "columns = [\"a\"]\nseparator = \"||\"")
                == "5: serial.s.separator: \"||\" is no separator; it is one ASCII character, such as \";\" or \"\\t\"")
        #expect(
            problem("device = \"a/b\"")
                == "3: serial.s.device: \"a/b\" is no device name; it is one level of a topic, "
                + "without \"/\", \"+\", \"#\" and braces")
        #expect(
            problem("topic = \"{stream}\"")
                == "3: serial.s.topic: \"{stream}\" has the unknown placeholder {stream}; "
                + "allowed: {source}, {device}, {gateway}")
    }
}
