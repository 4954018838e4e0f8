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
        let run = try await PowerCutFixture.longRun()
        #expect(run.trace.unfollowed == [])
        #expect(run.acknowledged.acknowledgements.count == 1300)
        #expect(run.evictions.count >= 3, "the ring has not come round")
        var whole = PowerCutPromises()
        whole.history = try PowerCutFixture.history(of: run, count: 1300)
        KillSeed.note("power cut: \(run.trace.operations.count) operations, \(run.evictions.count) evictions")
        let seed = KillSeed(for: "power cut").value
        try Self.check(run, run.trace.powerCuts(300, seed: seed), after: whole)
    }

    private static func check(_ run: PowerCutRun, _ cuts: [PowerCut], after before: PowerCutPromises) throws {
        var broken = 0
        try run.trace.forEachImage(after: cuts) { cut, image in
            let promises = before.followed(by: run.promises(through: cut.moment))
            for problem in try PowerCutCheck.problems(of: image, after: promises) where broken < 10 {
                broken += 1
                Issue.record("\(problem), after \(cut)")
            }
        }
    }
}
