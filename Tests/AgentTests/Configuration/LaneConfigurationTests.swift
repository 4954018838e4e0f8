import Agent
import Records
import Testing

@Suite struct LaneConfigurationTests {
    private let text: ConfigurationText

    init() throws { text = try ConfigurationText() }

    private static func file(_ lines: String) -> String {
        """
        [streams.alarms]
        [serial.a]
        port = "/dev/x"
        [uplinks.u]
        url = "mqtt://h"
        \(lines)
        """
    }

    private func uplink(_ lines: String) throws -> UplinkConfiguration {
        try #require(try text.read(Self.file(lines)).uplinks.first)
    }

    private static let alarms = StreamName("alarms")!

    @Test func `an order is for all streams, or for those that a table names`() throws {
        #expect(try uplink("").orders.isEmpty)
        let all = try uplink("order = \"fresh-first\"\nbacklog_share = 40")
        #expect(all.orders == [.telemetry: .freshFirst, Self.alarms: .freshFirst])
        #expect(all.backlogShare == 40)
        let one = try uplink("order = { telemetry = \"fresh-first\", alarms = \"oldest-first\" }")
        #expect(one.orders == [.telemetry: .freshFirst, Self.alarms: .oldestFirst])
        #expect(one.backlogShare == 25)
    }

    @Test(arguments: [
        (
            "order = \"newest-first\"",
            "order: \"newest-first\" is not one of \"oldest-first\", \"fresh-first\"; did you mean \"oldest-first\"?"
        ),
        ("order = { alarm = \"fresh-first\" }", "order: unknown key \"alarm\"; did you mean \"alarms\"?"),
        (
            "streams = [\"alarms\"]\norder = { telemetry = \"fresh-first\" }",
            "order: unknown key \"telemetry\"; known here: \"alarms\""
        ),
        (
            "backlog_share = 50",
            "backlog_share: backlog_share needs order = \"fresh-first\"; without it there is one lane"
        ),
        (
            "order = \"fresh-first\"\nbacklog_share = 100",
            "backlog_share: 100 is too large; allowed is an integer from 1 to 90"
        ),
    ])
    func `a wrong order or share is named`(lines: String, problem: String) {
        let problems = text.problems(Self.file(lines))
        #expect(problems.count == 1 && problems.first?.hasSuffix("uplinks.u." + problem) == true, "\(problems)")
    }
}
