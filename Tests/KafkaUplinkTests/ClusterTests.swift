import AgentTestKit
import Records
import Testing
import Uplinks

@testable import KafkaUplink

/// Against librdkafka's mock cluster in a process of its own, read back by kcat.
@Suite(.enabled(if: KafkaCluster.isInstalled, "needs librdkafka-dev, cc and kcat"))
struct ClusterTests {
    /// The identities in each partition, in order.
    private func identities(_ messages: [KafkaCluster.Message]) -> [Int: [String]] {
        messages.reduce(into: [:]) { $0[$1.partition, default: []].append($1.header("ce_id") ?? "") }
    }

    @Test func `every record of a batch arrives once, in order per key, with its key, headers and time`() async throws {
        let cluster = try await KafkaCluster()
        try await cluster.makeTopic("telemetry", partitions: 6)
        let fixture = try Fixture(cluster.brokers)
        let batch = Sample.batch(1...2000)
        #expect(await fixture.uplink.send(batch) == .acknowledged(through: SequenceNumber(2000)))
        let messages = try await cluster.messages(in: "telemetry")
        #expect(messages.count == 2000)
        var last: [String: Int] = [:]
        var partitions: [String: Set<Int>] = [:]
        for message in messages {
            let id = try #require(message.header("ce_id"))
            let sequence = try #require(UInt64(id.split(separator: "/").last ?? ""))
            let record = batch.records[Int(sequence) - 1]
            #expect(id == Sample.id(sequence))
            #expect(message.payload == "{\"n\":\(sequence)}")
            #expect(message.key == "t\(sequence % 7)")
            #expect(message.header("ce_specversion") == "1.0")
            #expect(message.header("ce_source") == "/gateways/plant7-gw2")
            #expect(message.header("ce_type") == "io.millrace.record")
            #expect(message.header("ce_subject") == record.topic)
            #expect(message.timestamp == Int(record.time.wallMilliseconds))
            let key = try #require(message.key)
            #expect(last[key] ?? 0 < Int(sequence))
            last[key] = Int(sequence)
            partitions[key, default: []].insert(message.partition)
        }
        #expect(partitions.values.allSatisfy { $0.count == 1 })
        #expect(fixture.uplink.traffic.bytesSent > 10_000)
        #expect(fixture.uplink.traffic.bytesReceived > 100)
        guard case .connected(let brokers) = try #require(fixture.events.first) else {
            Issue.record("the first event is the connection: \(fixture.events)")
            return
        }
        #expect(brokers == cluster.brokers.sorted())
        await fixture.uplink.close()
    }

    @Test func `word of a loss and batches of many records arrive with what they are`() async throws {
        let cluster = try await KafkaCluster(brokers: 1)
        let raw = try Fixture(cluster.brokers, topic: "raw.{stream}")
        #expect(await raw.uplink.send(Sample.loss) == .acknowledged(through: Sample.loss.last))
        await raw.uplink.close()
        let lost = try #require(try await cluster.messages(in: "raw.telemetry").first)
        #expect(lost.header("ce_type") == "io.millrace.lost")
        #expect(lost.header("ce_id") == Sample.id(3) + "-9")
        #expect(lost.header("content-type") == "application/json")
        #expect(JSONTree(Array((lost.payload ?? "").utf8))?["last"]?.integer == 9)

        let many = try Fixture(
            cluster.brokers, topic: "batches", key: "{gateway}", format: .batched(.init(recordsMax: 40)))
        #expect(await many.uplink.send(Sample.batch(1...100)) == .acknowledged(through: SequenceNumber(100)))
        await many.uplink.close()
        let messages = try await cluster.messages(in: "batches")
        #expect(messages.count == 3)
        #expect(Set(messages.map(\.partition)).count == 1)
        let events = messages.flatMap { JSONTree(Array(($0.payload ?? "").utf8))?.elements ?? [] }
        #expect(events.map { $0["id"]?.string } == (1...100).map { Sample.id($0) })
        #expect(messages.allSatisfy { $0.header("content-type") == "application/cloudevents-batch+json" })
        #expect(messages.allSatisfy { $0.header(LoopGuard.propertyName) == "plant7-gw2" })
        #expect(messages.first?.timestamp == Int(Sample.milliseconds) + 40)
    }

    @Test(arguments: KafkaConfiguration.Compression.allCases)
    func `each compression is read by a consumer that knows nothing of us`(
        compression: KafkaConfiguration.Compression
    ) async throws {
        let cluster = try await KafkaCluster(brokers: 1)
        let fixture = try Fixture(cluster.brokers) { $0.compression = compression }
        #expect(await fixture.uplink.send(Sample.batch(1...500)) == .acknowledged(through: SequenceNumber(500)))
        #expect(try await cluster.messages(in: "telemetry").count == 500)
        await fixture.uplink.close()
    }

    @Test func `a link that is suspended has no connection, and the next send makes one`() async throws {
        let cluster = try await KafkaCluster(brokers: 1)
        let fixture = try Fixture(cluster.brokers)
        #expect(fixture.uplink.traffic.bytes == 0)
        await fixture.uplink.resume()
        #expect(await eventually { fixture.uplink.traffic.bytesReceived > 0 })
        #expect(await fixture.uplink.send(Sample.batch(1...10)) == .acknowledged(through: SequenceNumber(10)))
        await fixture.uplink.suspend()
        let before = fixture.uplink.traffic
        #expect(openConnections(to: cluster) == 0)
        #expect(await fixture.uplink.send(Sample.batch(11...20)) == .acknowledged(through: SequenceNumber(20)))
        #expect(fixture.uplink.traffic.bytes > before.bytes)
        #expect(openConnections(to: cluster) > 0)
        await fixture.uplink.close()
        #expect(openConnections(to: cluster) == 0)
    }

    /// Established connections of this machine to the brokers, as /proc/net/tcp lists them.
    private func openConnections(to cluster: KafkaCluster) -> Int {
        let ports = cluster.brokers.compactMap { UInt16($0.split(separator: ":").last ?? "") }
        let remotes = ports.map { port in
            let digits = String(port, radix: 16, uppercase: true)
            return " 0100007F:" + String(repeating: "0", count: 4 - digits.count) + digits + " 01 "
        }
        return TemporaryFolder.contents(of: "/proc/net/tcp").split(separator: "\n").count { line in
            remotes.contains { line.contains($0) }
        }
    }
}
