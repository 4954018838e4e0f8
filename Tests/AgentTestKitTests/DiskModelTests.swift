import AgentTestKit
import Testing

/// What may be on disk after a power cut, from logs written by hand.
struct DiskModelTests {
    private static let seeds: Range<UInt64> = 0..<300

    @Test func `a sync does not cover a write that began before it and returned after it had begun`() throws {
        let trace = try HandTrace.read(
            """
            1 openat(AT_FDCWD</w>, "/f/a", O_RDWR|O_CREAT, 0644) = 3</f/a>
            1 openat(AT_FDCWD</w>, "/f", O_RDONLY) = 4</f>
            1 fsync(4</f>) = 0
            1 clone(flags=CLONE_VM|CLONE_FILES) = 2
            1 pwrite64(3</f/a>, "one", 3, 0) = 3
            1 pwrite64(3</f/a>, "two", 3, 3 <unfinished ...>
            2 fdatasync(3</f/a> <unfinished ...>
            1 <... pwrite64 resumed>) = 3
            2 <... fdatasync resumed>) = 0
            """)
        let lines = trace.end
        #expect(trace.image(after: PowerCut(moment: lines, survival: .nothing)).files == ["a": Array("one".utf8)])
        #expect(trace.image(after: PowerCut(moment: lines - 2, survival: .nothing)).files == ["a": []])
        #expect(trace.image(after: PowerCut(moment: lines, survival: .everything)).files == ["a": Array("onetwo".utf8)])
    }

    @Test func `what a failed sync covered stays unsure after a later sync`() throws {
        let trace = try HandTrace.read(
            """
            1 openat(AT_FDCWD</w>, "/f/a", O_RDWR|O_CREAT, 0644) = 3</f/a>
            1 openat(AT_FDCWD</w>, "/f", O_RDONLY) = 4</f>
            1 fsync(4</f>) = 0
            1 pwrite64(3</f/a>, "one", 3, 0) = 3
            1 fdatasync(3</f/a>) = -1 EIO (Input/output error)
            1 pwrite64(3</f/a>, "two", 3, 3) = 3
            1 fdatasync(3</f/a>) = 0
            """)
        let image = trace.image(after: PowerCut(moment: trace.end, survival: .nothing))
        #expect(image.files == ["a": [0, 0, 0] + Array("two".utf8)])
        #expect(trace.unsyncedWrites(before: trace.end).map(\.offset) == [0])
    }

    @Test func `a rename leaves the old name or the new one, and never both or none`() throws {
        let trace = try HandTrace.read(
            """
            1 openat(AT_FDCWD</w>, "/f/old", O_RDWR|O_CREAT, 0644) = 3</f/old>
            1 pwrite64(3</f/old>, "text", 4, 0) = 4
            1 fdatasync(3</f/old>) = 0
            1 openat(AT_FDCWD</w>, "/f", O_RDONLY) = 4</f>
            1 fsync(4</f>) = 0
            1 rename("/f/old", "/f/new") = 0
            1 openat(AT_FDCWD</w>, "/f/old", O_RDWR|O_CREAT, 0644) = 5</f/old>
            """)
        var seen: Set<[String]> = []
        for seed in Self.seeds {
            let cut = PowerCut(moment: trace.end, survival: .random(0.5), seed: seed)
            let image = trace.image(after: cut)
            #expect(image.files.values.filter { $0 == Array("text".utf8) }.count == 1, "\(cut)")
            seen.insert(image.files.keys.sorted())
        }
        #expect(seen == [["old"], ["new"], ["new", "old"]])
    }

    @Test func `a removed file may come back with its bytes until its folder is synced`() throws {
        let trace = try HandTrace.read(
            """
            1 openat(AT_FDCWD</w>, "/f", O_RDONLY) = 4</f>
            1 unlink("/f/kept") = 0
            1 fsync(4</f>) = 0
            """, baseline: FolderImage(files: ["kept": [1, 2, 3]]))
        #expect(trace.image(after: PowerCut(moment: 1, survival: .nothing)).files == ["kept": [1, 2, 3]])
        #expect(trace.image(after: PowerCut(moment: 1, survival: .everything)).files.isEmpty)
        #expect(trace.image(after: PowerCut(moment: 2, survival: .nothing)).files.isEmpty)
    }

    @Test func `a file is gone with its synced bytes while its name is not synced`() throws {
        let trace = try HandTrace.read(
            """
            1 mkdir("/f/inner", 0755) = 0
            1 openat(AT_FDCWD</w>, "/f/inner/a", O_RDWR|O_CREAT, 0644) = 3</f/inner/a>
            1 write(3</f/inner/a>, "text", 4) = 4
            1 fsync(3</f/inner/a>) = 0
            """)
        #expect(trace.image(after: PowerCut(moment: 3, survival: .nothing)) == FolderImage())
        let journalled = trace.image(after: PowerCut(moment: 3, survival: .nothing, entries: .anySync))
        #expect(journalled == FolderImage(files: ["inner/a": Array("text".utf8)], folders: ["inner"]))
    }

