import Testing
import Uplinks

@Suite struct BackOffTests {
    private let limits = BackOff.Limits(
        delayMin: .milliseconds(100), delayMax: .seconds(10), alarmDelayMin: .seconds(60),
        requestedDelayMax: .seconds(300))

    /// Draws always the largest number, so that a delay is its bound.
    private struct Largest: RandomNumberGenerator {
        mutating func next() -> UInt64 { .max }
    }

    @Test func `the bound doubles up to the longest and starts again after a success`() {
        var backOff = BackOff(limits: limits)
        var random = Largest()
        let delays = (0..<9).map { _ in backOff.delay(using: &random) }
        let expected = [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]
        #expect(delays == expected.map { Duration.milliseconds($0) })
        #expect(backOff.failures == 9)
        backOff.reset()
        #expect(backOff.delay(using: &random) == .milliseconds(100))
    }

    @Test func `the delay is spread over the whole of its bound`() {
        var random = SeededGenerator(seed: 7)
        let delays = (0..<2000).map { _ in
            var backOff = BackOff(limits: limits)
            return backOff.delay(using: &random)
        }
        #expect(delays.allSatisfy { $0 >= .zero && $0 <= .milliseconds(100) })
        #expect(delays.contains { $0 < .milliseconds(10) })
        #expect(delays.contains { $0 > .milliseconds(90) })
        let mean = delays.reduce(Duration.zero, +) / delays.count
        #expect(mean > .milliseconds(40) && mean < .milliseconds(60))
    }

    @Test func `what the destination asks for is waited at least, within reason`() {
        var backOff = BackOff(limits: limits)
        var random = SeededGenerator(seed: 1)
        for _ in 0..<50 {
            #expect(backOff.delay(after: .seconds(20), using: &random) >= .seconds(20))
        }
        #expect(backOff.delay(after: .seconds(1_000_000), using: &random) <= .seconds(310))
        #expect(backOff.delay(after: .seconds(-5), using: &random) >= .zero)
    }

    @Test func `an alarm is retried slowly`() {
        var backOff = BackOff(limits: limits)
        var random = SeededGenerator(seed: 2)
        for _ in 0..<50 {
            let delay = backOff.delay(isAlarm: true, using: &random)
            #expect(delay >= .seconds(60) && delay <= .seconds(70))
        }
    }

    @Test func `a thousand failures in a row do not overflow`() {
        var backOff = BackOff(limits: .init(delayMin: .nanoseconds(1), delayMax: .seconds(60)))
        var random = SeededGenerator(seed: 3)
        for _ in 0..<1000 { #expect(backOff.delay(using: &random) <= .seconds(60)) }
    }
}
