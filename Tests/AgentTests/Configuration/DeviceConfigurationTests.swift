import Agent
import DeviceProfiles
import Records
import SerialIO
import Simulation
import StrictTOML
import Testing

/// `profile` and `devices` of `[serial.NAME]`.
@Suite struct DeviceConfigurationTests {
    private let text: ConfigurationText

    init() throws {
        text = try ConfigurationText()
        _ = try text.folder.write(
            "meter.toml",
            """
            format = 1
            title = "a meter"
            source = "made up"
            fields = [{ name = "voltage", input = 0, type = "f32", unit = "V" }]
            [link]
            baud = 2400
            [framing]
            kind = "modbus-rtu"
            [modbus]
            every = "5s"
            """)
        _ = try text.folder.write(
            "dust.toml",
            """
            format = 1
            title = "a dust sensor"
            source = "made up"
            fields = [{ name = "dust", at = 2, type = "u16be", unit = "ug/m3" }]
            [framing]
            kind = "fixed"
            start = "AA BB"
            size = 4
            [parameters]
            room = { type = "u8", default = "1" }
            """)
    }

    private func read(_ serial: String) throws -> SerialSourceConfiguration {
        let configuration = try text.read(
            """
            [gateway]
            id = "gw"
            [profiles]
            folders = ["."]
            \(serial)
            """)
        return try #require(configuration.serialSources.first)
    }

    private func issues(_ serial: String) -> String {
        do {
            _ = try read(serial)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test func `one device: the line is the profile's, and what the table says goes before`() throws {
        let source = try read(
            """
            [serial.air]
            port = "usb:1a86:7523"
            profile = "dust"
            stop_bits = 2
            every = "1m"
            keep = ["mean", "max"]
            on_change = 0.5
            heartbeat = "1h"
            room = 7
            """)
        guard case .devices(let devices) = source.content else { return #expect(Bool(false), "no devices") }
        #expect(devices.map(\.name) == ["air"])
        #expect(source.link.settings == SerialSettings(baud: 9600, stopBits: 2))
        #expect(source.topic == "serial/air")
        let rate = try #require(devices.first).profile.rate
        #expect(rate.every == .seconds(60) && rate.keep == [.mean, .max])
        #expect(rate.changeMin == 0.5 && rate.heartbeat == .seconds(3600))
        #expect(devices.first?.parameters == ["room": "7"])
    }

    @Test func `several devices: each with its unit and its interval, named by profile and unit`() throws {
        let source = try read(
            """
            [serial.bus]
            port = "/dev/ttyUSB0"
            devices = [
              { profile = "meter", unit = 3, every = "1s" },
              { profile = "meter", unit = 4, name = "hall" },
            ]
            """)
        guard case .devices(let devices) = source.content else { return #expect(Bool(false), "no devices") }
        #expect(devices.map(\.name) == ["meter-3", "hall"])
        #expect(devices.map(\.profile.modbus?.unit) == [3, 4])
        #expect(devices.map(\.profile.modbus?.every) == [.seconds(1), .seconds(5)])
        #expect(source.link.settings.baud == 2400)
        #expect(source.topic(device: "hall") == "serial/bus/hall")
    }

    @Test func `a pattern and auto are ports, and auto without a profile is detected`() throws {
        #expect(try read("[serial.a]\nport = \"/dev/ttyUSB*\"\nprofile = \"dust\"").port == .glob("/dev/ttyUSB*"))
        let automatic = try read("[serial.a]\nport = \"auto\"")
        guard case .detected = automatic.content else { return #expect(Bool(false), "\(automatic.content)") }
        #expect(automatic.port == .automatic)
    }

    @Test func `an address is held to the bounds of its protocol, here as in a profile`() throws {
        for (name, kind) in [("heat", "mbus"), ("probe", "sdi-12"), ("counter", "iec62056-21")] {
            _ = try text.folder.write(
                "\(name).toml",
                """
                format = 1
                title = "\(name)"
                source = "made up"
                others = true
                [framing]
                kind = "\(kind)"
                """)
        }
        func problem(_ keys: String) -> String { issues("[serial.a]\nport = \"/dev/x\"\n\(keys)") }
        #expect(problem("profile = \"heat\"\nsecondary = \"1234567\"").contains("it has 8 or 16 digits"))
        #expect(problem("profile = \"heat\"\naddress = 255").contains("0 to 254"))
        #expect(
            problem("profile = \"heat\"\naddress = 1\nsecondary = \"12345678\"").contains("either address or secondary")
        )
        #expect(problem("profile = \"probe\"\naddress = \"é\"").contains("it is one letter or digit"))
        #expect(problem("profile = \"counter\"\naddress = \"a b\"").contains("32 printable ASCII characters"))
        let source = try read("[serial.a]\nport = \"/dev/x\"\nprofile = \"heat\"\nsecondary = \"12345678\"")
        guard case .devices(let devices) = source.content else { return #expect(Bool(false), "no devices") }
        #expect(devices.first?.profile.mbus?.secondary == "12345678")
    }

    @Test func `bad input names the key, and what there is`() {
        #expect(
            issues("[serial.a]\nport = \"/dev/x\"\nprofile = \"meetr\"").contains("did you mean \"meter\"?"))
        #expect(
            issues("[serial.a]\nport = \"/dev/x\"\nprofile = \"dust\"\nformat = \"csv\"")
                .contains("belongs to a port without a profile"))
        #expect(
            issues("[serial.a]\nport = \"/dev/x\"\nprofile = \"dust\"\nunit = 3").contains("unknown key \"unit\""))
        #expect(
            issues("[serial.a]\nport = \"/dev/x\"\nprofile = \"dust\"\nroom = 300").contains("does not fit"))
        #expect(
            issues("[serial.a]\nport = \"/dev/x\"\ndevices = [{ profile = \"meter\" }, { profile = \"dust\" }]")
                .contains("cannot share a line"))
        #expect(
            issues("[serial.a]\nport = \"/dev/x\"\ndevices = [{ profile = \"meter\" }, { profile = \"meter\" }]")
                .contains("there are two devices \"meter-1\""))
        #expect(issues("[serial.a]\nport = \"/dev/x\"\ndevices = []").contains("at least one device"))
        #expect(
            issues("[serial.a]\nport = \"auto\"\nbaud = 2400").contains("detection finds out how the line is set"))
        #expect(issues("[serial.a]\nport = \"ttyUSB0\"").contains("is no port"))
        #expect(issues("[serial.a]\nport = \"/dev/x\"\nprofil = \"dust\"").contains("did you mean \"profile\"?"))
    }
}
