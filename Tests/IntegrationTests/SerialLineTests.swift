import AgentTestKit
import Records
import Testing
import Uplinks

/// Lines on serial ports, through the whole agent.
struct SerialLineTests {
    /// An agent that reads ports beside its broker, and the inbox behind it.
    private static func agent(_ tables: String...) async throws -> (RunningAgent, CentralInbox) {
        var options = RunningAgent.Options()
        options.isInMemory = true
        options.tables = tables
        let agent = try await RunningAgent(options)
        let inbox = try await CentralInbox(agent.centre, keepsRecords: true)
        try agent.start()
        try await agent.waitUntilReceiving()
        return (agent, inbox)
    }

    private static func payloads(_ inbox: CentralInbox, of device: String) -> [String] {
        inbox.records.filter { $0.device == device }.map { String(decoding: $0.payload, as: UTF8.self) }
    }

    @Test func `lines of JSON and CSV arrive as SenML with device and units`() async throws {
        let (air, power) = (try PseudoTerminal(), try PseudoTerminal())
        let (agent, inbox) = try await Self.agent(
            """
            [serial.air]
            port = "\(air.path)"
            format = "csv"
            columns = ["temperature:Cel", "humidity:%RH"]
            device = "air-7"
            [serial.power]
            port = "\(power.path)"
            format = "json"
            topic = "power/{device}"
            """)
        #expect(await agent.everLogged("reading \(air.path)"))
        #expect(await agent.everLogged("reading \(power.path)"))
        try air.send("21.5,40\n")
        try power.send("{\"voltage\":230.1}\n")
        #expect(
            await eventually {
                !Self.payloads(inbox, of: "air-7").isEmpty && !Self.payloads(inbox, of: "power").isEmpty
            }, "\(agent.logText)")
        let pack = try #require(Self.payloads(inbox, of: "air-7").first)
        for part in ["air-7", "\"n\":\"temperature\"", "\"u\":\"Cel\"", "\"v\":21.5", "\"u\":\"%RH\"", "\"v\":40"] {
            #expect(pack.contains(part), "\(part) is not in \(pack)")
        }
        #expect(Self.payloads(inbox, of: "power").first?.contains("\"v\":230.1") == true)
        let records = inbox.records
        #expect(records.allSatisfy { $0.contentType == "application/senml+json" })
        #expect(Set(records.map(\.topic)) == ["serial/air", "power/power"])
        #expect(try await agent.stop() == .exited(0))
    }

    @Test func `P8 a port that is unplugged, dead or talks without an end stops neither MQTT nor another port`()
        async throws
    {
        let (good, endless) = (try PseudoTerminal(), try PseudoTerminal())
        let (agent, inbox) = try await Self.agent(
            """
            [serial.good]
            port = "\(good.path)"
            [serial.endless]
            port = "\(endless.path)"
            line_max = "64B"
            [serial.dead]
            port = "/dev/null"
            [serial.absent]
            port = "usb:dead:beef"
            """)
        let sensor = try await Sensor(agent.floor)
        #expect(await agent.everLogged("reading \(good.path)"))
        #expect(await agent.everLogged("reading \(endless.path)"))
        try good.send("one\n")
        try endless.send(String(repeating: "x", count: 20_000))
        try await sensor.publish(0..<10)
        #expect(await inbox.receives(0..<10))
        #expect(await eventually { Self.payloads(inbox, of: "good") == ["one"] })
        good.unplug()
        #expect(await agent.everLogged("\(good.path) is not there"), "\(agent.logText)")
        try await sensor.publish(10..<20)
        #expect(await inbox.receives(10..<20))
        try good.plugIn()
        #expect(
            await eventually {
                agent.logText.split(separator: "\n").filter { $0.contains("reading \(good.path)") }.count == 2
            }, "\(agent.logText)")
        try good.send("two\n")
        // The end of the line that never ended is not taken for a line of its own.
        try endless.send("tail\nsound\n")
        #expect(await eventually { Self.payloads(inbox, of: "good") == ["one", "two"] })
        #expect(await eventually { Self.payloads(inbox, of: "endless") == ["sound"] })
        #expect(agent.logText.contains("/dev/null cannot be used"), "\(agent.logText)")
        #expect(try await agent.stop() == .exited(0))
    }

    @Test func `P3 lines that come while the disk takes nothing are kept or counted, and MQTT loses nothing`()
        async throws
    {
        var options = RunningAgent.Options()
        options.capacity = "4MiB"
        options.hasUplink = false
        options.isInMemory = true
        let port = try PseudoTerminal()
        options.tables = [
            "[streams.telemetry]", "overflow = \"reject-newest\"", "[serial.air]", "port = \"\(port.path)\"",
        ]
        let agent = try await RunningAgent(options)
        let relay = try Relay(to: agent.centre.port)
        relay.behaviour = .cut
        try agent.addUplink(port: relay.port)
        let inbox = try await CentralInbox(agent.centre, keepsRecords: true)
        try agent.start()
        try await agent.waitUntilReceiving()
        #expect(await agent.everLogged("reading \(port.path)"))
        try await Sensor(agent.floor).publish(0..<2000, size: 4096)
        #expect(await agent.everLogged("stream telemetry acknowledges nothing"))
        try port.send("line 1\nline 2\n")
        relay.behaviour = .passing
        #expect(await inbox.receives(0..<2000, within: .seconds(120)), "\(inbox.summary) \(agent.logText)")
        #expect(await eventually { Self.payloads(inbox, of: "air") == ["line 1", "line 2"] }, "\(agent.logText)")
        #expect(inbox.summary.missing == 0 && inbox.losses.isEmpty)
        #expect(try await agent.stop() == .exited(0))
    }
}
