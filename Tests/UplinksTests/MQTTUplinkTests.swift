import MQTTTransport
import Records
import Testing
import Uplinks

@Suite struct MQTTUplinkTests {
    private static let formats: [MQTTUplinkConfiguration.Format] = [
        .raw(keepsRetained: false), .batches(.cloudevents, .init(recordsMax: 4)),
        .batches(.cloudevents, .init(recordsMax: 4, compression: .zstd(level: 1))),
    ]

    private func uplink(
        _ publisher: ScriptedPublisher, _ format: MQTTUplinkConfiguration.Format,
        topic: String = "g/{gateway}/{stream}",
        version: MQTTConfiguration.ProtocolVersion = .v5, connectionWait: Duration = .seconds(30)
    ) throws -> MQTTUplink {
        var configuration = try MQTTUplinkConfiguration(
            topic: TopicTemplate(topic), format: format, version: version)
        configuration.connectionWait = connectionWait
        return MQTTUplink(
            gateway: Sample.gateway, configuration: configuration, publisher: publisher, clock: StandingClock())
    }

    private func sequences(_ messages: [MQTTMessage]) throws -> [UInt64] {
        var reader = DeliveredEventReader()
        return try messages.flatMap { message in
            try reader.events(in: message).map { event in
                guard case .record(let record) = event else { return 0 }
                return record.identity.position.sequence.rawValue
            }
        }
    }

    @Test(arguments: formats)
    func `a batch that is confirmed is acknowledged to its last record`(
        format: MQTTUplinkConfiguration.Format
    ) async throws {
        let publisher = ScriptedPublisher()
        let uplink = try uplink(publisher, format)
        #expect(await uplink.send(Sample.batch(count: 50)) == .acknowledged(through: SequenceNumber(50)))
        #expect(try sequences(publisher.confirmed) == Array(1...50))
        #expect(publisher.confirmed.allSatisfy { $0.topic == "g/plant7-gw2/telemetry" })
    }

    @Test(arguments: BatchFormat.allCases)
    func `a message of many records says in which format they are`(format: BatchFormat) async throws {
        let publisher = ScriptedPublisher()
        let uplink = try uplink(publisher, .batches(format, .init(recordsMax: 20)))
        #expect(await uplink.send(Sample.batch(count: 50)) == .acknowledged(through: SequenceNumber(50)))
        #expect(await uplink.send(Sample.loss) == .acknowledged(through: Sample.loss.last))
        var encoder = format.makeEncoder()
        let batch = Sample.batch(count: 50)
        encoder.encode(batch.records[20..<40], of: batch)
        #expect(publisher.confirmed.count == 4)
        #expect(Array(publisher.confirmed[1].payload) == encoder.bytes)
        #expect(publisher.confirmed.allSatisfy { $0.properties?.contentType == encoder.contentType })
    }

    @Test(arguments: [ScriptedPublisher.Answer.disconnect, .silence, .refuse(0x97), .refuse(0x80), .refuse(0x83)])
    func `what was confirmed before the broker stopped counts, and nothing more`(
        answer: ScriptedPublisher.Answer
    ) async throws {
        let publisher = ScriptedPublisher { _, before in before < 3 ? .confirm : answer }
        let batched = try uplink(publisher, .batches(.cloudevents, .init(recordsMax: 4)))
        #expect(await batched.send(Sample.batch(count: 50)) == .acknowledged(through: SequenceNumber(12)))
        guard case .retry(nil, _, let isAlarm) = await batched.send(Sample.batch(count: 50)) else {
            Issue.record("nothing was confirmed, so it is to be tried again")
            return
        }
        #expect(!isAlarm)
    }

    @Test func `one message per record is acknowledged to the record`() async throws {
        let publisher = ScriptedPublisher { _, before in before < 7 ? .confirm : .disconnect }
        let uplink = try uplink(publisher, .raw(keepsRetained: false))
        #expect(await uplink.send(Sample.batch(count: 50)) == .acknowledged(through: SequenceNumber(7)))
        let outcome = await uplink.send(Sample.batch(count: 50))
        #expect(outcome == .retry(after: nil, reason: "cut", isAlarm: false))
    }

    @Test(arguments: formats)
    func `a wrong password is an alarm and rejects nothing`(format: MQTTUplinkConfiguration.Format) async throws {
        let publisher = ScriptedPublisher { _, _ in .refuse(0x87) }
        let uplink = try uplink(publisher, format)
        guard case .retry(nil, _, true) = await uplink.send(Sample.batch(count: 9)) else {
            Issue.record("not authorised must be a retry with an alarm")
            return
        }
        guard case .retry(nil, _, true) = await uplink.send(Sample.loss) else {
            Issue.record("not authorised must be a retry with an alarm")
            return
        }
    }

    @Test(arguments: formats, [ScriptedPublisher.Answer.refuse(0x99), .refuse(0x90), .refuse(0x95), .tooLarge])
    func `only the poison record is rejected and the others arrive once`(
        format: MQTTUplinkConfiguration.Format, answer: ScriptedPublisher.Answer
    ) async throws {
        let publisher = ScriptedPublisher { message, _ in
            var reader = DeliveredEventReader()
            let events = (try? reader.events(in: message)) ?? []
            let isPoison = events.contains { event in
                if case .record(let record) = event { record.identity.position.sequence.rawValue == 23 } else { false }
            }
            return isPoison ? answer : .confirm
        }
        let uplink = try uplink(publisher, format)
        let batch = Sample.batch(count: 50)
        var next = 0
        var rejected: [UInt64] = []
        while next < batch.records.count {
            switch await uplink.send(Sample.batch(Array(batch.records[next...]))) {
            case .acknowledged(let sequence):
                next = Int(sequence.rawValue)
            case .reject(let sequence, _):
                rejected.append(sequence.rawValue)
                next = Int(sequence.rawValue)
            case .retry(_, let reason, _):
                Issue.record("a poison record is no reason to try again: \(reason)")
                return
            }
        }
        #expect(rejected == [23])
        #expect(try sequences(publisher.confirmed) == Array(1...22) + Array(24...50))
    }

