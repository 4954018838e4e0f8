import Agent
import MQTTTransport
import Testing
import Uplinks

@Suite struct FilterConfigurationTests {
    private let text: ConfigurationText

    init() throws { text = try ConfigurationText() }

    private static func file(_ rule: String) -> String {
        """
        [serial.a]
        port = "/dev/x"
        [uplinks.u]
        url = "mqtt://h"
        filters = [\(rule)]
        """
    }

    private func rules(_ rule: String) throws -> [FilterRule] {
        try #require(try text.read(Self.file(rule)).uplinks.first).filters
    }

    @Test func `every key of a rule is taken over`() throws {
        #expect(try rules("").isEmpty)
        let rules = try rules(
            """
            { topics = "debug/#", keep = "none" },
            { topics = ["a/+", "b"], keep = "sample", every = "10s", fields = ["x", "y"] },
            { topics = "#", keep = "changes", deadband = 0.5, at_least = "15m", ignore = ["count"] },
            """)
        #expect(
            rules == [
                FilterRule(topics: [MQTTTopicFilter("debug/#")!], selection: .none),
                FilterRule(
                    topics: [MQTTTopicFilter("a/+")!, MQTTTopicFilter("b")!], selection: .sample(every: .seconds(10)),
                    fields: ["x", "y"]),
                FilterRule(
                    topics: [MQTTTopicFilter("#")!], selection: .changes(deadband: 0.5, atLeast: .seconds(900)),
                    ignored: ["count"]),
            ])
    }

    @Test func `the pipeline says what is left out`() throws {
        let configuration = try text.read(
            Self.file(
                "{ topics = \"debug/#\", keep = \"none\" }, { topics = \"a\", keep = \"changes\", at_least = \"1m\" }"))
        #expect(configuration.pipelineDescription().contains("of debug/#: none"))
        #expect(configuration.pipelineDescription().contains("of a: changes, at least one in 1m"))
    }

    @Test(arguments: [
        ("{}", "topics"), ("{ topics = [] }", "needs at least one topic filter"),
        ("{ topics = \"a/#/b\" }", "no topic filter"), ("{ topics = [\"a\", 1] }", "topics"),
        ("{ topics = \"a\", keep = \"some\" }", "keep"), ("{ topics = \"a\", keep = \"sample\" }", "every"),
        ("{ topics = \"a\", every = \"1s\" }", "needs keep = \"sample\""),
        ("{ topics = \"a\", deadband = 1 }", "needs keep = \"changes\""),
        ("{ topics = \"a\", keep = \"changes\", deadband = -1 }", "must not be below 0"),
        ("{ topics = \"a\", fields = [] }", "needs at least one name"),
        ("{ topics = \"a\", keep = \"none\", fields = [\"x\"] }", "of no use"),
        ("{ topics = \"a\", filed = [\"x\"] }", "fields"),
    ])
    func `a rule that cannot be is refused, with the key named`(rule: String, message: String) throws {
        let issues = text.problems(Self.file(rule))
        #expect(issues.contains { $0.contains(message) }, "\(issues)")
    }
}
