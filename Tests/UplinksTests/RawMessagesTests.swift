import MQTTTransport
import Records
import Testing

@testable import Uplinks

@Suite struct RawMessagesTests {
    private func message(
        _ record: Record, keepsRetained: Bool = false, hasProperties: Bool = true,
        clock: StandingClock = StandingClock()
    ) -> MQTTMessage {
        RawMessages(gateway: Sample.gateway, keepsRetained: keepsRetained, hasProperties: hasProperties, clock: clock)
            .message(
                for: record, of: Sample.batch([record]), topic: "up",
                identityPrefix: "plant7-gw2/telemetry/00000100000000ab/")
    }

    private func pairs(_ message: MQTTMessage) -> [String] {
        (message.properties?.userProperties ?? []).map { "\($0.name)=\($0.value)" }
    }

    @Test func `a record carries its identity as CloudEvents attributes`() {
        let message = message(Sample.record(42))
        #expect(Array(message.payload) == Array("21.5".utf8))
        #expect(message.topic == "up")
        #expect(
            pairs(message) == [
                "specversion=1.0", "id=plant7-gw2/telemetry/00000100000000ab/42", "source=/gateways/plant7-gw2",
                "type=io.millrace.record", "subject=sensors/hall3/t1", "time=2026-08-23T09:14:05.123Z",
            ])
        #expect(message.properties?.contentType == nil)
        #expect(message.properties?.messageExpirySeconds == nil)
    }

    @Test func `what MQTT 5 carried is passed on`() {
        let properties = RecordProperties(
            contentType: "text/csv", userProperties: [.init(name: "a", value: "1"), .init(name: "a", value: "2")],
            responseTopic: "reply/here", correlationData: [0, 255], isPayloadUTF8: true, device: "bus1-7",
            sourceMilliseconds: 0)
        let message = message(Sample.record(1, properties: properties))
        #expect(message.properties?.contentType == "text/csv")
        #expect(message.properties?.responseTopic == "reply/here")
        #expect(message.properties?.correlationData == [0, 255])
        #expect(message.properties?.isPayloadUTF8 == true)
        #expect(pairs(message).suffix(2) == ["a=1", "a=2"])
        #expect(pairs(message).contains("device=bus1-7"))
        #expect(pairs(message).contains("sourcetime=1970-01-01T00:00:00.000Z"))
    }

    @Test func `a sender's property with one of our names is passed on under another`() throws {
        let properties = RecordProperties(
            userProperties: [.init(name: "id", value: "theirs"), .init(name: "specversion", value: "0.3")])
        let message = message(Sample.record(5, properties: properties))
        let names = pairs(message)
        #expect(names.filter { $0.hasPrefix("id=") } == ["id=plant7-gw2/telemetry/00000100000000ab/5"])
        #expect(names.contains("original-id=theirs"))
        #expect(names.contains("original-specversion=0.3"))
        var reader = DeliveredEventReader()
        #expect(try reader.events(in: message).map(\.identity) == [.record(Sample.identity(5))])
    }

    @Test func `the gateways that a message has passed are kept and ours is added once`() {
        let properties = RecordProperties(
            userProperties: [
                .init(name: "millrace-origin", value: "gw-a"), .init(name: "x", value: "y"),
                .init(name: "millrace-origin", value: "plant7-gw2"),
            ])
        let message = message(Sample.record(5, properties: properties))
        let origins = pairs(message).filter { $0.hasPrefix("millrace-origin=") }
        #expect(origins == ["millrace-origin=gw-a"])
        #expect(LoopGuard.hasPassed(Sample.gateway, message.properties))
        #expect(LoopGuard.hasPassed(GatewayID("gw-a")!, message.properties))
        #expect(!LoopGuard.hasPassed(GatewayID("gw-b")!, message.properties))
        #expect(!LoopGuard.hasPassed(Sample.gateway, nil))
    }

    @Test func `a time that cannot be trusted says so, with what is needed to correct it`() {
        let unsynchronised = pairs(message(Sample.record(1, time: Sample.time(.unsynchronised))))
        #expect(unsynchronised.contains("timequality=unsynchronised"))
        #expect(!unsynchronised.contains { $0.hasPrefix("boot") })
        let corrected = pairs(message(Sample.record(1, time: Sample.time(.corrected))))
        #expect(corrected.contains("timequality=corrected"))
        #expect(!corrected.contains { $0.hasPrefix("boot") })
    }

    @Test func `the retain flag is set only where that is wanted and the record had it`() {
        #expect(!message(Sample.record(1, isRetained: true)).isRetained)
        #expect(message(Sample.record(1, isRetained: true), keepsRetained: true).isRetained)
        #expect(!message(Sample.record(1), keepsRetained: true).isRetained)
        #expect(pairs(message(Sample.record(1, isRetained: true))).contains("retained=true"))
    }

    @Test func `the expiry is shortened by the time in the log and never below a second`() {
        let record = Sample.record(1, properties: RecordProperties(messageExpirySeconds: 60))
        let clock = StandingClock(bootMilliseconds: 4_000)
        func left() -> UInt32? { message(record, clock: clock).properties?.messageExpirySeconds }
        #expect(left() == 60)
        clock.advance(milliseconds: 10_500)
        #expect(left() == 50)
        clock.advance(milliseconds: 1_000_000)
        #expect(left() == 1)
    }

    @Test func `after a restart of the machine only the time since then is taken off`() {
        let earlier = Sample.time(boot: BootID(high: 1, low: 1))
        let record = Sample.record(1, time: earlier, properties: RecordProperties(messageExpirySeconds: 60))
        let clock = StandingClock(bootMilliseconds: 20_000)
        #expect(message(record, clock: clock).properties?.messageExpirySeconds == 40)
        let large = RecordProperties(messageExpirySeconds: .max)
        #expect(message(Sample.record(1, properties: large)).properties?.messageExpirySeconds == UInt32.max - 6)
    }

    @Test func `in 3_1_1 the payload travels alone`() {
        let properties = RecordProperties(contentType: "text/plain", userProperties: [.init(name: "a", value: "b")])
        let message = message(Sample.record(1, properties: properties), hasProperties: false)
        #expect(message.properties == nil)
        #expect(Array(message.payload) == Array("21.5".utf8))
        var reader = DeliveredEventReader()
        #expect(throws: UplinkError.self) { try reader.events(in: message) }
    }
}
