import Agent
import DeviceProfiles
import MQTTTransport
import Records
import SerialIO
import Simulation
import StrictTOML
import Testing
import Uplinks

@Suite struct ConfigurationReadingTests {
    private let text: ConfigurationText

    init() throws { text = try ConfigurationText() }

    @Test func `the smallest configuration has a default for everything else`() throws {
        let configuration = try text.read("[mqtt.local]\nurl = \"mqtt://127.0.0.1\"\ntopics = [\"sensors/#\"]\n")
        #expect(configuration.gateway.rawValue.hasPrefix("gw-"))
        #expect(configuration.log == LogConfiguration())
        #expect(configuration.log.path == "/var/lib/millrace")
        #expect(configuration.log.capacity == .mebibytes(512))
        #expect(configuration.log.commitLinger == .milliseconds(50))
        #expect(configuration.loggingLevel == .info)
        #expect(configuration.streams == [StreamConfiguration(name: .telemetry, capacity: .mebibytes(512))])
        let source = try #require(configuration.mqttSources.first)
        #expect(source.routes == [.init(filter: "sensors/#", stream: .telemetry)])
        #expect(source.broker.address.description == "mqtt://127.0.0.1:1883")
        #expect(source.broker.clientID == "millrace-\(configuration.gateway)-local")
        #expect(source.subscriptions == [MQTTSubscription(filter: "sensors/#", retained: .once, isNoLocal: true)])
        let transport = source.mqttConfiguration
        #expect(transport.host == "127.0.0.1")
        #expect(transport.port == 1883)
        #expect(transport.tls == nil)
        #expect(transport.version == .v5)
        #expect(transport.keepAlive == .seconds(60))
        #expect(transport.sessionExpiry == .seconds(604_800))
        #expect(transport.receiveMaximum == 2000)
        #expect(Int(transport.packetSizeMax) > Limits.payloadSizeMax + Limits.topicSizeMax)
        #expect(configuration.serialSources.isEmpty)
        #expect(configuration.uplinks.isEmpty)
    }

