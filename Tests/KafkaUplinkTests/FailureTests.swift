import AgentTestKit
import Records
import Testing
import Uplinks

@testable import KafkaUplink

/// What a cluster does wrong, and what becomes of the records.
@Suite(.enabled(if: KafkaCluster.isInstalled, "needs librdkafka-dev, cc and kcat"))
struct FailureTests {
    /// Error codes of Kafka's protocol.
    private enum Code {
        static let unknownTopic = 3
        static let notLeader = 6
        static let timedOut = 7
        static let tooLarge = 10
        static let notEnoughReplicas = 19
        static let topicAuthorisationFailed = 29
        static let clusterAuthorisationFailed = 31
        static let invalidTimestamp = 32
        static let outOfOrderSequence = 45
        static let invalidProducerEpoch = 47
        static let unknownProducer = 59
        static let invalidRecord = 87
    }

    /// How often each record of the batch is in the topic; fails where one is missing, where the first of each do not
    /// come in order within their key, or where two of one identity differ.
    @discardableResult
    private func check(
        _ messages: [KafkaCluster.Message], hold batch: RecordBatch, but missing: Set<UInt64> = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Int {
        var payloads: [UInt64: String] = [:]
        var last: [String: UInt64] = [:]
        var duplicates = 0
        for message in messages {
            let text = try #require(message.header("ce_id")?.split(separator: "/").last)
            let sequence = try #require(UInt64(text))
            let payload = try #require(message.payload)
            if let earlier = payloads[sequence] {
                duplicates += 1
                #expect(earlier == payload, "one identity names one payload", sourceLocation: sourceLocation)
                continue
            }
            payloads[sequence] = payload
            let key = try #require(message.key)
            #expect(last[key] ?? 0 < sequence, "out of order in \(key)", sourceLocation: sourceLocation)
            last[key] = sequence
        }
        let absent = batch.records.map(\.sequence.rawValue).filter { payloads[$0] == nil && !missing.contains($0) }
        #expect(absent.isEmpty, "records are missing", sourceLocation: sourceLocation)
        #expect(missing.allSatisfy { payloads[$0] == nil }, sourceLocation: sourceLocation)
        return duplicates
    }

    @Test(arguments: [
        [Code.notEnoughReplicas, Code.timedOut, Code.notLeader, Code.notEnoughReplicas],
        [Code.timedOut, Code.timedOut, Code.timedOut], [Code.notLeader],
    ])
    func `passing errors of brokers cost nothing but time`(codes: [Int]) async throws {
        let cluster = try await KafkaCluster()
        try await cluster.makeTopic("telemetry", partitions: 4)
        let fixture = try Fixture(cluster.brokers)
        #expect(await fixture.uplink.send(Sample.batch(1...10)) == .acknowledged(through: SequenceNumber(10)))
        try await cluster.answer(.produce, with: codes)
        let batch = Sample.batch(11...1000)
        let (rejected, retries, isComplete) = await fixture.uplink.sendAll(batch)
        #expect(isComplete && rejected.isEmpty, "\(retries)")
        try check(try await cluster.messages(in: "telemetry"), hold: batch)
        await fixture.uplink.close()
    }

    @Test(arguments: [
        [Code.invalidProducerEpoch], [Code.outOfOrderSequence], [Code.unknownProducer],
        [Code.notEnoughReplicas, Code.outOfOrderSequence, Code.invalidProducerEpoch],
    ])
    func `a producer that is fenced is replaced, and sends again from the cursor`(codes: [Int]) async throws {
        let cluster = try await KafkaCluster()
        try await cluster.makeTopic("telemetry", partitions: 4)
        let fixture = try Fixture(cluster.brokers)
        #expect(await fixture.uplink.send(Sample.batch(1...10)) == .acknowledged(through: SequenceNumber(10)))
        try await cluster.answer(.produce, with: codes)
        let batch = Sample.batch(1...2000)
        let (rejected, retries, isComplete) = await fixture.uplink.sendAll(batch)
        #expect(isComplete && rejected.isEmpty, "\(retries)")
        try check(try await cluster.messages(in: "telemetry"), hold: batch)
        await fixture.uplink.close()
    }

    @Test func `leaders that change and brokers that come and go lose nothing and keep the order`() async throws {
        let cluster = try await KafkaCluster()
        try await cluster.makeTopic("telemetry", partitions: 3)
        let fixture = try Fixture(cluster.brokers) { $0.acknowledgementTimeout = .seconds(20) }
        let disturbance = Task {
            for round in 1...4 {
                for partition in 0..<3 {
                    try await cluster.tell("leader telemetry \(partition) \((round + partition) % 3 + 1)")
                }
                try await cluster.tell("down \(round % 3 + 1)")
                try await Task.sleep(for: .milliseconds(150))
                try await cluster.tell("up \(round % 3 + 1)")
            }
        }
        var batches: [RecordBatch] = []
        for start in stride(from: UInt64(1), to: 20_000, by: 500) {
            let batch = Sample.batch(start...(start + 499))
            batches.append(batch)
            let (rejected, retries, isComplete) = await fixture.uplink.sendAll(batch)
            #expect(isComplete && rejected.isEmpty, "\(retries)")
        }
        try await disturbance.value
        try check(try await cluster.messages(in: "telemetry"), hold: Sample.batch(batches.flatMap(\.records)))
        await fixture.uplink.close()
    }

    @Test(arguments: [Code.topicAuthorisationFailed, Code.clusterAuthorisationFailed])
    func `not being authorised is an alarm, nothing is rejected, and all arrives once it is put right`(
        code: Int
    ) async throws {
        let cluster = try await KafkaCluster(brokers: 1)
        let request: KafkaCluster.Request =
            code == Code.clusterAuthorisationFailed ? .initProducerID : .produce
        try await cluster.answer(request, with: Array(repeating: code, count: 50))
        let fixture = try Fixture(cluster.brokers)
        let batch = Sample.batch(1...100)
        guard case .retry(nil, let reason, isAlarm: true) = await fixture.uplink.send(batch) else {
            Issue.record("a person is needed")
            return
        }
        #expect(reason.contains("uthoriz"))
        #expect(reason.contains("allow this user"))
        try await cluster.answerAgain(request)
        let (rejected, _, isComplete) = await fixture.uplink.sendAll(batch)
        #expect(isComplete && rejected.isEmpty)
        try check(try await cluster.messages(in: "telemetry"), hold: batch)
        await fixture.uplink.close()
    }

    @Test(arguments: [Code.topicAuthorisationFailed, Code.unknownTopic])
    func `a topic that is not there for us is an alarm`(code: Int) async throws {
        let cluster = try await KafkaCluster(brokers: 1)
        try await cluster.makeTopic("telemetry", partitions: 1)
        try await cluster.tell("topic-error telemetry \(code)")
        let fixture = try Fixture(cluster.brokers)
        let outcome = await fixture.uplink.send(Sample.batch(1...3))
        guard case .retry(nil, _, isAlarm: true) = outcome else {
            Issue.record("a person is needed: \(outcome)")
            return
        }
        await fixture.uplink.close()
    }

    @Test func `where nobody listens the answer is a retry that says why`() async throws {
        let port = try LoopbackListener().port
        let fixture = try Fixture(["127.0.0.1:\(port)"])
        guard case .retry(nil, let reason, isAlarm: false) = await fixture.uplink.send(Sample.batch(1...3)) else {
            Issue.record("there is nothing to confirm it")
            return
        }
        #expect(reason.contains("refused"))
        #expect(reason.contains("\(port)"))
        #expect(fixture.events.contains { if case .disconnected = $0 { true } else { false } })
        await fixture.uplink.close()
    }

    @Test func `a cluster that falls silent is a retry, and afterwards the same records arrive`() async throws {
        let cluster = try await KafkaCluster()
        let fixture = try Fixture(cluster.brokers) { $0.acknowledgementTimeout = .seconds(1) }
        #expect(await fixture.uplink.send(Sample.batch(1...10)) == .acknowledged(through: SequenceNumber(10)))
        cluster.freeze()
        let batch = Sample.batch(11...300)
        guard case .retry(nil, _, isAlarm: false) = await fixture.uplink.send(batch) else {
            Issue.record("nothing was confirmed")
            return
        }
        cluster.resume()
        let (rejected, retries, isComplete) = await fixture.uplink.sendAll(batch)
        #expect(isComplete && rejected.isEmpty, "\(retries)")
        try check(try await cluster.messages(in: "telemetry"), hold: batch)
        await fixture.uplink.close()
    }

    @Test func `a send that is cancelled returns though the cluster is silent, and so does close`() async throws {
        let cluster = try await KafkaCluster()
        let fixture = try Fixture(cluster.brokers)
        #expect(await fixture.uplink.send(Sample.batch(1...10)) == .acknowledged(through: SequenceNumber(10)))
        cluster.freeze()
        let sending = Task { await fixture.uplink.send(Sample.batch(11...300)) }
        let second = Task { await fixture.uplink.send(Sample.loss) }
        try await Task.sleep(for: .milliseconds(20))
        second.cancel()
        sending.cancel()
        guard case .retry = await second.value, case .retry = await sending.value else {
            Issue.record("nothing was confirmed")
            return
        }
        await fixture.uplink.close()
        cluster.resume()
    }

    @Test func `one record that is too large among 10000 is rejected, and the others arrive`() async throws {
        let cluster = try await KafkaCluster()
        try await cluster.makeTopic("telemetry", partitions: 4)
        let fixture = try Fixture(cluster.brokers) { $0.messageSizeMax = .bytes(20_000) }
        var records = Sample.batch(1...10_000).records
        records[4321].payload = [UInt8](repeating: 0x20, count: 30_000)[...]
        var rejected: [(UInt64, String)] = []
        for start in stride(from: 0, to: records.count, by: 2048) {
            let batch = Sample.batch(Array(records[start..<min(start + 2048, records.count)]))
            let (refused, retries, isComplete) = await fixture.uplink.sendAll(batch)
            #expect(isComplete, "\(retries)")
            rejected += refused
        }
        #expect(rejected.map(\.0) == [4322])
        #expect(rejected.first?.1.contains("too large") == true)
        let duplicates = try check(
            try await cluster.messages(in: "telemetry"), hold: Sample.batch(records), but: [4322])
        #expect(duplicates == 0)
        await fixture.uplink.close()
    }

    @Test(arguments: [Code.tooLarge, Code.invalidRecord])
    func `a set that is refused once is taken apart, and nothing is rejected without being alone`(
        code: Int
    ) async throws {
        let cluster = try await KafkaCluster(brokers: 1)
        try await cluster.makeTopic("telemetry", partitions: 1)
        let fixture = try Fixture(cluster.brokers)
        #expect(await fixture.uplink.send(Sample.batch(1...10)) == .acknowledged(through: SequenceNumber(10)))
        try await cluster.answer(.produce, with: [code, code])
        let batch = Sample.batch(11...500)
        let (rejected, retries, isComplete) = await fixture.uplink.sendAll(batch)
        #expect(isComplete && rejected.isEmpty, "\(retries)")
        try check(try await cluster.messages(in: "telemetry"), hold: batch)
        await fixture.uplink.close()
    }

    @Test func `a record whose time the topic refuses goes with the time of sending`() async throws {
        let cluster = try await KafkaCluster(brokers: 1)
        try await cluster.makeTopic("telemetry", partitions: 1)
        let fixture = try Fixture(cluster.brokers)
        try await cluster.answer(.produce, with: [Code.invalidTimestamp])
        #expect(await fixture.uplink.send(Sample.batch(1...3)) == .acknowledged(through: SequenceNumber(3)))
        let messages = try await cluster.messages(in: "telemetry")
        #expect(messages.count == 3)
        #expect(messages.allSatisfy { abs($0.timestamp - Int(Sample.milliseconds)) > 1000 })
        #expect(messages.first?.header("ce_time") == "2026-08-23T09:14:05.124Z")
        await fixture.uplink.close()
    }
}
