import MQTTTransport
import Records
import Testing

@testable import Uplinks

@Suite struct TopicLimitsTests {
    private static let service = TopicLimits(sizeMax: 40, levelsMax: 8, freePrefix: "$aws/rules/")

    private func problem(_ topic: String, template: String = "{topic}", limits: TopicLimits = Self.service) throws
        -> String?
    {
        try TopicTemplate(template).bound(gateway: Sample.gateway, stream: .telemetry, limits: limits)
            .problem(with: Sample.record(1, topic: topic))
    }

    @Test func `levels and bytes are counted in the topic that is published to`() throws {
        #expect(try problem("1/2/3/4/5/6/7/8") == nil)
        #expect(try problem("1/2/3/4/5/6/7/8/9")?.contains("has 9 levels; 8 are allowed") == true)
        #expect(try problem("1/2/3/4/5/6/7/8", template: "up/{topic}")?.contains("9 levels") == true)
        #expect(try problem("/2/3/4/5/6/7/") == nil)
        #expect(try problem("/2/3/4/5/6/7/8/")?.contains("9 levels") == true)
        #expect(try problem(String(repeating: "x", count: 40)) == nil)
        #expect(try problem(String(repeating: "x", count: 41)) == "its topic would have 41 bytes; 40 are allowed")
        #expect(try problem("1/2/3/4/5/6/7/8/9", limits: TopicLimits()) == nil)
    }

    @Test func `levels that a service gives away do not count`() throws {
        #expect(try problem("1/2/3/4/5/6/7/8", template: "$aws/rules/r/{topic}") == nil)
        #expect(try problem("1/2/3/4/5/6/7/8/9", template: "$aws/rules/r/{topic}")?.contains("9 levels") == true)
        #expect(Self.service.levels(of: "$aws/rules/r") == 1)
    }

    @Test func `P8 a record over the limit is rejected with the reason, and those around it arrive`() async throws {
        let publisher = ScriptedPublisher()
        var configuration = try MQTTUplinkConfiguration(
            topic: TopicTemplate("g/{topic}"), format: .raw(keepsRetained: false))
        configuration.topicLimits = Self.service
        let uplink = MQTTUplink(
            gateway: Sample.gateway, configuration: configuration, publisher: publisher, clock: StandingClock())
        let records = [Sample.record(1), Sample.record(2, topic: "1/2/3/4/5/6/7/8"), Sample.record(3)]
        guard case .reject(SequenceNumber(2), let reason) = await uplink.send(Sample.batch(records)) else {
            Issue.record("the second record is to be rejected")
            return
        }
        #expect(reason.contains("9 levels"))
        #expect(await uplink.send(Sample.batch([records[2]])) == .acknowledged(through: SequenceNumber(3)))
        #expect(publisher.confirmed.map(\.topic) == ["g/sensors/hall3/t1", "g/sensors/hall3/t1"])
    }
}