    @Test func `every key of a source reaches the transport`() throws {
        try text.folder.write("password", "geheim\n")
        try text.folder.write("ca.pem", "-----BEGIN CERTIFICATE-----\n")
        try text.folder.write("gw.pem", "-----BEGIN CERTIFICATE-----\n")
        try text.folder.write("gw.key", "-----BEGIN EC PRIVATE KEY-----\n")
        let configuration = try text.read(
            """
            [gateway]
            id = "plant7-gw2"
            [streams.alarms]
            capacity = "16MiB"
            retention = "30d"
            overflow = "reject-newest"
            priority = 10
            [mqtt.shopfloor]
            url = "mqtts://Broker.example:8884/"
            topics = ["a/+", { filter = "$share/g/b/#", stream = "telemetry" }]
            stream = "alarms"
            version = "3.1.1"
            username = "u"
            password_file = "password"
            client_id = "me"
            keepalive = "2m"
            session_expiry = "1d"
            receive_maximum = 100
            payload_max = "64KiB"
            retained = "always"
            tls = { ca = "ca.pem", certificate = "gw.pem", key = "gw.key" }
            will = { topic = "gateways/{gateway}/state", payload = "gone", retain = true }
            """)
        let source = try #require(configuration.mqttSources.first)
        let alarms = try #require(StreamName("alarms"))
        #expect(
            source.routes == [
                .init(filter: "a/+", stream: alarms), .init(filter: "$share/g/b/#", stream: .telemetry),
            ])
        #expect(source.subscriptions.map(\.isNoLocal) == [true, false])
        #expect(source.subscriptions.allSatisfy { $0.retained == .always })
        let transport = source.mqttConfiguration
        #expect(transport.host == "Broker.example")
        #expect(transport.port == 8884)
        #expect(transport.version == .v311)
        #expect(transport.username == "u")
        #expect(transport.password == "geheim")
        #expect(transport.clientID == "me")
        #expect(transport.keepAlive == .seconds(120))
        #expect(transport.sessionExpiry == .seconds(86_400))
        #expect(transport.receiveMaximum == 100)
        #expect(Int(transport.packetSizeMax) < 64 * 4096)
        #expect(transport.tls?.authorityFile == "\(text.folder.path)/ca.pem")
        #expect(transport.tls?.certificateFile == "\(text.folder.path)/gw.pem")
        #expect(transport.tls?.keyFile == "\(text.folder.path)/gw.key")
        #expect(transport.will?.topic == "gateways/plant7-gw2/state")
        #expect(transport.will?.payload == Array("gone".utf8))
        #expect(transport.will?.isRetained == true)
        var stream = StreamConfiguration(name: alarms, capacity: .mebibytes(16))
        stream.retention = .seconds(30 * 86_400)
        stream.overflow = .rejectNewest
        stream.priority = 10
        #expect(configuration.streams == [StreamConfiguration(name: .telemetry, capacity: .mebibytes(496)), stream])
    }

    @Test func `every key of a serial source is taken over`() throws {
        let configuration = try text.read(
            """
            [gateway]
            id = "gw"
            [serial.air]
            port = "usb:1a86:7523:AB:1"
            baud = 115200
            data_bits = 7
            parity = "even"
            stop_bits = 2
            flow_control = "hardware"
            settle = "2s"
            format = "csv"
            columns = ["temperature:Cel", "", "count", { name = "a:b", unit = "%RH" }]
            separator = ";"
            line_end = "crlf"
            line_max = "1KiB"
            topic = "{gateway}/{source}/{device}"
            device = "hall 3"
            stream = "telemetry"
            [serial.plain]
            port = "/dev/ttyUSB9"
            """)
        let air = try #require(configuration.serialSources.first)
        #expect(air.port == PortName("usb:1a86:7523:AB:1"))
        let settings = SerialSettings(
            baud: 115_200, dataBits: 7, parity: .even, stopBits: 2, flowControl: .hardware, settle: .seconds(2))
        #expect(air.link.settings == settings)
        let columns: [LineFormat.Column] = [
            .init(name: "temperature", unit: "Cel"), .init(name: ""), .init(name: "count"),
            .init(name: "a:b", unit: "%RH"),
        ]
        var lines = LineConfiguration()
        lines.format = .csv(columns: columns, separator: ";")
        lines.end = .both
        lines.sizeMax = .kibibytes(1)
        lines.device = "hall 3"
        #expect(air.content == .lines(lines))
        #expect(air.topic(device: "hall 3") == "gw/air/hall 3")
        let plain = try #require(configuration.serialSources.last)
        let name = try #require(SourceName("plain"))
        #expect(plain == SerialSourceConfiguration(name: name, port: .path("/dev/ttyUSB9"), stream: .telemetry))
        #expect(plain.link.settings == SerialSettings())
        #expect(plain.topic == "serial/plain")
    }

    @Test func `every key of an uplink is taken over`() throws {
        let configuration = try text.read(
            """
            [gateway]
            id = "gw"
            [streams.alarms]
            [mqtt.local]
            url = "mqtt://localhost"
            topics = ["a"]
            [uplinks.first]
            url = "mqtts://central.example"
            [uplinks.second]
            url = "mqtt://[2001:db8::1]:1884"
            topic = "{stream}/x"
            format = "cloudevents"
            batch = { records = 10, bytes = "64KiB" }
            compression = "zstd"
            streams = ["alarms"]
            start = "oldest"
            retain = false
            window = 7
            acknowledgement_timeout = "1m"
            retry_min = "1s"
            retry_max = "5m"
            client_id = "c"
            """)
        #expect(configuration.streams.map(\.capacity) == [.mebibytes(256), .mebibytes(256)])
        let first = try #require(configuration.uplinks.first)
        let firstBroker = try #require(first.destination.mqtt)
        #expect(firstBroker.topic == "gateways/{gateway}/{topic}")
        #expect(firstBroker.format == .raw)
        #expect(first.streams == configuration.streams.map(\.name))
        #expect(firstBroker.batch.recordsMax == 500)
        #expect(firstBroker.batch.sizeMax == .kibibytes(96))
        #expect(firstBroker.window == 100)
        #expect(firstBroker.acknowledgementTimeout == .seconds(30))
        #expect(!firstBroker.passesRetained)
        #expect(firstBroker.mqttConfiguration(of: first).port == 8883)
        #expect(firstBroker.mqttConfiguration(of: first).tls != nil)
        #expect(firstBroker.mqttConfiguration(of: first).tls?.authorityFile == nil)
        let second = try #require(configuration.uplinks.last)
        let secondBroker = try #require(second.destination.mqtt)
        #expect(secondBroker.topic == "{stream}/x")
        #expect(secondBroker.format == .cloudevents)
        #expect(secondBroker.batch.recordsMax == 10)
        #expect(secondBroker.batch.sizeMax == .kibibytes(64))
        #expect(secondBroker.compression == .zstd(level: 1))
        #expect(second.streams.map(\.rawValue) == ["alarms"])
        #expect(secondBroker.window == 7)
        #expect(secondBroker.acknowledgementTimeout == .seconds(60))
        let transport = secondBroker.mqttConfiguration(of: second)
        #expect(transport.host == "2001:db8::1")
        #expect(transport.port == 1884)
        #expect(transport.clientID == "c")
        #expect(transport.reconnectDelayMin == .seconds(1))
        #expect(transport.reconnectDelayMax == .seconds(300))
    }

    @Test func `a cloudevents uplink without a template publishes per stream`() throws {
        let configuration = try text.read(
            "[serial.a]\nport = \"/dev/x\"\n[uplinks.u]\nurl = \"mqtt://h\"\nformat = \"cloudevents\"\n")
        #expect(configuration.uplinks.first?.destination.mqtt?.topic == "gateways/{gateway}/{stream}")
    }

    @Test(arguments: ["cloudevents", "json", "senml", "senml-cbor", "influx"])
    func `every format of many records takes compression, a level and a dictionary`(format: String) throws {
        let head = "[serial.a]\nport = \"/dev/x\"\n[uplinks.u]\nurl = \"mqtt://h\"\nformat = \"\(format)\"\n"
        func compression(_ lines: String) throws -> BodyCompression? {
            try text.read(head + "compression = \"zstd\"\n" + lines).uplinks.first?.destination.mqtt?.compression
        }
        #expect(try compression("") == .zstd(level: 1))
        #expect(try compression("compression_level = 9\n") == .zstd(level: 9))
        #expect(try compression("dictionary = \"built-in\"\n") == .withBuiltInDictionary(level: 1))
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(separator: "/")
        let file = "\(root)/Sources/Compression/Dictionaries/millrace-1.zdict"
        #expect(try compression("dictionary = \"\(file)\"\n") == .withBuiltInDictionary(level: 1))
        let destination = try text.read(head).uplinks.first?.destination.mqtt
        #expect(destination?.format.batch?.rawValue == format)
        #expect(destination?.compression == BodyCompression.none)
    }

    @Test func `a Sparkplug uplink has a group, and is a node with the gateway's name`() throws {
        let head = "[gateway]\nid = \"gw2\"\n[serial.a]\nport = \"/dev/x\"\n[uplinks.u]\nurl = \"mqtt://h\"\n"
        let lines = "format = \"sparkplug-b\"\ngroup = \"plant7\"\n"
        let plain = try text.read(head + lines).uplinks.first?.destination.mqtt?.sparkplug
        #expect(plain == MQTTDestination.Sparkplug(group: "plant7", node: "gw2"))
        let full = try text.read(head + lines + "node = \"n 1\"\nprimary_host = \"scada\"\n")
        #expect(
            full.uplinks.first?.destination.mqtt?.sparkplug
                == MQTTDestination.Sparkplug(group: "plant7", node: "n 1", primaryHost: "scada"))
        #expect(
            full.pipelineDescription().contains(
                "spBv1.0/plant7/+/n 1, sparkplug-b, one message per record, while scada is online, up to 100"
            ))
    }

    @Test func `the gateway's id comes from the machine id without showing it`() throws {
        let configuration = try text.read("[serial.a]\nport = \"/dev/x\"\n")
        #expect(configuration.gateway.rawValue == "gw-01527c9731f0")
        #expect(configuration.gateway == MachineIdentity.gatewayID(machineID: "0123456789ABCDEF0123456789abcdef"))
        #expect(MachineIdentity.gatewayID(machineID: "uninitialized\n") == nil)
        #expect(MachineIdentity.gatewayID(machineID: String(repeating: "0", count: 32)) == nil)
        #expect(MachineIdentity.gatewayID(machineID: String(repeating: "g", count: 32)) == nil)
        #expect(MachineIdentity.gatewayID(machineID: "") == nil)
    }

    @Test func `a password is never shown`() throws {
        try text.folder.write("password", "geheim-4711\r\n")
        let configuration = try text.read(
            """
            [mqtt.a]
            url = "mqtt://h"
            topics = ["a"]
            username = "u"
            password_file = "password"
            [uplinks.b]
            url = "mqtt://k"
            username = "u"
            password_file = "password"
            """)
        #expect(configuration.mqttSources.first?.broker.password?.exposed == "geheim-4711")
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!dumped.contains("geheim"))
        #expect(!"\(configuration)".contains("geheim"))
        #expect(!String(reflecting: configuration).contains("geheim"))
        #expect(!configuration.pipelineDescription().contains("geheim"))
        #expect("\(configuration)".contains("***"))
    }

    @Test func `the pipeline is told in a few lines`() throws {
        let configuration = try text.read(
            """
            [gateway]
            id = "plant7-gw2"
            [streams.telemetry]
            retention = "7d"
            [streams.alarms]
            capacity = "16MiB"
            priority = 10
            [mqtt.local]
            url = "mqtt://127.0.0.1"
            topics = ["sensors/#", { filter = "alarms/#", stream = "alarms" }]
            [serial.air]
            port = "usb:1a86:7523"
            format = "csv"
            columns = ["temperature:Cel", "", "count"]
            [uplinks.central]
            url = "mqtts://central.example"
            [uplinks.lake]
            url = "mqtts://lake.example"
            format = "cloudevents"
            compression = "zstd"
            streams = ["alarms"]
            version = "5"
            """)
        #expect(
            configuration.pipelineDescription() == """
                gateway  plant7-gw2
                log      /var/lib/millrace, 512 MiB, commits within 50ms

                sources
                  local: mqtt://127.0.0.1:1883, MQTT 5, client millrace-plant7-gw2-local, up to 2000 per commit
                    sensors/# -> telemetry
                    alarms/#  -> alarms
                  air: usb:1a86:7523, 9600 8N1, CSV of temperature in Cel, -, count, lines up to 4 KiB
                    serial/air -> telemetry

                streams
                  telemetry: 496 MiB, when full drop-oldest, kept at most 7d
                  alarms: 16 MiB, when full drop-oldest, priority 10

                uplinks
                  central: telemetry, alarms -> mqtts://central.example:8883, MQTT 5, client millrace-plant7-gw2-central
                    gateways/{gateway}/{topic}, raw, one message per record, up to 100 unconfirmed
                  lake: alarms -> mqtts://lake.example:8883, MQTT 5, client millrace-plant7-gw2-lake
                    gateways/{gateway}/{stream}, cloudevents, up to 500 records or 96 KiB per message, zstd, \
                up to 100 unconfirmed
                """)
    }

    @Test func `a file is loaded, and its relative paths are taken from its folder`() throws {
        let path = try text.folder.write("agent.toml", "[log]\npath = \"data\"\n[serial.a]\nport = \"/dev/x\"\n")
        let configuration = try AgentConfiguration.load(path: path, machineIDPath: text.machineIDPath)
        #expect(configuration.log.path == "\(text.folder.path)/data")
    }
}
