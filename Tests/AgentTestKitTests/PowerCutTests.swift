import AgentTestKit
import Glibc
import Testing

/// Programs that promise records on standard output, right and wrong ones, and what the replay says of each.
@Suite(.enabled(if: Programs.unavailable == nil, Programs.unavailable), .serialized)
struct PowerCutTests {
    @Test(arguments: ["append", "replace", "threads"])
    func `no acknowledged record is missing from any image of a careful writer`(mode: String) throws {
        let scratch = try Scratch()
        let program = try Programs.compile(TracedSources.writer, in: scratch)
        let run = try Programs.trace(program, [mode, "20"], in: scratch)
        #expect(run.code == 0)
        #expect(run.trace.unfollowed.isEmpty)
        let outcome = Self.replay(run.trace)
        #expect(outcome.promised > 0)
        #expect(outcome.lost.isEmpty)
    }

    @Test(arguments: ["append-early", "replace-unsynced", "unlink-early"])
    func `the replay finds the acknowledged records that a careless writer loses`(mode: String) throws {
        let scratch = try Scratch()
        let program = try Programs.compile(TracedSources.writer, in: scratch)
        let run = try Programs.trace(program, [mode, "20"], in: scratch)
        #expect(run.code == 0)
        #expect(!Self.replay(run.trace).lost.isEmpty)
    }

    @Test func `one journal for all names forgives a rename without a sync of the folder that a later sync covers`()
        throws
    {
        let scratch = try Scratch()
        let program = try Programs.compile(TracedSources.writer, in: scratch)
        let trace = try Programs.trace(program, ["replace-unsynced", "10"], in: scratch).trace
        let lines = trace.outputLines()
        // Record 1 is acknowledged before the file of record 2 is synced, and that sync is the first after its rename.
        let second = lines[1].moment
        for (entries, isKept) in [(PowerCut.EntryDurability.folderSync, false), (.anySync, true)] {
            let cut = PowerCut(moment: second, survival: .nothing, entries: entries)
            #expect(Self.records(in: trace.image(after: cut)).contains(1) == isKept, "\(cut)")
        }
    }

    @Test func `failing syncs leave nothing acknowledged that an image lacks`() throws {
        let scratch = try Scratch()
        let program = try Programs.compile(TracedSources.writer, in: scratch)
        let fault = FaultInjection(in: ["fdatasync"], .error(EIO), .only(5))
        let run = try Programs.trace(program, ["append", "20"], in: scratch, faults: [fault])
        #expect(run.code == 5)
        #expect(run.trace.outputLines().count == 4)
        #expect(Self.replay(run.trace).lost.isEmpty)
        let failed = run.trace.operations.filter { if case .failedSync = $0.action { true } else { false } }
        #expect(failed.count == 1)
    }

    @Test func `a disk that lies about its syncs loses acknowledged records`() throws {
        let scratch = try Scratch()
        let program = try Programs.compile(TracedSources.writer, in: scratch)
        let fault = FaultInjection(in: ["fdatasync"], .result(0), .from(3))
        let run = try Programs.trace(program, ["append", "20"], in: scratch, faults: [fault])
        #expect(run.trace.outputLines().count == 20)
        #expect(!Self.replay(run.trace).lost.isEmpty)
    }

    @Test func `a run that is killed inside a call is read to its end`() throws {
        let scratch = try Scratch()
        let program = try Programs.compile(TracedSources.writer, in: scratch)
        let fault = FaultInjection(in: ["fdatasync"], .signal(SIGKILL), .only(7))
        let run = try Programs.trace(program, ["append", "20"], in: scratch, faults: [fault])
        #expect(run.trace.outputLines().count == 6)
        #expect(Self.replay(run.trace).lost.isEmpty)
    }

