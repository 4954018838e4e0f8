import AgentTestKit
import Glibc
import Records
import Testing

/// The power goes at any moment, and the disk keeps any part of what was not flushed.
@Suite(.enabled("strace is missing or may not trace here", PowerCutFixture.canTrace), .serialized)
struct PowerCutTests {
    @Test func `P1 P3 P4 P7 a power cut loses nothing acknowledged, always starts, and keeps identities apart`()
        async throws
    {
        let (run, whole) = try await PowerCutRecorder.shared.longRun()
        let seed = KillSeed(for: "power cut").value
        try Self.check(run, run.trace.powerCuts(KillSeed.count(300), seed: seed), after: whole)
    }

    /// The first start: folders, state, the first segment, the first commits.
    @Test func `P1 P4 P7 a power cut during the first start loses nothing acknowledged, and the next start works`()
        async throws
    {
        let (run, content) = try await PowerCutFixture.shortRun(messages: 0..<12)
        var whole = PowerCutPromises()
        whole.history = content.numbers
        let seed = KillSeed(for: "power cut during the first start").value
        let third = try #require(run.acknowledged.acknowledgements.dropFirst(2).first).began
        let cuts =
            run.trace.powerCuts(250, seed: seed, in: 0..<third + 1) + run.trace.powerCuts(50, seed: seed &+ 1)
        try Self.check(run, cuts, after: whole)
    }

    @Test func `P1 P4 P7 a power cut during the recovery from a power cut loses nothing acknowledged`() async throws {
        let (first, whole) = try await PowerCutRecorder.shared.longRun()
        let seed = KillSeed(for: "power cut during recovery").value
        for (number, cut) in first.trace.powerCuts(3, seed: seed).enumerated() {
            let (second, content) = try await PowerCutFixture.shortRun(
                on: first.trace.image(after: cut), messages: 2000..<2012)
            var before = whole.followed(by: first.promises(through: cut.moment))
            before.history.merge(content.numbers) { $1 }
            let connect = try #require(
                second.trace.operations.first { if case .send = $0.action { true } else { false } })
            let cuts =
                second.trace.powerCuts(70, seed: seed &+ UInt64(number), in: 0..<connect.began)
                + second.trace.powerCuts(30, seed: seed &+ UInt64(number))
            try Self.check(second, cuts, after: before, "after the first \(cut)")
        }
    }

    private static func check(
        _ run: PowerCutRun, _ cuts: [PowerCut], after before: PowerCutPromises, _ note: String = ""
    ) throws {
        var broken = 0
        try run.trace.forEachImage(after: cuts) { cut, image in
            let promises = before.followed(by: run.promises(through: cut.moment))
            for problem in try PowerCutCheck.problems(of: image, after: promises) where broken < 10 {
                broken += 1
                Issue.record("\(problem), after \(cut) \(note)")
            }
        }
    }
}

/// Records the long run once for all tests that cut it.
private actor PowerCutRecorder {
    static let shared = PowerCutRecorder()
    private var recorded: (PowerCutRun, PowerCutPromises)?

    /// The run, and a promise with what stood under each identity.
    func longRun() async throws -> (run: PowerCutRun, whole: PowerCutPromises) {
        if let recorded { return recorded }
        let run = try await PowerCutFixture.longRun()
        #expect(run.trace.unfollowed == [])
        #expect(run.acknowledged.acknowledgements.count == 1700)
        var whole = PowerCutPromises()
        whole.history = try PowerCutFixture.history(of: run, count: 1700)
        #expect(Set(run.sent.map(\.number)).count < 1700, "the ring has overwritten nothing that waited")
        KillSeed.note("power cut: \(run.trace.operations.count) operations, \(run.evictions.count) evictions")
        recorded = (run, whole)
        return (run, whole)
    }
}
