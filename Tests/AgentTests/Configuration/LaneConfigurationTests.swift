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
        let all = try uplink("order = \"fresh-first\"\nbacklog_share = 40\nbacklog_after = \"1m\"")
        #expect(all.backlogAfter == .seconds(60))
        #expect(all.orders == [.telemetry: .freshFirst, Self.alarms: .freshFirst])
        #expect(all.backlogShare == 40)
        let one = try uplink("order = { telemetry = \"fresh-first\", alarms = \"oldest-first\" }")
        #expect(one.orders == [.telemetry: .freshFirst, Self.alarms: .oldestFirst])
        #expect(one.backlogShare == 25 && one.backlogAfter == .seconds(10))
    }

    @Test func `every key of a link is taken over`() throws {
        #expect(try uplink("").link == LinkConfiguration())
        let link = try uplink(
            """
            limit = { bytes_per_second = "20kB", messages_per_second = 100, backlog_bytes_per_second = "10kB", \
            backlog_messages_per_second = 50 }
            budget = { bytes = "20MB", per = "day" }
            windows = ["0 2 * * * for 20m"]
            start_spread = "5m"
            """
        ).link
        #expect(link.limits.bytes == 20_000 && link.limits.messages == 100)
        #expect(link.limits.backlogBytes == 10_000 && link.limits.backlogMessages == 50)
        #expect(link.budget == LinkBudget(bytes: .bytes(20_000_000), period: .day))
        #expect(link.windows.map(\.description) == ["0 2 * * * for 20m"])
        #expect(link.windows.map(\.length) == [.seconds(1200)])
        #expect(link.startSpread == .seconds(300))
    }

    @Test(arguments: [
        (
            "limit = { bytes_per_second = \"10kB\", backlog_bytes_per_second = \"20kB\" }",
            "limit.backlog_bytes_per_second: is more than bytes_per_second, which holds for everything"
        ),
        (
            "limit = { messages_per_second = 1, backlog_messages_per_second = 2 }",
            "limit.backlog_messages_per_second: is more than messages_per_second, which holds for everything"
        ),
        (
            "limit = { byte_per_second = \"10kB\" }",
            "limit: unknown key \"byte_per_second\"; did you mean \"bytes_per_second\"?"
        ),
        ("budget = { per = \"day\" }", "budget: missing key \"bytes\"; for example bytes = \"500MB\""),
        ("budget = { bytes = \"1MB\" }", "budget: missing key \"per\"; for example per = \"month\""),
        (
            "budget = { bytes = \"1MB\", per = \"week\" }",
            "budget.per: \"week\" is not one of \"day\", \"month\""
        ),
        ("windows = []", "windows: needs at least one window; without this key the link is always open"),
        (
            "windows = [\"0 2 * * * for 20m\", \"0 2 30 2 * for 20m\"]",
            "windows[2]: \"0 2 30 2 * for 20m\" never comes"
        ),
        (
            "windows = [\"61 2 * * * for 20m\"]",
            "windows[1]: \"61\" is no minute; allowed are 0 to 59, *, ranges and steps"
        ),
        (
            "windows = [\"0 2 * * * for 20m\"]\nstart_spread = \"20m\"",
            "start_spread: must be shorter than the shortest window, which is open for 20m"
        ),
    ])
    func `a wrong limit, budget or window is named`(lines: String, problem: String) {
        let problems = text.problems(Self.file(lines))
        #expect(problems.count == 1 && problems.first?.hasSuffix("uplinks.u." + problem) == true, "\(problems)")
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
