import AgentTestKit
import LogStore
import Records
import Testing
import Uplinks

@testable import Agent

/// What a forwarder does when a link is closed or used up.
struct ForwarderLinkTests {
    private static func link(_ change: (inout LinkConfiguration) -> Void) -> LinkConfiguration {
        var link = LinkConfiguration()
        change(&link)
        return link
    }

    @Test func `a link that is open is resumed once, before the first send`() async throws {
        let uplink = ScriptedUplink()
        let fixture = try ForwardingLog(["a": uplink])
        fixture.append(["1", "2"])
        try await fixture.forwarding { #expect(await eventually { uplink.payloads.count == 2 }) }
        #expect(uplink.link == ["resume"])
        #expect(try fixture.forwarder(of: "a").status.waiting == nil)
    }

    @Test func `outside its window a link is not touched, and the status says what it waits for`() async throws {
        let uplink = ScriptedUplink()
        let now = LinkMoment(by: ManualClock()).local
        let window = try ConnectionWindow("\((now.minute + 30) % 60) * * * * for 1m")
        let fixture = try ForwardingLog(["a": uplink], link: Self.link { $0.windows = [window] })
        fixture.append(["1", "2"])
        try await fixture.forwarding {
            let isWaiting = try await eventually {
                try fixture.forwarder(of: "a").status.waiting?.hasPrefix("waits for the window at ") ?? false
            }
            #expect(isWaiting)
        }
        #expect(uplink.calls == 0 && uplink.link.isEmpty)
        #expect(try fixture.numbers(of: "a").held == 2)
    }

    @Test func `a budget that is used up ends the connection, and a restart does not bring it back`() async throws {
        let uplink = ScriptedUplink(sendSize: 300_000)
        let link = Self.link { $0.budget = LinkBudget(bytes: .bytes(1_000_000), period: .day) }
        let fixture = try ForwardingLog(["a": uplink], link: link)
        let text = "the day's budget of 1 MB is used up"
        for _ in 0..<10 { fixture.append((0..<100).map { "\($0)" }) }
        for starts in 1...2 {
            try await fixture.forwarding {
                let isSpent = try await eventually { try fixture.forwarder(of: "a").status.waiting == text }
                #expect(isSpent)
            }
            #expect(uplink.calls == 4, "start \(starts)")
            #expect(fixture.log.usage(of: UplinkName("a")!).bytes == 1_200_000 * UInt64(starts), "as of a new uplink")
        }
        #expect(uplink.link == ["resume", "suspend"])
        let numbers = try fixture.numbers(of: "a")
        #expect(numbers.isBalanced && numbers.held > 0)
        #expect(try fixture.forwarder(of: "a").counters.traffic.bytes == 1_200_000)
    }

    @Test func `alarms go on when a budget is used up`() async throws {
        let uplink = ScriptedUplink(sendSize: 600_000)
        let link = Self.link {
            $0.budget = LinkBudget(bytes: .bytes(1_000_000), period: .month)
            $0.budget?.priorityWhenSpent = 5
        }
        let fixture = try ForwardingLog(
            ["a": uplink], streams: [.telemetry: .small, ForwardingLog.alarms: .small],
            priorities: [ForwardingLog.alarms: 10], link: link)
        for number in 0..<10 { fixture.append((0..<100).map { "\(number) \($0)" }) }
        try await fixture.forwarding {
            let isSpent = try await eventually {
                try fixture.forwarder(of: "a").status.waiting?.contains("only streams of priority 5") ?? false
            }
            #expect(isSpent)
            let before = uplink.payloads.count
            fixture.append(["alarm 1"], to: ForwardingLog.alarms)
            #expect(await eventually { uplink.payloads.last == "alarm 1" })
            fixture.append(["alarm 2"], to: ForwardingLog.alarms)
            #expect(await eventually { uplink.payloads.last == "alarm 2" })
            #expect(uplink.payloads.count == before + 2)
        }
        #expect(uplink.link == ["resume"])
    }

    @Test func `P8 a backlog that waits for its limit does not hold up what is live, in a stream of its own`()
        async throws
    {
        let uplink = ScriptedUplink(sendSize: 1_000_000)
        let link = Self.link { $0.limits.backlogBytes = 1000 }
        let fixture = try ForwardingLog(["a": uplink], order: .freshFirst, link: link)
        for number in 0..<20 { fixture.append((0..<100).map { "\(number) \($0)" }) }
        fixture.clock.advance(milliseconds: 60_000)
        try await fixture.forwarding {
            // One batch of the backlog, and then it waits for a quarter of an hour.
            #expect(await eventually { uplink.calls == 1 })
            for number in 0..<5 {
                fixture.append(["fresh \(number)"])
                #expect(await eventually { uplink.payloads.last == "fresh \(number)" })
            }
            let waiting = try fixture.forwarder(of: "a").status.waiting
            #expect(waiting == "waits for the limit of 1 kB/s for a backlog")
        }
        let counters = try fixture.forwarder(of: "a").counters
        #expect(counters.backlogBytes == 1_000_000 && counters.liveBytes == 5_000_000)
        #expect(uplink.historical.count == 1)
    }
}
