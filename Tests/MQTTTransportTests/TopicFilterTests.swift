import MQTTTransport
import Testing

/// OASIS MQTT 5.0, section 4.7.
@Suite struct TopicFilterTests {
    @Test(arguments: [
        ("sport/tennis/player1/#", "sport/tennis/player1"), ("sport/tennis/player1/#", "sport/tennis/player1/ranking"),
        ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon"), ("sport/#", "sport"), ("#", "a/b/c"),
        ("sport/tennis/+", "sport/tennis/player1"), ("sport/+", "sport/"), ("+/+", "/finance"), ("/+", "/finance"),
        ("+", "a"), ("+/tennis/#", "a/tennis"), ("+/tennis/#", "a/tennis/b"), ("$SYS/#", "$SYS/a"),
        ("$SYS/monitor/+", "$SYS/monitor/Clients"), ("a//b", "a//b"), ("a/+/b", "a//b"), ("+/#", "a"), ("/", "/"),
        ("$share/group/a/+", "a/b"), ("$share/group/#", "a"), ("größe/+", "größe/1"), ("a/b/", "a/b/"),
    ])
    func `filters match what the standard says`(filter: String, topic: String) throws {
        #expect(try #require(MQTTTopicFilter(filter)).matches(topic))
    }

    @Test(arguments: [
        ("sport/tennis/+", "sport/tennis/player1/ranking"), ("sport/+", "sport"), ("+", "/finance"), ("#", "$SYS/a"),
        ("+/monitor/Clients", "$SYS/monitor/Clients"), ("a/b", "a/b/"), ("a/b/", "a/b"), ("a", "A"), ("a/b", "a"),
        ("a", "a/b"), ("a/#", "ab"), ("a/+/c", "a/b/d"), ("+/b", "a/bc"), ("+", ""),
        ("$share/group/a", "$share/group/a"),
        ("a/+", "a/b/c"), ("+/+", "a"),
    ])
    func `filters do not match what the standard excludes`(filter: String, topic: String) throws {
        #expect(try !#require(MQTTTopicFilter(filter)).matches(topic))
    }

    @Test(arguments: [
        "", "sport/tennis#", "sport/tennis/#/ranking", "sport+", "a/+b/c", "##", "a\u{0}", "a\u{1F}b", "$share/group",
        "$share/group/", "$share//a", "$share/gr+up/a", "$share/#/a", "$share/group/a#",
        String(repeating: "a", count: 65_536),
    ])
    func `invalid filters are refused`(filter: String) {
        #expect(MQTTTopicFilter(filter) == nil)
    }

    @Test func `topics have no wildcards, no control characters and a length`() {
        #expect(MQTTTopicFilter.isValidTopic("sensors/1/größe"))
        #expect(MQTTTopicFilter.isValidTopic("/"))
        #expect(MQTTTopicFilter.isValidTopic(String(repeating: "a", count: 65_535)))
        for topic in [
            "", "a/+", "a/#", "a#", "a\u{0}b", "a\nb", "a\u{7F}", "a\u{85}", String(repeating: "ä", count: 32_768),
        ] {
            #expect(!MQTTTopicFilter.isValidTopic(topic))
        }
    }

    @Test func `a filter without wildcards matches only itself`() throws {
        let filter = try #require(MQTTTopicFilter("a/b"))
        #expect(filter.description == "a/b")
        for topic in ["a/b", "a/bb", "a", "b", "a/", "/a/b", "a/b/c"] {
            #expect(filter.matches(topic) == (topic == "a/b"))
        }
    }
}
