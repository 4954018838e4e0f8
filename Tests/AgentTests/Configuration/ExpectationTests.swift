import AgentTestKit
import Records
import Testing

@testable import Agent

/// `silent_after`, `alarms`, and the stream of events.
struct ExpectationTests {
    private let text: ConfigurationText

    init() throws { text = try ConfigurationText() }

    private static let start = "gateway.id = \"g\"\n"

    private func line(_ keys: String) -> String {
        Self.start + "[serial.air]\nport = \"/dev/ttyS0\"\nformat = \"csv\"\ncolumns = [\"t:Cel\"]\n" + keys
    }

    @Test(arguments: [
        ("alarms = { t = {} }", "needs a limit"),
        ("alarms = { x = { above = 1 } }", "gives no reading \"x\""),
        ("alarms = { t = { above = 1, hysteresis = -1 } }", "must not be below zero"),
        ("alarms = { t = { above = 1, below = 0, hysteresis = 1 } }", "leaves no value that is no alarm"),
        ("alarms = { t = { over = 1 } }", "unknown key \"over\""),
        ("alarms = { t = { above = \"hot\" } }", "expected a number"),
        ("alarms = 3", "expected a table with a name"),
        ("silent_after = \"0s\"", "too short"),
        ("silent_after = 5", "expected a duration"),
    ])
    func `a wrong expectation is named`(keys: String, message: String) {
        let problems = text.problems(line(keys))
        #expect(problems.contains { $0.contains(message) }, "\(problems)")
    }

    @Test func `expectations are read for lines, topics and devices`() throws {
        let configuration = try text.read(
            line("silent_after = \"5m\"\nalarms.t = { above = 80, below = -20, hysteresis = 1 }\n")
                + """
                [mqtt.floor]
                url = "mqtt://127.0.0.1"
                silent_after = "1h"
                topics = ["a", { filter = "b", silent_after = "10s" }]
                """)
        guard case .devices(let devices) = configuration.serialSources[0].content else {
            Issue.record("no device")
            return
        }
        var rule = RangeRule(reading: "t")
        (rule.above, rule.below, rule.hysteresis) = (80, -20, 1)
        #expect(devices.map(\.silentAfter) == [.seconds(300)])
        #expect(devices[0].ranges == [rule])
        #expect(configuration.mqttSources[0].routes.map(\.silentAfter) == [.seconds(3600), .seconds(10)])
    }

    @Test func `the stream of events takes little of the log, is nobody's source, and is forwarded where it is named`()
        throws
    {
        let tables = """
            [streams.millrace]
            [mqtt.floor]
            url = "mqtt://127.0.0.1"
            topics = ["a"]
            [uplinks.all]
            url = "mqtt://127.0.0.2"
            [uplinks.watch]
            url = "mqtt://127.0.0.3"
            streams = ["millrace"]
            """
        let configuration = try text.read(Self.start + tables)
        #expect(configuration.streams.map(\.capacity) == [.mebibytes(508), .mebibytes(4)])
        #expect(configuration.uplinks.map(\.streams) == [[.telemetry], [.millrace]])
        let problems = text.problems(Self.start + tables.replacing("topics", with: "stream = \"millrace\"\ntopics"))
        #expect(problems.contains { $0.contains("is for what the agent tells of itself") }, "\(problems)")
    }

    @Test func `devices that disagree on what proves a frame whole cannot share a line`() throws {
        for (name, checksum) in [("one", "none"), ("two", "sum8")] {
            try text.folder.write(
                "\(name).toml",
                """
                format = 1
                title = "\(name)"
                source = "none"
                fields = [{ name = "t", at = 2, type = "u8" }]
                [framing]
                kind = "fixed"
                start = "FF"
                size = 8
                [checksum]
                kind = "\(checksum)"
                [[poll]]
                send = "01 02"
                """)
        }
        let problems = text.problems(
            Self.start + "[profiles]\nfolders = [\".\"]\n[serial.a]\nport = \"/dev/ttyS0\"\n"
                + "devices = [{ profile = \"one\" }, { profile = \"two\" }]")
        #expect(problems.contains { $0.contains("speak different protocols") }, "\(problems)")
    }
}
