import Records
import Testing

@testable import Uplinks

@Suite struct TopicTemplateTests {
    private func topic(_ template: String, _ record: Record) throws -> String {
        try TopicTemplate(template).bound(gateway: Sample.gateway, stream: .telemetry).topic(for: record)
    }

    @Test(arguments: [
        ("gateways/{gateway}/{topic}", "gateways/plant7-gw2/sensors/hall3/t1"),
        ("{stream}", "telemetry"),
        ("{topic}", "sensors/hall3/t1"),
        ("{device}/{stream}", "t1/telemetry"),
        ("a{gateway}b{stream}c{topic}d{device}e", "aplant7-gw2btelemetrycsensors/hall3/t1dt1e"),
        ("plain/topic", "plain/topic"),
        ("$aws/rules/intake/{topic}", "$aws/rules/intake/sensors/hall3/t1"),
    ])
    func `placeholders are filled in`(template: String, expected: String) throws {
        #expect(try topic(template, Sample.record(1)) == expected)
        #expect(try TopicTemplate(template).description == template)
    }

    @Test(arguments: [
        ("", "empty"), ("a/+/b", "'+'"), ("a/#", "'#'"), ("a\0b", "NUL"), ("{gatewy}/x", "{gatewy}"),
        ("x/{", "other half"), ("x/}", "other half"), ("{topic", "other half"), ("{}", "{}"),
        ("$SYS/x", "$SYS"), ("$share/g/x", "$share"), (String(repeating: "a", count: 1025), "1024"),
    ])
    func `a wrong template is refused and says why`(template: String, word: String) {
        let error = #expect(throws: UplinkError.self) { try TopicTemplate(template) }
        #expect(error?.code == .topicTemplate)
        #expect(error?.message.contains(word) == true)
    }

    @Test func `an unknown placeholder is answered with those that are known`() {
        let error = #expect(throws: UplinkError.self) { try TopicTemplate("{site}/{topic}") }
        #expect(error?.message.contains("{gateway}, {stream}, {topic}, {device}") == true)
    }

    @Test func `a template for batches takes only what is the same for all records`() throws {
        let error = #expect(throws: UplinkError.self) {
            try TopicTemplate("x/{topic}", allowing: [.gateway, .stream])
        }
        #expect(error?.message.contains("allowed are {gateway}, {stream}") == true)
        #expect(try !TopicTemplate("g/{gateway}/{stream}", allowing: [.gateway, .stream]).isPerRecord)
        #expect(try TopicTemplate("g/{device}").isPerRecord)
    }

    @Test func `the device is the one named, else the last level of the topic`() throws {
        let named = Sample.record(1, properties: RecordProperties(device: "bus1 unit+2/a"))
        #expect(try topic("d/{device}", named) == "d/bus1 unit_2_a")
        #expect(try topic("d/{device}", Sample.record(1, topic: "a/b//")) == "d/b")
        #expect(try topic("d/{device}", Sample.record(1, topic: "///")) == "d/unknown")
        #expect(try topic("d/{device}", Sample.record(1, properties: RecordProperties(device: ""))) == "d/t1")
    }

    @Test func `word of a loss has a topic of its own`() throws {
        let bound = try TopicTemplate("g/{gateway}/{topic}/{device}").bound(gateway: Sample.gateway, stream: .telemetry)
        #expect(bound.topicWithoutRecord() == "g/plant7-gw2/millrace/lost/unknown")
    }

    @Test(arguments: ["a/+", "a/#", "a\0b"])
    func `a record whose topic nothing can be published to is named`(topic: String) throws {
        let record = Sample.record(1, topic: topic)
        let bound = try TopicTemplate("g/{topic}").bound(gateway: Sample.gateway, stream: .telemetry)
        #expect(bound.problem(with: record)?.contains("wildcard") == true)
        let constant = try TopicTemplate("g/{stream}").bound(gateway: Sample.gateway, stream: .telemetry)
        #expect(constant.problem(with: record) == nil)
    }

    @Test func `topics that are empty, too long or the broker's own are found before they are sent`() throws {
        let bare = try TopicTemplate("{topic}").bound(gateway: Sample.gateway, stream: .telemetry)
        #expect(bare.problem(with: Sample.record(1)) == nil)
        #expect(bare.problem(with: Sample.record(1, topic: "")) != nil)
        #expect(bare.problem(with: Sample.record(1, topic: "$SYS/broker/load")) != nil)
        let long = String(repeating: "x", count: 65_535)
        #expect(bare.problem(with: Sample.record(1, topic: long)) == nil)
        let prefixed = try TopicTemplate("g/{topic}").bound(gateway: Sample.gateway, stream: .telemetry)
        #expect(prefixed.problem(with: Sample.record(1, topic: long))?.contains("65537") == true)
        #expect(prefixed.problem(with: Sample.record(1, topic: "$SYS/broker/load")) == nil)
    }
}
