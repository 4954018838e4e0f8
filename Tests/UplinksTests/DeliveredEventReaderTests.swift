import Compression
import MQTTTransport
import Records
import Testing

@testable import Uplinks

@Suite struct DeliveredEventReaderTests {
    private func message(_ records: [Record], isCompressed: Bool = false, version5: Bool = true) -> MQTTMessage {
        let batching = MQTTUplinkConfiguration.Batching(
            compression: isCompressed ? .zstd(level: 3, dictionary: .builtIn) : .none)
        let messages = BatchMessages(
            gateway: Sample.gateway, format: .cloudevents, batching: batching, hasProperties: version5)
        return messages.message(for: 0..<records.count, of: Sample.batch(records), topic: "up")
    }

    private func identities(_ message: MQTTMessage) throws -> [DeliveredIdentity] {
        var identities: [DeliveredIdentity] = []
        var reader = DeliveredEventReader()
        try reader.forEachIdentity(in: message) { identities.append($0) }
        return identities
    }

    private func record(_ event: DeliveredEvent?) -> DeliveredRecord? {
        if case .record(let record)? = event { record } else { nil }
    }

    @Test(arguments: [false, true])
    func `any payload comes back as it went`(isCompressed: Bool) throws {
        var random = SeededGenerator(seed: 5)
        let types = [nil, "application/json", "text/plain", "application/octet-stream", "text/plain; charset=latin1"]
        var records: [Record] = []
        for sequence in 1...600 as ClosedRange<UInt64> {
            // Half of the bytes are such as JSON texts and escapes are made of.
            let alphabet = Array("{}[]\",:\\/u0dDtrue1.e- \n\u{e9}\u{1F600}".utf8)
            let payload = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                Bool.random(using: &random)
                    ? UInt8.random(in: 0...255, using: &random) : alphabet.randomElement(using: &random)!
            }
            let properties = RecordProperties(
                contentType: types.randomElement(using: &random)!, isPayloadUTF8: Bool.random(using: &random))
            records.append(Sample.record(sequence, payload: payload, properties: properties))
        }
        let texts = [
            "21.5", "\"a\\u00e9\\ud83d\\ude00\\n\"", "[1,{\"a\":[]}]", "{\"data\":\"}\",\"id\":\"x\"}", "null",
        ]
        for (index, text) in texts.enumerated() {
            records.append(Sample.record(601 + UInt64(index), payload: text.utf8))
        }
        let message = message(records, isCompressed: isCompressed)
        var reader = DeliveredEventReader()
        let events = try reader.events(in: message)
        #expect(events.count == records.count)
        for (event, record) in zip(events, records) {
            let delivered = try #require(self.record(event))
            // JSON that stands in the event has lost the white space around it, which is no part of its value.
            let isBlank = { (byte: UInt8) in [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
            let isSame = delivered.payload == Array(record.payload)
            let trimmed = record.payload.drop(while: isBlank).reversed().drop(while: isBlank).reversed()
            #expect(isSame || JSONText.isValid(record.payload) && delivered.payload == Array(trimmed))
            #expect(delivered.identity == Sample.identity(record.sequence.rawValue))
            #expect(delivered.contentType == record.properties?.contentType)
        }
        #expect(try identities(message) == records.map { .record(Sample.identity($0.sequence.rawValue)) })
    }

    @Test func `the attributes come back`() throws {
        let sent = Sample.record(
            3, topic: "a/\"b\"", time: Sample.time(.corrected), isRetained: true,
            properties: RecordProperties(device: "d\\1"))
        let raw = RawMessages(
            gateway: Sample.gateway, keepsRetained: false, hasProperties: true, clock: StandingClock())
        let binary = raw.message(
            for: sent, of: Sample.batch([sent]), topic: "up", identityPrefix: "plant7-gw2/telemetry/00000100000000ab/")
        for message in [message([sent]), binary] {
            var reader = DeliveredEventReader()
            let delivered = try #require(record(try reader.events(in: message).first))
            #expect(delivered.topic == "a/\"b\"")
            #expect(delivered.timeQuality == .corrected)
            #expect(delivered.milliseconds == Sample.milliseconds)
            #expect(delivered.isRetained)
            #expect(delivered.device == "d\\1")
            #expect(delivered.payload == Array("21.5".utf8))
        }
    }

    @Test func `in 3_1_1 a batch is known by its first byte`() throws {
        let message = message([Sample.record(1), Sample.record(2)], version5: false)
        #expect(message.properties == nil)
        #expect(try identities(message) == [.record(Sample.identity(1)), .record(Sample.identity(2))])
    }

    @Test func `identities of several logs and losses in one batch are told apart`() throws {
        let ids = [
            "a/telemetry/0000010000000001/7", "a/telemetry/0000010000000001/8", "a/telemetry/0000020000000001/1",
            "b/telemetry/0000020000000001/2-4", "b/telemetry/0000020000000001/5",
            "b/alarms/0000020000000001/18446744073709551615",
        ]
        let body = ids.map { "{\"x\":{\"id\":\"no\"},\"id\":\"\($0)\"}" }.joined(separator: " , ")
        let message = MQTTMessage(topic: "up", payload: Array("[\(body)]\n".utf8)[...])
        #expect(try identities(message).map(\.description) == ids)
    }

    @Test func `a truncated message is refused at every length`() throws {
        for isCompressed in [false, true] {
            var message = message([Sample.record(1), Sample.record(2)], isCompressed: isCompressed)
            let whole = message.payload
            for length in 0..<whole.count {
                message.payload = whole.prefix(length)
                var reader = DeliveredEventReader()
                #expect(throws: UplinkError.self) { try reader.events(in: message) }
                #expect(throws: UplinkError.self) { try reader.forEachIdentity(in: message) { _ in } }
            }
        }
    }

    @Test(arguments: 0..<20)
    func `a damaged message is read or refused, never a crash`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for isCompressed in [false, true] {
            let properties = RecordProperties(contentType: "text/plain", device: "\"\\u0041")
            let original = message(
                [Sample.record(1), Sample.record(2, properties: properties)], isCompressed: isCompressed)
            for _ in 0..<200 {
                var message = original
                var bytes = Array(message.payload)
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                message.payload = bytes[...]
                var reader = DeliveredEventReader()
                let events = try? reader.events(in: message)
                #expect((events?.count ?? 0) <= 2)
                try? reader.forEachIdentity(in: message) { _ in }
            }
        }
    }

