import Testing

/// How the sources must read: CONTRIBUTING.md as far as a program can see it.
@Suite struct SourceTests {
    private static let columnsMax = 120
    private static let fileLinesMax = 400
    private static let functionLinesMax = 60

    private let repository = Repository.current

    @Test func `no line is longer than 120 columns`() {
        let kinds = [".swift", ".c", ".h", ".py", ".toml", ".sh", ".md"]
        let long = repository.files.filter { file in kinds.contains { file.path.hasSuffix($0) } }.flatMap { file in
            file.places { line in
                guard line.utf8.count > Self.columnsMax && line.count > Self.columnsMax else { return false }
                // A table row and an address cannot be broken, and in TOML an inline table.
                if file.path.hasSuffix(".toml") { return !line.drop { $0 == " " }.hasPrefix("{") }
                return !file.path.hasSuffix(".md") || !(line.hasPrefix("|") || line.contains("://"))
            }
        }
        expectNone(long, "longer than \(Self.columnsMax) columns: break the line")
    }

    @Test func `no source file is longer than 400 lines`() {
        let long = repository.swiftSources.filter { $0.lines.count > Self.fileLinesMax + 1 }
        expectNone(
            long.map { "\($0.path) (\($0.lines.count - 1))" }, "split it where one thing ends, not at a line count")
    }

    @Test func `no function is longer than 60 lines`() {
        let long = repository.swiftSources.flatMap { file in
            file.code.functions.filter { $0.length > Self.functionLinesMax }
                .map { "\(file.path):\($0.line) (\($0.length))" }
        }
        expectNone(long, "keep the branching in the function and move straight-line work out")
    }

    @Test func `no source holds unfinished or unguarded code`() {
        let marks: Set<Substring> = ["TODO", "FIXME", "XXX"]
        let pieces = ["try!", "fatalError(\"unimplemented", "fatalError(\"not implemented"]
        let found = repository.files.filter { $0.path.hasPrefix("Sources/") }.flatMap { file in
            file.places { line in
                pieces.contains { line.contains($0) } || marks.contains { line.contains($0) && line.hasWord($0) }
            }
        }
        expectNone(found, "finish it, or handle the error")
    }

    @Test func `only the commands print`() {
        let printing = repository.swiftSources.filter { !$0.path.hasPrefix("Sources/millrace") }.flatMap { file in
            file.codePlaces { $0.calls("print") || $0.calls("debugPrint") }
        }
        expectNone(printing, "return it, or log it")
    }

    @Test func `what the compiler cannot check says why it is right`() {
        let unexplained = repository.swiftSources.flatMap { file in
            file.lines.indices.filter { index in
                let line = file.lines[index]
                guard line.contains("@unchecked Sendable") || line.contains("nonisolated(unsafe)") else { return false }
                let around = file.lines[max(0, index - 3)...min(file.lines.count - 1, index + 3)]
                return !around.contains { $0.contains("//") && !$0.contains("///") }
            }.map { "\(file.path):\($0 + 1)" }
        }
        expectNone(unexplained, "write the reason in a comment beside it")
    }

    @Test func `a public function that throws says when`() {
        let silent = repository.swiftSources.flatMap { file in
            file.code.publicThrowingFunctions.filter { line in
                !documentation(above: line, in: file).contains { $0.lowercased().contains("throw") }
            }.map { "\(file.path):\($0 + 1)" }
        }
        expectNone(silent, "add `- Throws:` and when, to its doc comment")
    }

    @Test func `no file and no type is named after nothing`() {
        let found = repository.swiftSources.flatMap { file in
            let path = file.path.split(separator: "/").filter {
                words(of: $0).contains(where: Self.emptyWords.contains)
            }
            let types = file.code.typeNames.filter {
                words(of: $0).contains(where: Self.emptyWords.contains)
            }
            return (path + types).map { "\(file.path): \($0)" }
        }
        expectNone(found, "name it after what it is in the domain")
    }

    /// Words that mean nothing here: CONTRIBUTING.md.
    private static let emptyWords: Set<String> = [
        "manager", "managers", "helper", "helpers", "util", "utils", "utility", "utilities", "handler", "handlers",
        "data",
        "info", "common", "processor", "processors", "engine", "engines", "misc",
    ]

    /// The words of a camel-case name, in lower case.
    private func words(of name: Substring) -> [String] {
        var words: [String] = [""]
        for character in name {
            if !character.isLetter {
                words.append("")
            } else if character.isUppercase, words.last?.last?.isLowercase == true {
                words.append(String(character))
            } else {
                words[words.count - 1].append(character)
            }
        }
        return words.map { $0.lowercased() }
    }

    /// The doc comment that ends above the line, attributes in between passed over.
    private func documentation(above line: Int, in file: SwiftSource) -> ArraySlice<Substring> {
        var start = line
        while start > 0 {
            let above = file.lines[start - 1].drop { $0 == " " }
            guard above.hasPrefix("///") || above.hasPrefix("@") else { break }
            start -= 1
        }
        return file.lines[start..<line]
    }
}

/// Fails with the list of places, one a line, and what to do about them.
func expectNone(_ places: [String], _ advice: String, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(
        places.isEmpty, "\(advice):\n\(places.sorted().joined(separator: "\n"))", sourceLocation: sourceLocation)
}