    @Test func `unsynced writes are whole, gone, or torn at sectors, with zeros below a later one`() throws {
        let first = String(repeating: "a", count: 1000)
        let second = String(repeating: "b", count: 1000)
        let trace = try HandTrace.read(
            """
            1 openat(AT_FDCWD</w>, "/f/a", O_RDWR, 0644) = 3</f/a>
            1 write(3</f/a>, "\(first)", 1000) = 1000
            1 write(3</f/a>, "\(second)", 1000) = 1000
            """, baseline: FolderImage(files: ["a": []]))
        var lengths: Set<Int> = []
        for seed in Self.seeds {
            let cut = PowerCut(moment: trace.end, survival: .random(0.4), seed: seed)
            let content = try #require(trace.image(after: cut).files["a"])
            lengths.insert(content.count)
            // Each stretch between sectors and ends of writes is all of its write or all zeros.
            for (from, to, byte) in [
                (0, 512, "a"), (512, 1000, "a"), (1000, 1024, "b"), (1024, 1536, "b"), (1536, 2000, "b"),
            ]
            where content.count > from {
                let stretch = Set(content[from..<min(to, content.count)])
                #expect(stretch == [0] || stretch == Set(byte.utf8), "\(cut)")
            }
        }
        #expect(lengths.isSuperset(of: [0, 512, 1000, 1024, 1536, 2000]))
    }

    @Test func `a truncation may be undone until it is synced`() throws {
        let trace = try HandTrace.read(
            """
            1 openat(AT_FDCWD</w>, "/f/a", O_RDWR|O_TRUNC, 0644) = 3</f/a>
            1 ftruncate(3</f/a>, 2) = 0
            1 fdatasync(3</f/a>) = 0
            """, baseline: FolderImage(files: ["a": [1, 2, 3]]))
        #expect(trace.image(after: PowerCut(moment: 1, survival: .nothing)).files == ["a": [1, 2, 3]])
        #expect(trace.image(after: PowerCut(moment: 2, survival: .nothing)).files == ["a": [0, 0]])
    }

    @Test func `equal cuts give equal images, in one walk or each by itself`() throws {
        var log = ""
        for number in 0..<30 {
            log += "1 openat(AT_FDCWD</w>, \"/f/\(number % 7)\", O_RDWR|O_CREAT|O_APPEND, 0644) = 3</f/\(number % 7)>\n"
            log += "1 write(3</f/\(number % 7)>, \"\(String(repeating: "t", count: 700))\", 700) = 700\n"
            if number % 5 == 0 { log += "1 fdatasync(3</f/\(number % 7)>) = 0\n" }
        }
        let trace = try HandTrace.read(log)
        let cuts = trace.powerCuts(100, seed: 3)
        #expect(cuts == trace.powerCuts(100, seed: 3))
        #expect(cuts != trace.powerCuts(100, seed: 4))
        try trace.forEachImage(after: cuts) { cut, image in try #require(image == trace.image(after: cut)) }
    }

    @Test func `a log that touches an unknown file is refused with the next step`() {
        let error = #expect(throws: SystemCallTraceError.self) {
            try HandTrace.read("1 openat(AT_FDCWD</w>, \"/f/a\", O_RDWR) = 3</f/a>")
        }
        #expect(error?.message.contains("baseline") == true)
        let cut = #expect(throws: SystemCallTraceError.self) {
            try HandTrace.read(
                "1 openat(AT_FDCWD</w>, \"/f/a\", O_RDWR|O_CREAT) = 3</f/a>\n1 write(3</f/a>, \"ab\"..., 900) = 900")
        }
        #expect(cut?.message.contains("cut") == true)
    }

    @Test func `what cannot be followed is said`() throws {
        let trace = try HandTrace.read(
            """
            1 openat(AT_FDCWD</w>, "/f/a-shm", O_RDWR|O_CREAT, 0644) = 3</f/a-shm>
            1 mmap(NULL, 32768, PROT_READ|PROT_WRITE, MAP_SHARED, 3</f/a-shm>, 0) = 0x7f8212345000
            1 mmap(NULL, 32768, PROT_READ, MAP_SHARED, 3</f/a-shm>, 0) = 0x7f8212345000
            1 rename("/elsewhere/b", "/f/b") = 0
            """)
        #expect(trace.unfollowed.count == 2)
        #expect(trace.unfollowed.first?.contains("a-shm is mapped") == true)
    }
}