    @Test(arguments: [
        "", "[", "{}", "[{}]", "[{\"id\":\"x\"}]", "[{\"id\":7}]", "[]x", "null", "[\"\\", "[{\"id\":\"\\",
    ])
    func `what is no batch of events is refused`(text: String) {
        let message = MQTTMessage(
            topic: "up", payload: Array(text.utf8)[...],
            properties: MQTTProperties(contentType: "application/cloudevents-batch+json"))
        var reader = DeliveredEventReader()
        #expect(throws: UplinkError.self) { try reader.events(in: message) }
        #expect(throws: UplinkError.self) { try reader.forEachIdentity(in: message) { _ in } }
    }

    @Test func `an unknown encoding and a foreign message are refused`() {
        var message = message([Sample.record(1)])
        message.properties?.userProperties.append(.init(name: "content-encoding", value: "br"))
        var reader = DeliveredEventReader()
        #expect(throws: UplinkError.self) { try reader.events(in: message) }
        let foreign = MQTTMessage(topic: "x", payload: [1], properties: MQTTProperties())
        #expect(throws: UplinkError.self) { try reader.events(in: foreign) }
        #expect(throws: UplinkError.self) { try reader.forEachIdentity(in: foreign) { _ in } }
    }

    @Test(arguments: ["", "=", "AQI", "A===", "AQ=D", "A-ID", "AQID=", "===="])
    func `what is no Base64 is refused`(text: String) {
        #expect(EventAttributes.base64(Array(text.utf8)) == (text.isEmpty ? [] : nil))
    }
}
