import AgentTestKit
import DeviceProfiles
import Records
import SimulatedDevices
import Testing

/// Devices and lines that fail, in front of one agent.
@Suite(.serialized) struct DeviceFaultTests {
    private static let bus = """
        baud = 9600
        devices = [
          { name = "dead", profile = "xy-md02", unit = 1, every = "200ms" },
          { name = "meter", profile = "eastron-sdm120", unit = 2, every = "200ms" },
          { name = "store", profile = "xy-md02", unit = 3, every = "200ms" },
        ]
        """

    @Test func `P8 a dead Modbus slave stops none of its neighbours, and is read as soon as it lives`() async throws {
        let dead = try ProfileAgent.device("dead", "xy-md02", unit: 1)
        let meter = try ProfileAgent.device("meter", "eastron-sdm120", unit: 2)
        let store = try ProfileAgent.device("store", "xy-md02", unit: 3)
        dead.set(.silence)
        let line = try ProfileAgent.line(dead, meter, store)
        let agent = try await ProfileAgent(
            ["[serial.bus]\nport = \"\(line.terminal.path)\"\n\(Self.bus)"], lines: [line])
        #expect(await agent.publishes(10, of: "meter"))
        #expect(await agent.publishes(10, of: "store"))
        #expect(dead.requestCount > 0, "it was asked")
        #expect(!agent.deviceNames.contains("dead"))
        // It is asked ever less often, so that it costs its neighbours little.
        #expect(dead.requestCount < store.requestCount)
        dead.set(nil)
        #expect(await agent.publishes(1, of: "dead", within: .seconds(120)))
        try await agent.end([line])
    }

    /// What can be wrong, by name.
    static let faults: [(name: String, fault: LineFault)] = [
        ("noise", .noise([0x00, 0x01, 0x04, 0x04, 0xFF, 0x68, 0x2F, 0x59, 0x02])), ("truncation", .truncation(6)),
        ("wrong unit", .wrongUnit(9)), ("silence", .silence), ("echo", .echo),
        ("slow bytes", .slowBytes(.milliseconds(2))), ("late answers", .delay(.milliseconds(700))),
        ("refusals", .exception(4)),
    ]

    @Test func `no fault gives a wrong reading, and after each one the device is read again`() async throws {
        let names = ["xy-md02", "generic-modbus-ascii", "benewake-tfmini", "dsmr-5", "generic-mbus-heat", "voltronic-pi30"]
        let devices = try names.map { try ProfileAgent.device($0, $0, every: .milliseconds(50)) }
        let lines = try devices.map { try ProfileAgent.line($0) }
        let tables = zip(names, lines).map { name, line in
            """
            [serial.\(name)]
            port = "\(line.terminal.path)"
            profile = "\(name)"
            every = "100ms"
            keep = ["last"]
            """
        }
        let agent = try await ProfileAgent(tables, lines: lines)
        for (fault, kind) in Self.faults {
            let before = devices.map { $0.requestCount + $0.turnCount }
            for device in devices { device.set(kind) }
            let isMet = await eventually {
                zip(devices, before).allSatisfy { $0.requestCount + $0.turnCount >= $1 + 4 }
            }
            #expect(isMet, "\(fault) was not met")
            for device in devices { device.set(nil) }
            for name in names {
                let count = agent.packs(of: name).count
                #expect(await agent.publishes(count + 2, of: name), "\(name) after \(fault)")
            }
        }
        for name in names {
            let truth = ProfileAgent.truth(try ProfileAgent.library.profile(name))
            let wrong = agent.packs(of: name).joined().filter { !truth.contains($0) }
            #expect(wrong.isEmpty, "\(name) never had \(wrong.first.debugDescription)")
        }
        try await agent.end(lines)
    }

    @Test func `a device that is unplugged and plugged in again goes on, whether it speaks or is asked`() async throws {
        let level = try ProfileAgent.line(try ProfileAgent.device("level", "dfrobot-a02yyuw"))
        let store = try ProfileAgent.line(try ProfileAgent.device("store", "xy-md02"))
        let lines = [level, store]
        let agent = try await ProfileAgent(
            [
                "[serial.level]\nport = \"\(level.terminal.path)\"\nprofile = \"dfrobot-a02yyuw\"\nevery = \"100ms\"",
                "[serial.store]\nport = \"\(store.terminal.path)\"\nprofile = \"xy-md02\"\nevery = \"100ms\"",
            ], lines: lines)
        for line in lines {
            let name = line.devices[0].name
            #expect(await agent.publishes(2, of: name))
            line.terminal.unplug()
            #expect(await agent.agent.everLogged("\(line.terminal.path) is not there"), "\(agent.agent.logText)")
            let count = agent.packs(of: name).count
            try line.terminal.plugIn()
            #expect(await agent.publishes(count + 3, of: name), "\(agent.agent.logText)")
        }
        try await agent.end(lines)
    }
}
