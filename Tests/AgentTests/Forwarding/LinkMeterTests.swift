import Testing
import Uplinks

@testable import Agent

struct LinkMeterTests {
    private static let start = ContinuousClock.now

    private static func at(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    private static func limits(_ change: (inout LinkLimits) -> Void) -> LinkLimits {
        var limits = LinkLimits()
        change(&limits)
        return limits
    }

    @Test func `a debt is waited for, and no more than a second is saved up`() {
        var bucket = TokenBucket(perSecond: 100, at: Self.at(0))
        #expect(bucket.wait(at: Self.at(0)) == .zero)
        bucket.spend(250, at: Self.at(0))
        #expect(bucket.wait(at: Self.at(1)) == .seconds(1.5))
        #expect(bucket.wait(at: Self.at(2.5)) == .zero)
        bucket.spend(300, at: Self.at(1000))
        #expect(bucket.wait(at: Self.at(1000)) == .seconds(2))
    }

    @Test func `a clock that goes back gives nothing`() {
        var bucket = TokenBucket(perSecond: 100, at: Self.at(10))
        bucket.spend(100, at: Self.at(10))
        #expect(bucket.wait(at: Self.at(5)) == .seconds(1))
        #expect(bucket.wait(at: Self.at(11)) == .zero)
    }

    @Test func `bytes of the connection count for the limit, and for no lane`() {
        var meter = LinkMeter(Self.limits { $0.bytes = 1000 }, at: Self.at(0))
        meter.note(LinkTraffic(bytesSent: 1500, bytesReceived: 500), for: nil, records: 0, at: Self.at(0))
        #expect(meter.wait(for: .live, at: Self.at(0)) == .seconds(2))
        #expect(meter.counters.liveBytes == 0 && meter.counters.backlogBytes == 0)
        #expect(meter.counters.traffic.bytes == 2000)
    }

    @Test func `a backlog waits for its own limit while what is live goes on`() {
        var meter = LinkMeter(Self.limits { $0.backlogBytes = 100 }, at: Self.at(0))
        meter.note(LinkTraffic(bytesSent: 500), for: .backlog, records: 5, at: Self.at(0))
        #expect(meter.wait(for: .backlog, at: Self.at(0)) == .seconds(5))
        #expect(meter.wait(for: .live, at: Self.at(0)) == .zero)
        meter.note(LinkTraffic(bytesSent: 5500), for: .live, records: 50, at: Self.at(0))
        #expect(meter.wait(for: .backlog, at: Self.at(0)) == .seconds(5))
        #expect(meter.counters.liveBytes == 5000 && meter.counters.backlogBytes == 500)
    }

    @Test func `messages are limited as the destination counts them`() {
        var meter = LinkMeter(Self.limits { $0.messages = 10 }, at: Self.at(0))
        meter.note(LinkTraffic(bytesSent: 1, messages: 25), for: .live, records: 25, at: Self.at(0))
        #expect(meter.wait(for: .live, at: Self.at(0)) == .seconds(2.5))
        #expect(meter.recordsMax(for: .live, isShared: false) == 10)
        // Now many records share a message.
        for number in 1...40 as ClosedRange<UInt64> {
            meter.note(
                LinkTraffic(bytesSent: number, messages: 25 + number), for: .live, records: 100, at: Self.at(0))
        }
        #expect(meter.recordsMax(for: .live, isShared: false) ?? 0 > 900)
    }

    @Test func `a batch holds the link for a second at most, a quarter of one beside another lane`() {
        var meter = LinkMeter(Self.limits { $0.bytes = 10_000 }, at: Self.at(0))
        #expect(meter.recordsMax(for: .live, isShared: false) == 1, "nobody knows yet what a record costs")
        meter.note(LinkTraffic(bytesSent: 800), for: .live, records: 8, at: Self.at(0))
        #expect(meter.recordsMax(for: .live, isShared: false) == 100)
        #expect(meter.recordsMax(for: .backlog, isShared: true) == 25)
        #expect(meter.recordsMax(for: .backlog, isShared: true, latency: .milliseconds(600)) == 75)
        #expect(meter.recordsMax(for: .live, isShared: true) == 50)
        #expect(meter.recordsMax(for: .live, isShared: false, bytesLeft: 350) == 3)
        #expect(meter.recordsMax(for: .live, isShared: false, bytesLeft: 3) == 1)
    }

    @Test func `without limits nothing waits`() {
        var meter = LinkMeter(LinkLimits(), at: Self.at(0))
        meter.note(LinkTraffic(bytesSent: .max / 2, messages: .max / 2), for: .backlog, records: 1, at: Self.at(0))
        #expect(meter.wait(for: .backlog, at: Self.at(0)) == .zero)
        #expect(meter.recordsMax(for: .live, isShared: true) == nil)
    }
}
