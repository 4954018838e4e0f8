import MQTTTransport
import Records
import Testing

@testable import Uplinks

@Suite struct TopicMappingTests {
    private func mapped(_ mappings: TopicMapping..., topic: String = "rest/{topic}") throws -> MappedTopics {
        try MQTTUplinkConfiguration(
            topic: TopicTemplate(topic), mappings: mappings, format: .raw(keepsRetained: false)
        ).mapped(gateway: Sample.gateway, stream: .telemetry)
    }

    @Test(arguments: [
        ("local/#", "local/", "remote/{topic}", "local/a/b", "remote/a/b"),
        ("local/#", "local/", "remote/{topic}", "local/", "remote/"),
        // The parent is taken too, and does not begin with the prefix; mosquitto's bridge does the same.
        ("local/#", "local/", "remote/{topic}", "local", "remote/local"),
        ("local/#", "", "{topic}", "local/a", "local/a"),
        ("here", "", "there", "here", "there"),
        ("a/+/c", "a/", "{gateway}/{stream}/{topic}", "a/b/c", "plant7-gw2/telemetry/b/c"),
        ("a/#", "a/b", "x{topic}", "a/bc/d", "xc/d"),
        ("$SYS/broker/#", "$SYS/broker/", "status/{topic}", "$SYS/broker/uptime", "status/uptime"),
        ("grün/#", "grün/", "{topic}", "grün/ä", "ä"),
    ])
    func `the prefix goes and the template stays`(
        filter: String, prefix: String, template: String, topic: String, expected: String
    ) throws {
        let mapped = try mapped(TopicMapping(filter: filter, removing: prefix, topic: template))
        #expect(mapped.problem(with: Sample.record(1, topic: topic)) == nil)
        #expect(mapped.topic(for: Sample.record(1, topic: topic)) == expected)
    }

    @Test func `the first mapping that takes a record counts, and the template what none takes`() throws {
        let mapped = try mapped(
            TopicMapping(filter: "a/b", topic: "first"), TopicMapping(filter: "a/#", removing: "a/", topic: "2/{topic}")
        )
        #expect(mapped.topic(for: Sample.record(1, topic: "a/b")) == "first")
        #expect(mapped.topic(for: Sample.record(1, topic: "a/c")) == "2/c")
        #expect(mapped.topic(for: Sample.record(1, topic: "b/c")) == "rest/b/c")
    }

    @Test func `a record of which nothing is left, or that would go to the broker's own topics, is unfit`() throws {
        let mapped = try mapped(TopicMapping(filter: "a/#", removing: "a/", topic: "{topic}"))
        #expect(mapped.problem(with: Sample.record(1, topic: "a/")) == "it has no topic")
        #expect(mapped.problem(with: Sample.record(1, topic: "a/$SYS/x"))?.contains("begins with '$'") == true)
        let long = "a/" + String(repeating: "x", count: Limits.topicSizeMax)
        #expect(mapped.problem(with: Sample.record(1, topic: long)) == nil)
        let longer = "b/" + String(repeating: "x", count: Limits.topicSizeMax)
        #expect(mapped.problem(with: Sample.record(1, topic: longer)) != nil)
    }

    @Test(arguments: ["", "a/#/b", "a+", "$share/g/a"])
    func `a filter that is none is refused`(filter: String) {
        #expect(throws: UplinkError.self) { try TopicMapping(filter: filter) }
    }

    @Test func `messages of many records have no mappings`() throws {
        let mapping = try TopicMapping(filter: "a")
        #expect(throws: UplinkError.self) {
            try MQTTUplinkConfiguration(
                topic: TopicTemplate("x"), mappings: [mapping], format: .batches(.json, .init()))
        }
    }

    @Test func `an uplink publishes by its mappings, and word of a loss by its template`() async throws {
        let publisher = ScriptedPublisher()
        let uplink = MQTTUplink(
            gateway: Sample.gateway,
            configuration: try MQTTUplinkConfiguration(
                topic: TopicTemplate("g/{topic}"),
                mappings: [TopicMapping(filter: "sensors/#", removing: "sensors/", topic: "plant7/{topic}")],
                format: .raw(keepsRetained: false)),
            publisher: publisher, clock: StandingClock())
        #expect(await uplink.send(Sample.batch(count: 3)) == .acknowledged(through: SequenceNumber(3)))
        #expect(await uplink.send(Sample.loss) == .acknowledged(through: Sample.loss.last))
        #expect(publisher.confirmed.prefix(3).allSatisfy { $0.topic.hasPrefix("plant7/") })
        #expect(publisher.confirmed.last?.topic == "g/millrace/lost")
    }
}
