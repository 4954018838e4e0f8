import Compression
import MQTTTransport
import Records
import Testing

@testable import Uplinks

@Suite struct DeliveryNoteReaderTests {
    private static let forms = BatchFormat.allCases.flatMap { format in
        [BodyCompression.none, .zstd(level: 1), .zstd(level: 1, dictionary: .builtIn)].map { (format, $0) }
    }

    private static func messages(_ format: BatchFormat, _ compression: BodyCompression) -> BatchMessages {
        BatchMessages(
            gateway: Sample.gateway, format: format,
            batching: MQTTUplinkConfiguration.Batching(compression: compression), hasProperties: true)
    }

    private static func raw(_ batch: RecordBatch) -> [MQTTMessage] {
        let raw = RawMessages(
            gateway: Sample.gateway, keepsRetained: false, hasProperties: true, clock: StandingClock())
        return batch.records.map {
            raw.message(
                for: $0, of: batch, topic: "up", identityPrefix: "\(batch.gateway)/\(batch.stream)/\(batch.epoch)/")
        }
    }

    /// Records with holes where a filter left some out, with payloads of all kinds.
    private static func batch(_ delivery: RecordBatch.Delivery) -> RecordBatch {
        let pack = """
            [{"bn":"gw/d/","bt":1787476445,"n":"id","vs":"x/y/z/9"},{"n":"sequence","v":77,"t":-5}]
            """
        let payloads: [(UInt64, String, String?)] = [
            (3, "21.5", nil), (4, "{\"sequence\":9,\"lost\":{\"first\":1},\"id\":\"a\",\"first\":7}", nil),
            (8, pack, "application/senml+json"), (9, "text, with \"quotes\" = and\nlines\\", "text/plain"),
            (20, "\u{0}\u{1}", "application/octet-stream"), (21, "{\"data\":{\"reason\":\"x\",\"last\":2}}", nil),
        ]
        let records = payloads.map { sequence, payload, type in
            Sample.record(
                sequence, topic: "a b/c,d=e", payload: payload.utf8,
                properties: type.map { RecordProperties(contentType: $0, device: "d 1") })
        }
        var batch = RecordBatch(
            gateway: Sample.gateway, stream: .telemetry, epoch: Sample.epoch, records: records, delivery: delivery)
        batch.previous = SequenceNumber(1)
        return batch
    }

    private static func notes(_ messages: [MQTTMessage]) throws -> [DeliveryNote] {
        var reader = DeliveryNoteReader()
        return try messages.flatMap { try reader.notes(in: $0) }
    }

    private static func check(
        _ notes: [DeliveryNote], of batch: RecordBatch, hasTime: Bool = true,
        location: SourceLocation = #_sourceLocation
    ) {
        #expect(
            notes.map(\.identity) == batch.records.map { .record(batch.identity(of: $0)) }, sourceLocation: location)
        #expect(notes.map(\.previous) == batch.records.map { batch.previous(of: $0) }, sourceLocation: location)
        #expect(notes.allSatisfy { $0.delivery == batch.delivery }, sourceLocation: location)
        // What SenML says of when a value was measured counts there.
        #expect(
            notes.filter { $0.milliseconds == Sample.milliseconds }.count >= batch.records.count - 1,
            "\(notes.map(\.milliseconds))", sourceLocation: location)
    }

    @Test(arguments: forms, RecordBatch.Delivery.allCases)
    func `identities, what was left out, marks and times come back from every format`(
        form: (BatchFormat, BodyCompression), delivery: RecordBatch.Delivery
    ) throws {
        let batch = Self.batch(delivery)
        let messages = Self.messages(form.0, form.1)
        let notes = try Self.notes([messages.message(for: 0..<batch.records.count, of: batch, topic: "up")])
        Self.check(notes, of: batch)
        let loss = try Self.notes([messages.message(for: Sample.loss, topic: "up")])
        #expect(loss.map(\.identity) == [.loss(LossIdentity(gateway: Sample.gateway, loss: Sample.loss))])
        #expect(loss.map(\.reason) == [.overwritten])
    }

    @Test(arguments: RecordBatch.Delivery.allCases)
    func `they come back from messages of one record`(delivery: RecordBatch.Delivery) throws {
        let batch = Self.batch(delivery)
        Self.check(try Self.notes(Self.raw(batch)), of: batch)
        let raw = RawMessages(
            gateway: Sample.gateway, keepsRetained: false, hasProperties: true, clock: StandingClock())
        let loss = try Self.notes([raw.message(for: Sample.loss, topic: "up")])
        #expect(loss.map(\.reason) == [.overwritten])
    }

    @Test func `the time of a clock that was never set is none`() throws {
        let batch = Sample.batch([Sample.record(1, time: Sample.time(.unsynchronised))])
        let messages = Self.messages(.cloudevents, .none)
        #expect(try Self.notes(Self.raw(batch)).map(\.milliseconds) == [nil])
        #expect(try Self.notes([messages.message(for: 0..<1, of: batch, topic: "up")]).map(\.milliseconds) == [nil])
    }

    @Test(arguments: [
        "", "[]", "{}", "21.5", "[1,2]", "{\"id\":\"a/b\"}", "readings v=1 1", "\u{FF}\u{FF}", "[{\"id\":",
    ])
    func `a message without an identity is refused`(payload: String) {
        var reader = DeliveryNoteReader()
        for properties in [nil, MQTTProperties(contentType: "application/json")] {
            let message = MQTTMessage(topic: "t", payload: Array(payload.utf8)[...], properties: properties)
            #expect(throws: UplinkError.self) { _ = try reader.notes(in: message) }
        }
    }

    @Test(arguments: BatchFormat.allCases)
    func `a damaged message is refused or read, and never stops the audit`(format: BatchFormat) {
        var random = SeededGenerator(seed: 11)
        let batch = Self.batch(.live)
        let messages = Self.messages(format, .none)
        let sound = messages.message(for: 0..<batch.records.count, of: batch, topic: "up")
        var reader = DeliveryNoteReader()
        var audit = SequenceAudit()
        for _ in 0..<2000 {
            var payload = Array(sound.payload)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                payload[Int.random(in: payload.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) { payload.removeLast(Int.random(in: 0..<payload.count, using: &random)) }
            let message = MQTTMessage(topic: "t", payload: payload[...], properties: sound.properties)
            // A refusal is as good as a note.
            for note in (try? reader.notes(in: message)) ?? [] {
                switch note.identity {
                case .record(let identity):
                    audit.receive(identity, previous: note.previous, delivery: note.delivery)
                case .loss(let loss): audit.receive(loss, reason: note.reason ?? .overwritten)
                }
            }
        }
        #expect(audit.summary.received > 0)
    }
}
