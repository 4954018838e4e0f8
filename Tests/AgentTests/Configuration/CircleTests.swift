import MQTTTransport
import StrictTOML
import Testing

@testable import Agent

/// Two-way setups that are meant pass; those that would go round for ever do not.
@Suite struct CircleTests {
    private let text: ConfigurationText

    init() throws { text = try ConfigurationText() }

    /// A gateway between its own broker and the centre's, both ways.
    private func twoWays(
        out: String = "sensors/#", into: String, up: String, down: String, versions: [String] = ["5", "5", "5", "5"],
        centre: String = "centre.example"
    ) -> String {
        """
        [gateway]
        id = "gw"
        [streams.down]
        [mqtt.floor]
        url = "mqtt://127.0.0.1"
        version = "\(versions[0])"
        topics = ["\(out)"]
        [uplinks.up]
        url = "mqtt://\(centre)"
        version = "\(versions[1])"
        streams = ["telemetry"]
        \(up)
        [mqtt.centre]
        url = "mqtt://\(centre)"
        version = "\(versions[2])"
        topics = ["\(into)"]
        stream = "down"
        [uplinks.down]
        url = "mqtt://localhost:1883"
        version = "\(versions[3])"
        streams = ["down"]
        \(down)
        """
    }

    private static let mapped = (
        up: "topics = [{ filter = \"loc/#\", remove = \"loc/\", topic = \"rem/{topic}\" }]",
        down: "topics = [{ filter = \"rem/#\", remove = \"rem/\", topic = \"loc/{topic}\" }]"
    )

    @Test(arguments: ["5", "3.1.1"])
    func `both ways on topics of their own pass, whatever the version`(version: String) throws {
        let configuration = twoWays(
            into: "plant7/commands/#", up: "topic = \"plant7/{topic}\"",
            down: "topics = [{ filter = \"plant7/#\", remove = \"plant7/\" }]",
            versions: Array(repeating: version, count: 4))
        #expect(text.problems(configuration) == [])
        #expect(try text.notes(configuration) == [])
    }

