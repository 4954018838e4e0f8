import AgentTestKit
import DeviceProfiles
import Glibc
import Records
import SimulatedDevices
import Testing
import Uplinks

/// A simulated device of each family of protocols, read by one agent.
@Suite(.serialized) struct DeviceFamilyTests {
    /// One or more profiles of each way to frame, and of each way to ask.
    static let profiles = [
        "mightyohm-geiger", "nmea-wind", "dfrobot-a02yyuw", "benewake-tfmini", "generic-cobs", "german-sml-meter",
        "generic-han", "dsmr-5", "enedis-tic-standard", "victron-mppt", "ublox-nav-pvt", "resol-deltasol-mx",
        "enocean-esp3", "cjmcu-mcu680", "kamstrup-kmp", "victron-vedirect-hex", "pylontech-us2000", "voltronic-pi30",
        "davis-vantage", "xy-md02", "generic-modbus-ascii", "generic-mbus-heat", "generic-d0", "meter-teros12",
        "us-100", "trimble-thunderbolt", "lufft-ws-umb", "jikong-bms", "keller-33x", "eletechsup-r4dcb08",
    ]

    @Test func `a device of each framing family is read, and nothing is published that it does not have`() async throws
    {
        var lines: [SimulatedLine] = []
        var tables: [String] = []
        for name in Self.profiles {
            let line = try ProfileAgent.line(try ProfileAgent.device(name, name, every: .milliseconds(200)))
            lines.append(line)
            tables.append(
                """
                [serial.\(name)]
                port = "\(line.terminal.path)"
                profile = "\(name)"
                data_bits = 8
                parity = "none"
                every = "200ms"
                keep = ["last"]
                """)
        }
        let agent = try await ProfileAgent(tables, lines: lines)
        for name in Self.profiles {
            #expect(await agent.publishes(2, of: name), "nothing of \(name)")
            let truth = ProfileAgent.truth(try ProfileAgent.library.profile(name))
            let wrong = agent.packs(of: name).joined().filter { !truth.contains($0) }
            #expect(wrong.isEmpty, "\(name) has no \(wrong.first.debugDescription)")
        }
        try await agent.end(lines)
    }

    @Test func `values go out in the primary units of SenML`() async throws {
        let level = try ProfileAgent.line(try ProfileAgent.device("level", "dfrobot-a02yyuw"))
        let grid = try ProfileAgent.line(try ProfileAgent.device("grid", "dsmr-5"))
        let lines = [level, grid]
        let agent = try await ProfileAgent(
            [
                "[serial.level]\nport = \"\(level.terminal.path)\"\nprofile = \"dfrobot-a02yyuw\"\nevery = \"100ms\"",
                "[serial.grid]\nport = \"\(grid.terminal.path)\"\nprofile = \"dsmr-5\"\nevery = \"100ms\"",
            ], lines: lines)
        #expect(await agent.publishes(1, of: "level"))
        #expect(await agent.publishes(1, of: "grid"))
        #expect(agent.packs(of: "level").first == [Reading(name: "distance", value: .number(1.389), unit: "m")])
        let telegram = try #require(agent.packs(of: "grid").first)
        #expect(telegram.contains(Reading(name: "power_import", value: .number(312), unit: "W")))
        #expect(telegram.contains(Reading(name: "energy_export_t2", value: .number(998.7 * 3.6e6), unit: "J")))
        try await agent.end(lines)
    }

    @Test func `two devices behind one port that say who they are have names of their own`() async throws {
        let line = try ProfileAgent.line(try ProfileAgent.device("radio", "rflink"))
        let agent = try await ProfileAgent(
            ["[serial.radio]\nport = \"\(line.terminal.path)\"\nprofile = \"rflink\""], lines: [line])
        #expect(await agent.publishes(2, of: "radio-2D35"))
        #expect(await agent.publishes(2, of: "radio-2a19"))
        let climate = agent.packs(of: "radio-2D35").joined()
        #expect(climate.contains { $0.name == "humidity" })
        #expect(!agent.packs(of: "radio-2a19").joined().contains { $0.name == "humidity" })
        let topics = Set(agent.inbox.records.map(\.topic))
        #expect(topics.isSuperset(of: ["serial/radio/radio-2D35", "serial/radio/radio-2a19"]))
        try await agent.end([line])
    }

    @Test func `a pattern reads each port that fits under a device name of its own, also one that comes later`()
        async throws
    {
        let folder = try TemporaryFolder("ports")
        let first = try ProfileAgent.line(try ProfileAgent.device("first", "dfrobot-a02yyuw"))
        let second = try ProfileAgent.line(try ProfileAgent.device("second", "dfrobot-a02yyuw"))
        second.devices[0].set(2000, of: "distance")
        #expect(symlink(first.terminal.path, folder.file("sensor-a")) == 0)
        let agent = try await ProfileAgent(
            ["[serial.level]\nport = \"\(folder.file("sensor-*"))\"\nprofile = \"dfrobot-a02yyuw\"\nevery = \"100ms\""],
            lines: [])
        #expect(first.start() && second.start())
        #expect(await agent.publishes(2, of: "level-sensor-a"), "\(agent.agent.logText)")
        #expect(agent.deviceNames == ["level-sensor-a"])
        #expect(symlink(second.terminal.path, folder.file("sensor-b")) == 0)
        #expect(await agent.publishes(2, of: "level-sensor-b"), "\(agent.agent.logText)")
        #expect(agent.packs(of: "level-sensor-a").joined().allSatisfy { $0.value == .number(1.389) })
        #expect(agent.packs(of: "level-sensor-b").joined().allSatisfy { $0.value == .number(2) })
        try await agent.end([first, second])
    }
}
