import AgentTestKit
import Glibc
import LogStore
import Records
import Testing

/// The power goes, and the disk had lied: it said that a flush was done and did nothing. What was acknowledged cannot
/// be there then; but nothing of it may go unnoticed, as long as the high-water mark has survived.
@Suite(.enabled("strace is missing or may not trace here", PowerCutFixture.canTrace), .serialized)
struct PowerCutLieTests {
    private static let count = 150

    @Test func `P3 P4 P7 what a lying disk lost is reported as lost, and its identities are not given away again`()
        async throws
    {
        // Each thread counts its own; the recorder's first thirty have made the log and some commits.
        let lie = FaultInjection(in: ["fdatasync"], .result(0), .from(30))
        let (run, _) = try await PowerCutFixture.shortRun(messages: 0..<Self.count, faults: [lie])
        let whole = try PowerCutFixture.history(of: run, count: Self.count)
        let seed = KillSeed(for: "power cut of a lying disk").value
        let begun = try #require(run.acknowledged.acknowledgements.dropFirst(10).first).began
        var noticed = 0
        var broken = 0
        try run.trace.forEachImage(after: run.trace.powerCuts(200, seed: seed, in: begun..<run.trace.end)) {
            cut, image in
            let outcome = try Self.outcome(of: image, history: whole, sent: run.promises(through: cut.moment).sent)
            if outcome.lost > 0 { noticed += 1 }
            for problem in outcome.problems where broken < 10 {
                broken += 1
                Issue.record("\(problem), after \(cut)")
            }
        }
        KillSeed.note("power cut of a lying disk: \(noticed) of 200 images had losses")
        #expect(noticed > 20, "the disk has hardly lied")
    }

    /// A second cut while the first start after a lie saves what is sound.
    @Test func `P1 P4 a power cut during the salvage of damage keeps what the salvage would have kept`() async throws {
        let lie = FaultInjection(in: ["fdatasync"], .result(0), .from(30))
        let (first, _) = try await PowerCutFixture.shortRun(messages: 0..<Self.count, faults: [lie])
        let seed = KillSeed(for: "power cut during salvage").value
        let begun = try #require(first.acknowledged.acknowledgements.dropFirst(40).first).began
        var salvaged = 0
        for cut in first.trace.powerCuts(40, seed: seed, in: begun..<first.trace.end) where salvaged < 3 {
            let image = first.trace.image(after: cut)
            let kept = try Self.held(in: image)
            // Where the first start finds no damage there is nothing to salvage.
            guard kept.isDamaged else { continue }
            salvaged += 1
            let (second, _) = try await PowerCutFixture.shortRun(on: image, messages: 2000..<2003)
            for cut in second.trace.powerCuts(60, seed: seed) {
                let again = try Self.held(in: second.trace.image(after: cut))
                let missing = kept.numbers.filter { again.numbers[$0.key] != $0.value }
                if let position = missing.keys.min() {
                    Issue.record("\(position) and \(missing.count - 1) more are gone, after \(cut)")
                }
            }
        }
        #expect(salvaged > 0, "no cut has left damage: MILLRACE_SEED=\(seed)")
    }

    private struct Outcome {
        var lost: UInt64 = 0
        var problems: [String] = []
    }

    private static func outcome(
        of image: FolderImage, history: [Position: Int], sent: [Position: Int]
    ) throws -> Outcome {
        var outcome = Outcome()
        let folder = try TemporaryFolder("image", isInMemory: true)
        try image.write(to: folder.file("log"))
        let log: RingLog
        do {
            log = try PowerCutCheck.open(folder.file("log"))
        } catch {
            outcome.problems.append("P4: it does not open: \(error)")
            return outcome
        }
        defer { log.close() }
        let mark = PowerCutCheck.mark(in: image)
        let start = mark.map { Position(epoch: $0.epoch, sequence: .zero) }
        let content = PowerCutCheck.content(of: log, behind: start)
        outcome.problems = content.problems + PowerCutCheck.sums(of: log)
        for (position, number) in content.numbers where history[position] != number {
            outcome.problems.append("\(position) names \(number), not \(String(describing: history[position]))")
        }
        guard let mark else { return outcome }
        outcome.lost = content.losses.reduce(0) { $0 + $1.count }
        for sequence in stride(from: 1, through: mark.sequence.rawValue, by: 1) {
            let position = Position(epoch: mark.epoch, sequence: SequenceNumber(sequence))
            let isLost = content.losses.contains {
                $0.epoch == position.epoch && ($0.first...$0.last).contains(position.sequence)
            }
            if content.numbers[position] == nil, !isLost {
                outcome.problems.append("P3: \(position), below the mark \(mark), is neither there nor lost")
                break
            }
        }
        for position in try PowerCutCheck.append(2000..<2003, to: log).keys
        where sent[position] != nil && position <= mark {
            outcome.problems.append("P7: \(position) is given away a second time")
        }
        return outcome
    }

    /// What the first start finds on `image`.
    private static func held(in image: FolderImage) throws -> (numbers: [Position: Int], isDamaged: Bool) {
        let folder = try TemporaryFolder("image", isInMemory: true)
        try image.write(to: folder.file("log"))
        let log = try PowerCutCheck.open(folder.file("log"))
        defer { log.close() }
        let content = PowerCutCheck.content(of: log)
        let names = try FolderImage(reading: folder.file("log")).files.keys
        return (content.numbers, names.contains { $0.hasSuffix(".quarantined") && $0.contains(".segment") })
    }
}
