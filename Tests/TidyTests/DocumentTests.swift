import Testing

/// What people read, and what the tests promise them.
@Suite struct DocumentTests {
    private let repository = Repository.current

    @Test func `every link in the documents leads somewhere`() {
        let dead = repository.files.filter { $0.path.hasSuffix(".md") }.flatMap { file in
            links(in: file.text).filter { !resolves($0, from: file) }.map { "\(file.path): \($0)" }
        }
        expectNone(dead, "mend the link")
    }

    @Test func `the architecture is one page`() throws {
        let page = try #require(repository.files.first { $0.path == "docs/ARCHITECTURE.md" })
        #expect(page.lines.count <= 120, "move a decision to docs/decisions, a format to its module")
    }

    @Test func `decisions are numbered without a hole and none twice`() {
        let numbers = repository.files.filter { $0.path.hasPrefix("docs/decisions/") }.compactMap {
            Int($0.name.prefix(4))
        }
        #expect(numbers == Array(1...max(1, numbers.count)), "rename the newest page")
    }

    @Test func `messages that the manual quotes are the program's words`() throws {
        let page = try #require(repository.files.first { $0.path == "docs/troubleshooting.md" })
        let sources = repository.files.filter { $0.path.hasPrefix("Sources/") && $0.path.hasSuffix(".swift") }
        // What stands between two interpolations, broken over lines of the source or not.
        let words = sources.map { $0.text.replacing("\\\"", with: "\"") }
        let quotes: [Substring] = page.lines.filter { $0.hasPrefix("| `") }.map { line in
            line.dropFirst(3).prefix { $0 != "`" }
        }
        #expect(quotes.count > 25)
        let unknown = quotes.filter { quote in
            let parts: [Substring] = quote.split { $0 == "…" }
            let pieces = parts.map { part in part.drop { $0 == " " } }.filter { $0.count > 5 }
            return !words.contains { text in pieces.allSatisfy(text.contains) }
        }
        expectNone(unknown.map(String.init), "quote the program's words")
    }

    @Test(arguments: 1...8)
    func `promise P1 to P8 each name a test`(number: Int) {
        let named = repository.files.contains { file in
            file.path.hasPrefix("Tests/") && !file.path.hasPrefix("Tests/TidyTests/") && file.path.hasSuffix(".swift")
                && file.lines.contains { $0.isTestName && $0.hasWord("P\(number)") }
        }
        #expect(named, "no test has P\(number) in its name: see the promises in README.md")
    }

    @Test func `no file points at a folder beside the repository`() {
        // Tests, benchmarks and CI may look for one, and say so where it is absent.
        let places = repository.files.filter { file in
            !["Tests/", ".ci/", "Benchmarks/"].contains { file.path.hasPrefix($0) }
        }.flatMap { file in file.places { $0.contains("../shared") } }
        expectNone(places, "a user has no such folder")
    }

    @Test func `no file names a path that only this machine has`() {
        let standard: Set<Substring> = [
            "bin", "boot", "dev", "etc", "lib", "lib64", "media", "mnt", "opt", "proc", "run", "sbin", "srv", "sys",
            "tmp",
            "usr", "var",
        ]
        let own = Set(repository.namesAtMachineRoot.map { Substring($0) }).subtracting(standard)
        let places = repository.files.filter { $0.path != "Makefile" }.flatMap { file in
            file.places { line in line.contains("/") && line.absolutePathHeads.contains(where: own.contains) }
        }
        expectNone(places, "use a path that every machine has, or one relative to the repository")
    }

    /// Targets of the Markdown links, without those that leave the repository.
    private func links(in text: String) -> [Substring] {
        text.split(separator: "](").dropFirst().compactMap { rest in
            guard let end = rest.firstIndex(of: ")") else { return nil }
            let target = rest[..<end].split(separator: " ").first ?? ""
            return target.contains("://") || target.hasPrefix("mailto:") ? nil : target
        }
    }

    private func resolves(_ link: Substring, from file: TextFile) -> Bool {
        let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        var folder = file.path.split(separator: "/").dropLast().map(String.init)
        var path = file.path
        if !parts[0].isEmpty {
            for component in parts[0].split(separator: "/") where component != "." {
                if component == ".." { _ = folder.popLast() } else { folder.append(String(component)) }
            }
            path = folder.joined(separator: "/")
        }
        guard parts.count == 2, let target = repository.files.first(where: { $0.path == path }) else {
            return repository.contains(path)
        }
        return target.lines.contains { $0.hasPrefix("#") && $0.anchor == parts[1] }
    }
}

extension Substring {
    /// The anchor that GitHub makes of a heading.
    fileprivate var anchor: String {
        let title = drop { $0 == "#" }.drop { $0 == " " }
        return title.lowercased().compactMap { character -> String? in
            if character == " " { return "-" }
            return character.isLetter || character.isNumber || "-_".contains(character) ? String(character) : nil
        }.joined()
    }

    /// Whether the line declares a test or a suite, or gives it its display name.
    fileprivate var isTestName: Bool { contains("func `") || contains("@Test(\"") || contains("@Suite(\"") }

    /// First components of the absolute paths in the line, where another component follows.
    fileprivate var absolutePathHeads: [Substring] {
        var heads: [Substring] = []
        var before: Character = " "
        for index in indices {
            if self[index] == "/", " \"'`(=:<[,".contains(before) {
                let rest = self[self.index(after: index)...]
                let head = rest.prefix { $0.isLetter || $0.isNumber || "._-".contains($0) }
                if rest[head.endIndex...].first == "/" { heads.append(head) }
            }
            before = self[index]
        }
        return heads
    }
}