    @Test func `messages shrink for a broker that takes only small ones`() async throws {
        let publisher = ScriptedPublisher { message, _ in message.payload.count > 3000 ? .tooLarge : .confirm }
        let uplink = try uplink(publisher, .batches(.cloudevents, .init()))
        #expect(await uplink.send(Sample.batch(count: 300)) == .acknowledged(through: SequenceNumber(300)))
        #expect(try sequences(publisher.confirmed) == Array(1...300))
        let askedBefore = publisher.asked.count
        #expect(await uplink.send(Sample.batch(count: 300)) == .acknowledged(through: SequenceNumber(300)))
        // The second batch goes in small messages from the start: nothing is made twice.
        #expect(publisher.asked.count - askedBefore == publisher.publishes.last)
        #expect(publisher.confirmed.count < 300)
    }

    @Test func `a line that breaks under large messages gets small ones through`() async throws {
        let publisher = ScriptedPublisher { message, _ in message.payload.count > 3000 ? .disconnect : .confirm }
        let uplink = try uplink(publisher, .batches(.cloudevents, .init()))
        var attempts = 0
        var next = 0
        let batch = Sample.batch(count: 300)
        while next < 300, attempts < 100 {
            attempts += 1
            if case .acknowledged(let sequence) = await uplink.send(Sample.batch(Array(batch.records[next...]))) {
                next = Int(sequence.rawValue)
            }
        }
        #expect(next == 300)
        #expect(try sequences(publisher.confirmed) == Array(1...300))
    }

    @Test func `a record whose topic cannot be published to is rejected and those before it are sent`() async throws {
        let publisher = ScriptedPublisher()
        let uplink = try uplink(publisher, .raw(keepsRetained: false), topic: "g/{topic}")
        let records = [
            Sample.record(1), Sample.record(2), Sample.record(3, topic: "a/+/b"), Sample.record(4),
        ]
        guard case .reject(SequenceNumber(3), let reason) = await uplink.send(Sample.batch(records)) else {
            Issue.record("record 3 cannot be published")
            return
        }
        #expect(reason.contains("a/+/b"))
        #expect(try sequences(publisher.confirmed) == [1, 2])
        guard case .reject(SequenceNumber(3), _) = await uplink.send(Sample.batch(Array(records[2...]))) else {
            Issue.record("record 3 cannot be published")
            return
        }
        #expect(await uplink.send(Sample.batch([records[3]])) == .acknowledged(through: SequenceNumber(4)))
    }

    @Test(arguments: formats)
    func `word of a loss travels with its identity`(format: MQTTUplinkConfiguration.Format) async throws {
        let publisher = ScriptedPublisher()
        let uplink = try uplink(publisher, format)
        #expect(await uplink.send(Sample.loss) == .acknowledged(through: SequenceNumber(9)))
        var reader = DeliveredEventReader()
        let events = try reader.events(in: try #require(publisher.confirmed.first))
        guard case .loss(let loss) = try #require(events.first) else {
            Issue.record("the event speaks of a loss")
            return
        }
        #expect(loss.identity == LossIdentity(gateway: Sample.gateway, loss: Sample.loss))
        #expect(loss.identity.description == "plant7-gw2/telemetry/00000100000000ab/3-9")
        #expect(loss.milliseconds == Sample.milliseconds)
    }

    @Test func `without a connection it gives up by itself, and sends as soon as there is one`() async throws {
        let publisher = ScriptedPublisher(isConnected: false)
        let impatient = try uplink(publisher, .raw(keepsRetained: false), connectionWait: .milliseconds(20))
        let outcome = await impatient.send(Sample.batch(count: 3))
        #expect(outcome == .retry(after: nil, reason: "never connected", isAlarm: false))
        #expect(publisher.publishes.isEmpty)
        let patient = try uplink(publisher, .raw(keepsRetained: false))
        async let sent = patient.send(Sample.batch(count: 3))
        publisher.connect()
        #expect(await sent == .acknowledged(through: SequenceNumber(3)))
    }

    @Test func `cancelled while it waits for a connection it returns`() async throws {
        let publisher = ScriptedPublisher(isConnected: false)
        let uplink = try uplink(publisher, .raw(keepsRetained: false), connectionWait: .seconds(3600))
        let sending = Task { await uplink.send(Sample.batch(count: 3)) }
        sending.cancel()
        guard case .retry = await sending.value else {
            Issue.record("nothing was sent")
            return
        }
    }

    @Test func `closing stops the publisher`() async throws {
        let publisher = ScriptedPublisher()
        await (try uplink(publisher, .raw(keepsRetained: false))).close()
        #expect(publisher.isStopped)
    }

    @Test func `what cannot work together is refused`() throws {
        let perRecord = try TopicTemplate("g/{topic}")
        let error = #expect(throws: UplinkError.self) {
            try MQTTUplinkConfiguration(topic: perRecord, format: .batches(.cloudevents, .init()))
        }
        #expect(error?.message.contains("{gateway} and {stream}") == true)
        #expect(throws: UplinkError.self) {
            try MQTTUplinkConfiguration(
                topic: TopicTemplate("g"), format: .batches(.cloudevents, .init(compression: .zstd(level: 1))),
                version: .v311)
        }
    }
}
