import AgentTestKit
import LogStore
import Records
import Synchronization
import Testing
import Uplinks

@testable import Agent

struct ForwarderTests {
    private static func payloads(_ numbers: Range<Int>) -> [String] { numbers.map { "record \($0)" } }

    @Test func `P2 a cursor moves only as far as the destination has confirmed`() async throws {
        let uplink = ScriptedUplink { $0.first == SequenceNumber(1) ? .confirmThrough(3) : .retry("not now") }
        let fixture = try ForwardingLog(["a": uplink])
        fixture.append(Self.payloads(0..<10))
        try await fixture.forwarding {
            #expect(await eventually { uplink.calls > 5 })
            #expect(try fixture.numbers(of: "a").position.sequence == SequenceNumber(3))
            #expect(try fixture.numbers(of: "a").forwarded == 3)
            uplink.answer { _ in .confirm }
            let isForwarded = try await eventually { try fixture.numbers(of: "a").forwarded == 10 }
            #expect(isForwarded)
        }
        #expect(uplink.payloads == Self.payloads(0..<10))
    }

    @Test func `P2 an answer that never comes moves no cursor, and does not hold up the end`() async throws {
        let uplink = ScriptedUplink { _ in .nothing }
        let fixture = try ForwardingLog(["a": uplink])
        fixture.append(Self.payloads(0..<10))
        try await fixture.forwarding { #expect(await eventually { uplink.calls == 1 }) }
        #expect(try fixture.numbers(of: "a").position.sequence == .zero)
        #expect(uplink.isClosed)
    }

    @Test func `P8 an uplink that hangs or fails does not hold up another`() async throws {
        let (stuck, failing, sound) = (
            ScriptedUplink { _ in .nothing }, ScriptedUplink { _ in .retry("down") }, ScriptedUplink()
        )
        let fixture = try ForwardingLog(["stuck": stuck, "failing": failing, "sound": sound])
        try await fixture.forwarding {
            for start in stride(from: 0, to: 100, by: 10) { fixture.append(Self.payloads(start..<start + 10)) }
            #expect(await eventually { sound.payloads.count == 100 })
        }
        #expect(sound.payloads == Self.payloads(0..<100))
        #expect(try fixture.numbers(of: "stuck").held == 100)
        #expect(try fixture.numbers(of: "failing").held == 100)
    }

    @Test func `P8 a poison record is kept aside, and what is around it arrives`() async throws {
        let uplink = ScriptedUplink { batch in
            batch.first <= SequenceNumber(5) && batch.last >= SequenceNumber(5) ? .reject(5) : .confirm
        }
        let fixture = try ForwardingLog(["a": uplink])
        fixture.append(Self.payloads(1..<11))
        try await fixture.forwarding { #expect(await eventually { uplink.payloads.count == 9 }) }
        #expect(uplink.payloads == Self.payloads(1..<5) + Self.payloads(6..<11))
        let numbers = try fixture.numbers(of: "a")
        #expect(numbers.rejected == 1 && numbers.forwarded == 9 && numbers.isBalanced)
        let kept = try fixture.log.rejected(by: UplinkName("a")!)
        #expect(kept.map { String(decoding: $0.payload, as: UTF8.self) } == ["record 5"])
        #expect(kept.first?.reason == "no such thing here")
    }

    @Test func `P3 a ring that overflows is told once, and the sums hold at every moment`() async throws {
        let uplink = ScriptedUplink { _ in .retry("down") }
        let fixture = try ForwardingLog(["a": uplink])
        var appended: [String] = []
        try await fixture.forwarding {
            while try fixture.numbers(of: "a").lost == 0 {
                let payloads = (0..<10).map { "\(appended.count + $0) " + Noise.text(20_000) }
                appended += payloads
                #expect(fixture.append(payloads) == nil)
                #expect(try fixture.numbers(of: "a").isBalanced)
            }
            #expect(uplink.payloads.isEmpty)
            uplink.answer { _ in .confirm }
            let isDrained = try await eventually {
                let numbers = try fixture.numbers(of: "a")
                #expect(numbers.isBalanced)
                return numbers.held == 0
            }
            #expect(isDrained)
        }
        let numbers = try fixture.numbers(of: "a")
        #expect(numbers.accepted == UInt64(appended.count))
        #expect(uplink.losses.count == 1)
        let loss = try #require(uplink.losses.first)
        // A batch that the forwarder had in hand when the ring went over it was not lost: it was confirmed after all.
        let (first, last) = (Int(loss.first.rawValue), Int(loss.last.rawValue))
        #expect(last - first + 1 == Int(numbers.lost))
        #expect(uplink.payloads == Array(appended[..<(first - 1)] + appended[last...]))
        #expect(loss.reason == .overwritten)
    }

    @Test func `a stream of higher priority goes first`() async throws {
        let uplink = ScriptedUplink()
        let fixture = try ForwardingLog(
            ["a": uplink], streams: [.telemetry: .small, ForwardingLog.alarms: .small],
            priorities: [ForwardingLog.alarms: 10])
        fixture.append(["reading 1", "reading 2"])
        fixture.append(["alarm 1", "alarm 2"], to: ForwardingLog.alarms)
        try await fixture.forwarding { #expect(await eventually { uplink.payloads.count == 4 }) }
        #expect(uplink.payloads == ["alarm 1", "alarm 2", "reading 1", "reading 2"])
    }

    @Test(arguments: [DeliveryOrder.freshFirst, .oldestFirst])
    func `P3 fresh first: what comes during a drain does not wait for the backlog, and every record arrives once`(
        order: DeliveryOrder
    ) async throws {
        let uplink = ScriptedUplink { _ in .retry("down") }
        let fixture = try ForwardingLog(["a": uplink], order: order)
        let backlog = Self.payloads(0..<3000)
        for start in stride(from: 0, to: backlog.count, by: 50) { fixture.append(Array(backlog[start..<start + 50])) }
        fixture.clock.advance(milliseconds: 60_000)
        let fresh = (0..<20).map { "fresh \($0)" }
        try await fixture.forwarding {
            #expect(await eventually { uplink.calls > 2 })
            // Each batch of the backlog brings two new records.
            let next = Mutex(0)
            uplink.answer { batch in
                guard batch.last.rawValue <= 3000 else { return .confirm }
                let number = next.withLock { next in
                    defer { next += 2 }
                    return next
                }
                if number < fresh.count { fixture.append(Array(fresh[number..<number + 2])) }
                return .confirm
            }
            let isDrained = try await eventually {
                let numbers = try fixture.numbers(of: "a")
                #expect(numbers.isBalanced)
                return numbers.held == 0 && numbers.forwarded > 3000
            }
            #expect(isDrained)
        }
        let sent = uplink.payloads
        #expect(Set(sent).count == sent.count)
        #expect(sent.filter { !$0.hasPrefix("fresh") } == backlog)
        let arrived = sent.filter { $0.hasPrefix("fresh") }
        #expect(!arrived.isEmpty && arrived == Array(fresh.prefix(arrived.count)))
        switch order {
        case .freshFirst:
            #expect(uplink.historical == Set(backlog))
            #expect(try #require(sent.firstIndex(of: "fresh 0")) < 3000 - 1000)
        case .oldestFirst:
            #expect(uplink.historical.isEmpty)
            #expect(sent == backlog + arrived)
        }
    }

    @Test func `P8 what is always new does not starve the backlog`() async throws {
        let uplink = ScriptedUplink { _ in .retry("down") }
        let fixture = try ForwardingLog(["a": uplink], order: .freshFirst)
        for number in 0..<300 { fixture.append((0..<50).map { "\(number) \($0)" }) }
        fixture.clock.advance(milliseconds: 60_000)
        let lanes = Mutex<[RecordBatch.Delivery]>([])
        try await fixture.forwarding {
            #expect(await eventually { uplink.calls > 2 })
            uplink.answer { batch in
                let count = lanes.withLock { lanes in
                    lanes.append(batch.delivery)
                    return lanes.count
                }
                if count < 60 { fixture.append(["fresh \(count)"]) }
                return .confirm
            }
            #expect(await eventually { lanes.withLock(\.count) >= 60 })
        }
        // As long as there is a backlog, each lane has at least its quarter of the batches.
        let sent = lanes.withLock { Array($0[...($0.lastIndex(of: .historical) ?? 0)]) }
        let historical = sent.count { $0 == .historical }
        #expect(historical > 10 && historical * 4 >= sent.count && (sent.count - historical) * 4 >= sent.count)
    }

    @Test func `P8 records rejected one after the other all count, and the stream goes on`() async throws {
        let uplink = ScriptedUplink { $0.first <= SequenceNumber(50) ? .reject($0.first.rawValue) : .confirm }
        let fixture = try ForwardingLog(["a": uplink])
        fixture.append(Self.payloads(1..<61))
        try await fixture.forwarding { #expect(await eventually { uplink.payloads.count == 10 }) }
        let numbers = try fixture.numbers(of: "a")
        #expect(numbers.rejected == 50 && numbers.isBalanced)
    }
}
