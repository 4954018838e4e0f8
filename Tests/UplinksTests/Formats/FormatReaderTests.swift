import AgentTestKit
import Records
import Testing

@testable import Uplinks

/// What the formats have in common: every body is what it claims to be, whatever the payloads are.
@Suite struct FormatReaderTests {
    @Test(.enabled(if: PythonPeer.isReady, "\(PythonPeer.absence)"))
    func `readers that are not ours find every record in every format, whatever the payloads are`() async throws {
        let folder = try TemporaryFolder("formats")
        var count = 0
        for seed in 1...60 {
            var source = RandomRecords(seed: UInt64(seed))
            let made = (0..<25).map { source.next(UInt64(1000 * seed + $0)) }
            let records = made.map(\.record)
            var batch = Sample.batch(records)
            batch.delivery = RecordBatch.Delivery.allCases[seed % 3]
            for format in BatchFormat.allCases {
                var encoder = format.makeEncoder()
                encoder.encode(records[...], of: batch)
                _ = try folder.write("\(seed).\(format.rawValue)", encoder.bytes)
            }
            _ = try folder.write("\(seed).records.json", description(of: made))
            count += made.count
        }
        let answer = try await PythonPeer.run("read_formats.py", [folder.path])
        #expect(answer == "\(count)\n")
    }

    @Test(arguments: BatchFormat.allCases)
    func `the estimate covers what a record takes`(format: BatchFormat) {
        var random = SeededGenerator(seed: 4)
        var encoder = format.makeEncoder()
        var payloads = [0, 1, 100, 10_000].map { size in
            (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
        payloads.append(
            Array("{\"device\":\"press-000\",\"n\":42,\"temperature\":21.534,\"humidity\":40.11,\"ok\":true}".utf8))
        payloads.append(Array("21.5".utf8))
        payloads.append(Array(("[" + String(repeating: "1,", count: 200) + "1]").utf8))
        for payload in payloads {
            let records = (1...50).map { Sample.record($0, topic: "hall3/t\($0 % 7)", payload: payload) }
            encoder.encode(records[...], of: Sample.batch(records))
            let estimate = records.reduce(200) { $0 + encoder.sizeEstimate(of: $1) }
            #expect(encoder.bytes.count <= estimate, "\(payload.count) bytes")
        }
    }

    @Test(arguments: BatchFormat.allCases)
    func `the buffer is used again for other logs without a trace of the last`(format: BatchFormat) {
        let records = [Sample.record(7), Sample.record(8, topic: "other", payload: "{\"a\":[1,\"x\"]}".utf8)]
        let other = RecordBatch(
            gateway: GatewayID("b")!, stream: StreamName("alarms")!, epoch: Epoch(rawValue: 1), records: records)
        var fresh = format.makeEncoder()
        fresh.encode(records[...], of: Sample.batch(records))
        var used = format.makeEncoder()
        used.encode(records[...], of: other)
        used.encode(Sample.loss, of: Sample.gateway)
        used.encode(records[...], of: Sample.batch(records))
        #expect(used.bytes == fresh.bytes)
    }

    @Test(arguments: BatchFormat.allCases)
    func `P7 the identity travels in every format`(format: BatchFormat) {
        var encoder = format.makeEncoder()
        let records = [Sample.record(123_456_789)]
        encoder.encode(records[...], of: Sample.batch(records))
        let text = String(decoding: encoder.bytes, as: UTF8.self)
        for part in ["plant7-gw2", "telemetry", "00000100000000ab"] { #expect(text.contains(part)) }
        #expect(text.contains("123456789") || encoder.bytes.contains([0x1A, 0x07, 0x5B, 0xCD, 0x15]))
    }

    private func description(of made: [RandomRecords.Made]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("gateway", string: Sample.gateway.rawValue)
        writer.member("stream", string: StreamName.telemetry.rawValue)
        writer.member("epoch", string: Sample.epoch.description)
        writer.key("records")
        writer.beginArray()
        for item in made {
            writer.beginObject()
            writer.member("sequence", integer: item.record.sequence.rawValue)
            writer.member("topic", string: item.record.topic)
            writer.member("milliseconds", integer: item.record.time.wallMilliseconds)
            writer.member("isPlain", boolean: item.isPlain)
            let isDeclared = item.record.properties?.contentType == "application/senml+json"
            writer.member("isSenML", boolean: isDeclared || item.record.payload.first == UInt8(ascii: "["))
            writer.key("payload")
            writer.base64(item.record.payload)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }
}
