import MQTTTransport
import Records
import Synchronization
import Testing

@testable import Uplinks

/// A broker that hangs up over one record must not hold up all behind it, and one that just hangs up must not cost any.
@Suite struct DropSuspicionTests {
    private func uplink(_ publisher: ScriptedPublisher) throws -> MQTTUplink {
        MQTTUplink(
            gateway: Sample.gateway,
            configuration: try MQTTUplinkConfiguration(
                topic: TopicTemplate("{topic}"), format: .raw(keepsRetained: false)),
            publisher: publisher, clock: StandingClock())
    }

    private let records = [
        Sample.record(1, topic: "a/1"), Sample.record(2, topic: "b.c"), Sample.record(3, topic: "b.c"),
        Sample.record(4, topic: "a/2"),
    ]

    /// Sends from the cursor until all is settled, or `sends` times; gives what was rejected and whether all is
    /// settled.
    private func drain(_ uplink: MQTTUplink, _ records: [Record], sends: Int = 60) async -> (
        rejected: [UInt64], isDone: Bool
    ) {
        var rejected: [UInt64] = []
        var next = 0
        for _ in 0..<sends {
            guard next < records.count else { return (rejected, true) }
            switch await uplink.send(Sample.batch(Array(records[next...]))) {
            case .acknowledged(let sequence): next = Int(sequence.rawValue)
            case .reject(let sequence, _):
                rejected.append(sequence.rawValue)
                next = Int(sequence.rawValue)
            case .retry: continue
            }
        }
        return (rejected, next == records.count)
    }

    @Test func `P8 records over which the broker hangs up are rejected, each by itself, and the others arrive`()
        async throws
    {
        let publisher = ScriptedPublisher { message, _ in message.topic == "b.c" ? .drop : .confirm }
        let outcome = await drain(try uplink(publisher), records)
        #expect(outcome.isDone)
        #expect(outcome.rejected == [2, 3])
        #expect(Set(publisher.confirmed.map(\.topic)) == ["a/1", "a/2"])
    }

    @Test func `the last record is suspected only when there is another to compare it with`() async throws {
        let publisher = ScriptedPublisher { message, _ in message.topic == "b.c" ? .drop : .confirm }
        let uplink = try uplink(publisher)
        let alone = await drain(uplink, Array(records[..<2]))
        #expect(alone.rejected == [])
        #expect(!alone.isDone)
        #expect(await drain(uplink, records).rejected == [2, 3])
    }

    @Test func `a broker that hangs up over everything costs no record, and is an alarm`() async throws {
        let publisher = ScriptedPublisher { _, _ in .drop }
        let uplink = try uplink(publisher)
        let outcome = await drain(uplink, records)
        #expect(outcome.rejected == [])
        guard case .retry(nil, let reason, true) = await uplink.send(Sample.batch(records)) else {
            Issue.record("it must be an alarm")
            return
        }
        #expect(reason.contains("hung up, over and over"), "\(reason)")
    }

    @Test func `a link that breaks costs no record, however often it does`() async throws {
        let publisher = ScriptedPublisher { _, _ in .disconnect }
        #expect(await drain(try uplink(publisher), records).rejected == [])
    }

    @Test func `a broker that hangs up for a while and then goes on costs no record`() async throws {
        for drops in 1...12 {
            let asked = Mutex(0)
            let publisher = ScriptedPublisher(window: 1) { _, _ in
                let number = asked.withLock { number in
                    number += 1
                    return number
                }
                return number <= drops ? .drop : .confirm
            }
            let outcome = await drain(try uplink(publisher), records)
            #expect(outcome.rejected == [], "after \(drops) drops")
            #expect(outcome.isDone)
        }
    }

    @Test func `another topic is compared first, each in its turn, then the next record`() {
        var suspicion = DropSuspicion()
        let topics = ["a", "a", "b", "c", "b"]
        let batch = Sample.batch(topics.enumerated().map { Sample.record(UInt64($0.offset + 1), topic: $0.element) })
        #expect(suspicion.witness(in: batch) == 2)
        suspicion.failed()
        #expect(suspicion.witness(in: batch) == 3)
        suspicion.failed()
        #expect(suspicion.witness(in: batch) == 2)
        #expect(suspicion.witness(in: Sample.batch(count: 3)) == 1)
        #expect(suspicion.witness(in: Sample.batch(count: 1)) == nil)
    }
}