    @Test func `faults meet a program that is not recorded`() throws {
        let scratch = try Scratch()
        let program = try Programs.compile(TracedSources.writer, in: scratch)
        let writer = [program, scratch.path, "append", "5"]
        func run(_ fault: FaultInjection, onlyOn paths: [String] = []) -> (code: Int32, signal: Int32) {
            Programs.run(FaultInjection.command(running: writer, with: [fault], onlyOn: paths))
        }
        #expect(run(FaultInjection(in: ["fdatasync", "fsync"], .error(EIO), .from(2))).code == 5)
        #expect(run(FaultInjection(in: ["fsync"], .error(EIO), .only(1))).code == 3)
        #expect(run(FaultInjection(in: ["fsync"], .error(EIO), .only(2))).code == 0)
        #expect(run(FaultInjection(in: ["write"], .error(ENOSPC)), onlyOn: [scratch.path + "/log"]).code == 4)
        #expect(run(FaultInjection(in: ["write"], .error(ENOSPC)), onlyOn: [scratch.path + "/other"]).code == 0)
        #expect(run(FaultInjection(in: ["write"], .result(300), .every(from: 2, step: 3))).code == 4)
        #expect(run(FaultInjection(in: ["fdatasync"], .signal(SIGKILL), .range(2, 3))).signal == SIGKILL)
        #expect(run(FaultInjection(in: ["fdatasync"], .delayBefore(.milliseconds(1)))).code == 0)
        #expect(run(FaultInjection(in: ["fdatasync"], .delayAfter(.milliseconds(1)))).code == 0)
    }

    @Test func `cuts of a second run start from what the first run left`() throws {
        let scratch = try Scratch()
        let program = try Programs.compile(TracedSources.writer, in: scratch)
        let first = try Programs.trace(program, ["append", "5"], in: scratch)
        let left = try FolderImage(reading: first.folder)
        let second = try Programs.trace(program, ["append", "5"], in: scratch)
        #expect(left == first.trace.image(after: PowerCut(moment: first.trace.end, survival: .nothing)))
        let start = PowerCut(moment: 0, survival: .nothing)
        #expect(second.trace.image(after: start) == left)
        #expect(Self.records(in: second.trace.image(after: start)) == [1, 2, 3, 4, 5])
        let end = PowerCut(moment: second.trace.end, survival: .everything)
        #expect(second.trace.image(after: end) == (try FolderImage(reading: second.folder)))
    }

    @Test(arguments: 1...3)
    func `with everything kept the last image is the folder itself`(seed: Int) throws {
        let scratch = try Scratch()
        let program = try Programs.compile(TracedSources.scribbler, in: scratch)
        let run = try Programs.trace(program, ["\(seed)", "300"], in: scratch)
        #expect(run.code == 0)
        let cut = PowerCut(moment: run.trace.end, survival: .everything)
        let image = run.trace.image(after: cut)
        let folder = try FolderImage(reading: run.folder)
        #expect(image.folders == folder.folders)
        #expect(image.files.keys.sorted() == folder.files.keys.sorted())
        for (path, content) in folder.files { #expect(image.files[path] == content, "\(path)") }
    }

    /// How many acknowledgements were checked, and the cuts after which one of them was missing.
    private static func replay(_ trace: SystemCallTrace) -> (promised: Int, lost: [String]) {
        let lines = trace.outputLines().compactMap { line in
            line.text.split(separator: " ").last.flatMap { Int($0) }.map { (line.moment, $0) }
        }
        var promised = 0
        var lost: [String] = []
        trace.forEachImage(after: trace.powerCuts(200, seed: 7)) { cut, image in
            let kept = records(in: image)
            for (moment, record) in lines where moment <= cut.moment {
                promised += 1
                if !kept.contains(record) { lost.append("\(record) after \(cut)") }
            }
        }
        return (promised, lost)
    }

    /// The whole records in the image: `<number>:xxx...x\n` of 700 bytes in all, in any file that is not temporary.
    private static func records(in image: FolderImage) -> Set<Int> {
        var found: Set<Int> = []
        for (path, content) in image.files where !path.hasSuffix(".tmp") {
            for line in content.split(separator: UInt8(ascii: "\n")) {
                guard let colon = line.firstIndex(of: UInt8(ascii: ":")), line.count == 699 else { continue }
                guard line[(colon + 1)...].allSatisfy({ $0 == UInt8(ascii: "x") }) else { continue }
                if let number = Int(String(decoding: line[..<colon], as: UTF8.self)) { found.insert(number) }
            }
        }
        return found
    }
}
