import Testing

@testable import Agent

/// What a fleet lives with after an outage, in virtual time: these are no measurements of a machine.
struct VirtualLinkTests {
    private static let hour = 360_000

    private static func limits(bytes: Int? = nil, messages: Int? = nil) -> LinkLimits {
        var limits = LinkLimits()
        limits.bytes = bytes
        limits.messages = messages
        return limits
    }

    @Test(arguments: [5, 20, 100, 300], [true, false])
    func `with an hour of backlog over a link of twice the live rate, new records arrive within two seconds`(
        roundTrip: Int, isLimited: Bool
    ) {
        let rate = 2 * 100 * 250
        var link = VirtualLink(Self.limits(bytes: isLimited ? rate : nil), seconds: 300)
        link.roundTrip = .milliseconds(roundTrip)
        if !isLimited { link.capacity = rate }
        link.run(backlog: Self.hour)
        // One batch at a time: on a long thin way, round trips take time that nothing else can use.
        let isLong = roundTrip > 100
        #expect(
            link.percentile(0.99) < .seconds(isLong ? 5 : 2), "\(link.percentile(0.5)), \(link.percentile(0.99))")
        #expect(link.delays.count > 285 * 100)
        if isLimited, !isLong { #expect(link.deviation(from: rate) < 0.05) }
        let part = isLimited ? (isLong ? 0.75 : 0.9) : isLong ? 0.1 : 0.5
        #expect(Double(link.drained) > part * 300 * 100)
    }

    @Test(arguments: [2_000, 20_000, 100_000], [60, 250, 5_000])
    func `a limit is kept within five per cent over any minute, and used`(rate: Int, size: Int) {
        var link = VirtualLink(Self.limits(bytes: rate), seconds: 180)
        link.recordSize = size
        link.liveRate = max(1, rate / size / 2)
        link.run(backlog: rate / size * 200 + 200)
        #expect(link.deviation(from: rate) < 0.05)
    }
}
