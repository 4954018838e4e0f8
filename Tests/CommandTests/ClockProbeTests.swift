import Records
import Testing

@testable import millrace

/// What is said of the clocks.
struct ClockProbeTests {
    private static let now: Int64 = 1_790_000_000_000

    private func reading(_ wall: Int64, boot: Int64 = 60_000, isSynchronised: Bool = true) -> ClockReading {
        ClockReading(
            boot: BootID(high: 1, low: 1), bootMilliseconds: boot, wallMilliseconds: wall,
            isSynchronised: isSynchronised)
    }

    private func findings(
        _ first: ClockReading, _ last: ClockReading? = nil, battery: Int64? = Self.now
    ) -> [Finding] {
        ClockProbe(first: first, last: last ?? first, batteryMilliseconds: battery).findings
    }

    @Test func `a clock in 1970 is bad`() {
        let found = findings(reading(60_000, isSynchronised: false), battery: nil)
        #expect(found[0].verdict == .bad && found[0].text.contains("1970-01-01T00:01:00"))
        #expect(found[1].verdict == .warning && found[1].text.contains("no clock with a battery"))
    }

    @Test func `a clock that jumps during the test is told of, one that is slewed is not`() {
        let first = reading(Self.now)
        let jumped = findings(first, reading(Self.now + 12_000, boot: 70_000))
        #expect(jumped.last?.text.contains("jumped by 2.0 s") == true)
        #expect(findings(first, reading(Self.now + 10_005, boot: 70_000)).allSatisfy { $0.verdict == .good })
    }

    @Test func `a battery clock in local time is told of with its distance`() {
        let found = findings(reading(Self.now), battery: Self.now + 3_600_000)
        #expect(found[1].verdict == .warning && found[1].text.contains("3600 s ahead"))
    }
}