    @Test func `both ways on the same topics pass, and the echo over the link is noted`() throws {
        let configuration = twoWays(out: "loc/#", into: "rem/#", up: Self.mapped.up, down: Self.mapped.down)
        #expect(text.problems(configuration) == [])
        #expect(
            try text.notes(configuration) == [
                "millrace.toml:12: uplinks.up.topics: what \"rem/{topic}\" publishes to centre.example:1883 comes back "
                    + "through the filter \"rem/#\" of [mqtt.centre] (line 16), and is dropped because it has passed "
                    + "this gateway: it crosses the link twice, which topics of their own for each way would spare"
            ])
    }

    @Test(arguments: 0..<4)
    func `both ways on the same topics need MQTT 5 throughout`(old: Int) {
        var versions = Array(repeating: "5", count: 4)
        versions[old] = "3.1.1"
        let problems = text.problems(
            twoWays(out: "loc/#", into: "rem/#", up: Self.mapped.up, down: Self.mapped.down, versions: versions))
        // The floor's source hears the uplink down, the centre's source the uplink up.
        let place = old == 0 || old == 3 ? "22: uplinks.down.topics" : "12: uplinks.up.topics"
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("millrace.toml:\(place): records would go round in a circle") == true)
        #expect(problems.first?.contains("set version = \"5\" in both") == true)
    }

    @Test func `a way down without a stream of its own is refused, and told what it needs`() {
        let problems = text.problems(
            """
            [gateway]
            id = "gw"
            [mqtt.floor]
            url = "mqtt://127.0.0.1"
            topics = ["sensors/#"]
            [mqtt.centre]
            url = "mqtt://centre.example"
            topics = ["commands/#"]
            [uplinks.up]
            url = "mqtt://centre.example"
            topic = "{topic}"
            [uplinks.down]
            url = "mqtt://127.0.0.1"
            topic = "{topic}"
            """)
        #expect(problems.count == 2)
        #expect(problems.allSatisfy { $0.contains("give what comes in a stream that this uplink does not forward") })
    }

    @Test func `a ring over three brokers passes in MQTT 5 only`() {
        func ring(_ version: String) -> [String] {
            let brokers = ["a", "b", "c"]
            var lines = ["gateway.id = \"gw\""]
            for (index, broker) in brokers.enumerated() {
                let next = brokers[(index + 1) % 3]
                lines += [
                    "[streams.\(broker)]", "[mqtt.\(broker)]", "url = \"mqtt://\(broker)\"", "topics = [\"x/#\"]",
                    "version = \"\(version)\"", "stream = \"\(broker)\"",
                    "[uplinks.\(broker)]", "url = \"mqtt://\(next)\"", "client_id = \"out-\(broker)\"",
                    "topic = \"{topic}\"", "version = \"\(version)\"", "streams = [\"\(broker)\"]",
                ]
            }
            return text.problems(lines.joined(separator: "\n"))
        }
        #expect(ring("5") == [])
        #expect(ring("3.1.1").count == 3)
    }

    @Test func `a mapping that takes all leaves nothing for the template, one that takes some does`() {
        func problems(_ filter: String) -> [String] {
            text.problems(
                twoWays(
                    into: "gateways/#", up: "topics = [{ filter = \"\(filter)\", topic = \"p/{topic}\" }]",
                    down: "topic = \"{topic}\"", versions: Array(repeating: "3.1.1", count: 4), centre: "c"
                ).replacing("topics = [\"sensors/#\"]", with: "topics = [\"#\"]"))
        }
        #expect(problems("#") == [])
        let partial = problems("sensors/#")
        #expect(partial.count == 2)
        #expect(partial.first?.contains("\"gateways/{gateway}/{topic}\" publishes to c:1883") == true)
    }

    @Test func `readings published on the shop floor do not shut out a source that takes all there`() {
        let configuration = """
            [gateway]
            id = "gw"
            [streams.readings]
            [serial.air]
            port = "/dev/none"
            stream = "readings"
            [mqtt.floor]
            url = "mqtt://127.0.0.1"
            topics = ["#"]
            [uplinks.floor]
            url = "mqtt://127.0.0.1"
            client_id = "readings"
            streams = ["readings"]
            topic = "{topic}"
            """
        #expect(text.problems(configuration) == [])
    }

    /// Every text of up to three levels, of which each is one of these.
    private static func texts(_ levels: [String]) -> [String] {
        let two = levels.flatMap { first in levels.map { "\(first)/\($0)" } }
        return levels + two + two.flatMap { pair in levels.map { "\(pair)/\($0)" } }
    }

    @Test func `what is left of a topic fits what is left of each filter that it fits`() throws {
        let topics = Self.texts(["a", "ab", ""]).filter { !$0.isEmpty }
        let filters = Self.texts(["a", "ab", "+", "#"]).filter { TopicSyntax.problem(filter: $0) == nil }
        for text in filters {
            let filter = try #require(MQTTTopicFilter(text))
            for prefix in ["a", "a/", "ab/", "a/a", "a/ab/", "/", "/a/", "b"] {
                let left = TopicPattern(filter: text).removing(prefix: prefix)
                for topic in topics where filter.matches(topic) {
                    let remainder = topic.hasPrefix(prefix) ? String(topic.dropFirst(prefix.count)) : topic
                    let levels = remainder.split(separator: "/", omittingEmptySubsequences: false)
                    let pattern = TopicPattern(levels: levels.map { .literal(String($0)) })
                    #expect(left.contains { $0.meets(pattern) }, "\(text) without \(prefix): \(topic)")
                }
            }
            for other in filters where TopicPattern(filter: text).covers(TopicPattern(filter: other)) {
                let narrow = try #require(MQTTTopicFilter(other))
                #expect(topics.allSatisfy { !narrow.matches($0) || filter.matches($0) }, "\(text) covers \(other)")
            }
        }
    }

    @Test func `what is left of a filter is no more than needed`() {
        func left(_ filter: String, _ prefix: String) -> [[TopicPattern.Level]] {
            TopicPattern(filter: filter).removing(prefix: prefix).map(\.levels)
        }
        #expect(left("local/#", "local/") == [[.any, .rest], [.literal("local")]])
        #expect(left("local/a/+", "local/") == [[.literal("a"), .any]])
        #expect(left("local/a", "loc") == [[.literal("al"), .literal("a")]])
        #expect(left("other/a", "local/") == [[.literal("other"), .literal("a")]])
        #expect(TopicPattern(filter: "a/#").covers(TopicPattern(filter: "a")))
        #expect(TopicPattern(filter: "#").covers(TopicPattern(filter: "+/b/#")))
        #expect(!TopicPattern(filter: "#").covers(TopicPattern(filter: "$SYS/x")))
        #expect(!TopicPattern(filter: "+/b").covers(TopicPattern(filter: "#")))
    }
}
