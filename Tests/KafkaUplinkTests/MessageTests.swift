import AgentTestKit
import Records
import Testing
import Uplinks

@testable import KafkaUplink

/// What messages hold, and what becomes of those that a cluster refuses, against a cluster in memory.
@Suite struct MessageTests {
    private func uplink(
        _ producer: ScriptedProducer, topic: String = "telemetry", key: String = "{device}",
        format: KafkaUplinkConfiguration.Format = .raw
    ) throws -> KafkaProducerUplink {
        KafkaProducerUplink(
            gateway: Sample.gateway,
            configuration: try KafkaUplinkConfiguration(
                topic: KafkaTemplate(topic, for: .topic), key: KafkaTemplate(key, for: .key), format: format),
            delivering: producer)
    }

    private func headers(_ message: KafkaMessage) -> [String: String] {
        Dictionary(message.headers.pairs.map { ($0.name, $0.value) }) { first, _ in first }
    }

    private func sequence(_ message: KafkaMessage) -> UInt64 {
        UInt64(headers(message)["ce_id"]?.split(separator: "/").last ?? "") ?? 0
    }

    @Test func `what MQTT 5 carried becomes headers, and what would pass for ours keeps another name`() async throws {
        let producer = ScriptedProducer()
        let uplink = try uplink(producer)
        let properties = RecordProperties(
            contentType: "text/csv",
            userProperties: [
                .init(name: "ce_id", value: "theirs"), .init(name: "line", value: "7"),
                .init(name: "content-type", value: "x"), .init(name: LoopGuard.propertyName, value: "gw-1"),
            ],
            messageExpirySeconds: 60, responseTopic: "reply", correlationData: [0, 1, 255], device: "pump/3",
            sourceMilliseconds: Sample.milliseconds)
        var record = Sample.record(5, topic: "a/b", quality: .unsynchronised, properties: properties)
        record.isRetained = true
        #expect(
            await uplink.send(Sample.batch([record], delivery: .historical))
                == .acknowledged(through: SequenceNumber(5)))
        let message = try #require(producer.confirmed.first)
        let headers = headers(message)
        #expect(headers["ce_id"] == Sample.id(5))
        #expect(headers["original-ce_id"] == "theirs")
        #expect(headers["original-content-type"] == "x")
        #expect(headers["content-type"] == "text/csv")
        #expect(headers["line"] == "7")
        #expect(headers[LoopGuard.propertyName] == "gw-1")
        #expect(headers["ce_device"] == "pump/3")
        #expect(headers["ce_sourcetime"] == "2026-08-23T09:14:05.123Z")
        #expect(headers["ce_expirytime"] == "2026-08-23T09:15:05.128Z")
        #expect(headers["ce_responsetopic"] == "reply")
        #expect(headers["ce_correlationdata"] == "AAH/")
        #expect(headers["ce_historical"] == "true")
        #expect(headers["ce_retained"] == "true")
        #expect(headers["ce_timequality"] == "unsynchronised")
        #expect(headers["ce_boottime"] == "4000")
        #expect(message.key == Array("pump/3".utf8))
        // Kafka would let a message of 1970 expire at once.
        #expect(message.milliseconds == nil)
    }

    @Test func `records that a cluster refuses are rejected alone, in either format`() async throws {
        let formats: [KafkaUplinkConfiguration.Format] = [.raw, .batched(.init(recordsMax: 30))]
        for format in formats {
            let producer = ScriptedProducer(set: 25) { messages in
                messages.contains { $0.payload.contains { $0 == UInt8(ascii: "!") } } ? .invalid : nil
            }
            let uplink = try uplink(producer, key: "{stream}", format: format)
            var records = Sample.batch(1...500).records
            for index in [0, 77, 78, 499] { records[index].payload = Array("\"!\"".utf8)[...] }
            let (rejected, retries, isComplete) = await uplink.sendAll(Sample.batch(records))
            #expect(isComplete && retries.isEmpty)
            #expect(rejected.map(\.0) == [1, 78, 79, 500])
            #expect(producer.shrinks == 0)
            guard case .raw = format else { continue }
            #expect(
                producer.confirmed.map(sequence)
                    == (1...500).map { UInt64($0) }.filter { ![1, 78, 79, 500].contains($0) })
        }
    }

    @Test func `a set that is only too large together makes the next ones smaller, and rejects nothing`() async throws {
        let producer = ScriptedProducer(set: 100) { $0.count > 40 ? .tooLarge : nil }
        let raw = try uplink(producer)
        #expect(await raw.send(Sample.batch(1...300)) == .acknowledged(through: SequenceNumber(300)))
        #expect(producer.confirmed.map(sequence) == Array(1...300))
        #expect(producer.shrinks == 1)

        let sizes = ScriptedProducer { $0.contains { $0.payload.count > 20_000 } ? .tooLarge : nil }
        let many = try uplink(sizes, key: "{stream}", format: .batched(.init()))
        #expect(await many.send(Sample.batch(1...400)) == .acknowledged(through: SequenceNumber(400)))
        let before = sizes.deliveries.count
        for _ in 0..<3 {
            #expect(await many.send(Sample.batch(1...400)) == .acknowledged(through: SequenceNumber(400)))
        }
        let last = sizes.deliveries.count
        #expect(await many.send(Sample.batch(1...400)) == .acknowledged(through: SequenceNumber(400)))
        #expect(before > 1)
        #expect(sizes.deliveries.count == last + 1)
    }

    @Test func `a record that no topic can be made for is rejected, and those before it are delivered`() async throws {
        let producer = ScriptedProducer()
        let uplink = try uplink(producer, topic: "{topic}")
        let long = String(repeating: "x", count: 300)
        let records = (1...5).map { Sample.record($0, topic: $0 == 3 ? long : "t/\($0)") }
        let (rejected, _, isComplete) = await uplink.sendAll(Sample.batch(records))
        #expect(isComplete)
        #expect(rejected.map(\.0) == [3])
        #expect(rejected.first?.1.contains("249") == true)
        #expect(producer.confirmed.map { String(decoding: $0.topic, as: UTF8.self) } == ["t.1", "t.2", "t.4", "t.5"])
    }

    @Test func `a loss that a cluster refuses is answered, and closing stops the producer`() async throws {
        let producer = ScriptedProducer { _ in .invalid }
        let uplink = try uplink(producer)
        #expect(await uplink.send(Sample.loss) == .reject(Sample.loss.first, reason: "refused"))
        await uplink.close()
        #expect(producer.isStopped)
    }

    @Test func `templates that differ from record to record are refused for messages of many`() throws {
        #expect(throws: UplinkError.self) {
            try uplink(ScriptedProducer(), key: "{device}", format: .batched(.init()))
        }
        #expect(throws: UplinkError.self) {
            try uplink(ScriptedProducer(), topic: "{topic}", key: "k", format: .batched(.init()))
        }
    }
}
