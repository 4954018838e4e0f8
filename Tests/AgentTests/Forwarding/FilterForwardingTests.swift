import AgentTestKit
import LogStore
import MQTTTransport
import Records
import Synchronization
import Testing
import Uplinks

@testable import Agent

/// Filters between the log and an uplink, and the accounts that must stay right.
struct FilterForwardingTests {
    private static let changes = [
        FilterRule(topics: [MQTTTopicFilter("#")!], selection: .changes(deadband: 0, atLeast: nil))
    ]

    private static func audit(_ uplink: ScriptedUplink) -> SequenceAudit.Summary {
        var audit = SequenceAudit()
        for event in uplink.events {
            switch event {
            case .record(let identity, let previous, let delivery):
                audit.receive(identity, previous: previous, delivery: delivery)
            case .loss(let identity, let reason): audit.receive(identity, reason: reason)
            }
        }
        return audit.summary
    }

    @Test func `P3 what a filter leaves out is counted, and a consumer sees that nothing is missing`() async throws {
        let uplink = ScriptedUplink()
        let fixture = try ForwardingLog(["a": uplink], filters: Self.changes)
        try await fixture.forwarding {
            for number in 0..<50 {
                fixture.append((0..<20).map { "\(number * 20 + $0 / 7)" })
                #expect(try fixture.numbers(of: "a").isBalanced)
            }
            let isDone = try await eventually { try fixture.numbers(of: "a").held == 0 }
            #expect(isDone)
        }
        let numbers = try fixture.numbers(of: "a")
        #expect(numbers.forwarded == 150 && numbers.filtered == 850 && numbers.isBalanced)
        #expect(uplink.payloads.count == 150)
        let summary = Self.audit(uplink)
        #expect(summary.received == 150 && summary.duplicates == 0 && summary.missing == 0 && summary.outOfOrder == 0)
        // The last of them are behind the last record, so nobody has heard of them.
        #expect(summary.filtered == 845)
    }

    @Test func `P3 refusals, retries and partial confirmations of filtered records leave no gap`() async throws {
        let uplink = ScriptedUplink()
        let fixture = try ForwardingLog(["a": uplink], filters: Self.changes)
        let payloads = (0..<1200).map { "\($0 / 3)" }
        let seen = Mutex<Set<UInt64>>([])
        uplink.answer { batch in
            let number = batch.first.rawValue
            if number % 7 == 0, seen.withLock({ $0.insert(number).inserted }) { return .retry("later") }
            if let poison = batch.records.first(where: { $0.sequence.rawValue % 31 == 1 }) {
                return .reject(poison.sequence.rawValue)
            }
            return batch.records.count > 3 ? .confirmThrough(batch.records[2].sequence.rawValue) : .confirm
        }
        fixture.append(payloads)
        try await fixture.forwarding {
            #expect(await eventually { uplink.payloads.count > 100 })
            uplink.answer { batch in
                guard let poison = batch.records.first(where: { $0.sequence.rawValue % 31 == 1 }) else {
                    return .confirm
                }
                return .reject(poison.sequence.rawValue)
            }
            fixture.append(["last"])
            let isDone = try await eventually {
                try fixture.numbers(of: "a").held == 0 && Self.audit(uplink).filtered == 800
            }
            #expect(isDone)
        }
        let numbers = try fixture.numbers(of: "a")
        #expect(numbers.isBalanced && numbers.filtered == 800 && numbers.rejected > 0)
        let summary = Self.audit(uplink)
        #expect(summary.missing == numbers.rejected, "what was rejected is all that is missing")
        #expect(summary.filtered == 800 && summary.distinct == numbers.forwarded)
    }

    @Test func `a run that nothing follows in its lane is told by a word of its own`() async throws {
        let rules = [FilterRule(topics: [MQTTTopicFilter("#")!], selection: .none)]
        let (uplink, all) = (ScriptedUplink(), ScriptedUplink())
        let fixture = try ForwardingLog(["a": uplink, "b": all], filters: rules)
        fixture.append((0..<100).map { "\($0)" })
        try await fixture.forwarding {
            let isDone = try await eventually { try fixture.numbers(of: "a").filtered == 100 }
            #expect(isDone)
        }
        #expect(uplink.events.isEmpty, "nothing is sent while a record may still follow")
        #expect(try fixture.numbers(of: "a").isBalanced)
        let name = UplinkName("a")!
        let position = fixture.log.position(of: name, in: .telemetry)
        #expect(
            fixture.log.untold(endingAt: position, by: name, in: .telemetry)?.count == 100,
            "it is kept, so that the next record can tell of it after a restart too")
        #expect(fixture.log.wordOfFilter(for: name, in: .telemetry) == nil)
    }

    @Test func `P3 two lanes with filters tell of all that they leave out`() async throws {
        let uplink = ScriptedUplink { _ in .retry("down") }
        let fixture = try ForwardingLog(["a": uplink], order: .freshFirst, filters: Self.changes)
        fixture.append((0..<5000).map { "old \($0 / 5)" })
        fixture.clock.advance(milliseconds: 60_000)
        fixture.append((0..<500).map { "new \($0 / 5)" })
        try await fixture.forwarding {
            #expect(await eventually { uplink.calls > 1 })
            uplink.answer { _ in .confirm }
            let isDone = try await eventually {
                try fixture.numbers(of: "a").held == 0 && Self.audit(uplink).missing == 0
            }
            #expect(isDone)
        }
        let numbers = try fixture.numbers(of: "a")
        #expect(numbers.isBalanced && numbers.forwarded == 1100 && numbers.filtered == 4400)
        #expect(Self.audit(uplink).outOfOrder == 0)
        #expect(Self.audit(uplink).filtered >= 4396)
    }
}
