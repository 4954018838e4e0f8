extension SwiftCode {
    /// Names of the types that the file declares.
    var typeNames: [Substring] {
        let keywords: Set<Substring> = ["struct", "class", "enum", "actor", "protocol", "typealias"]
        return lines.flatMap { line -> [Substring] in
            let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
            // `class func` declares no type.
            return zip(words, words.dropFirst()).filter { keywords.contains($0) && $1.first?.isUppercase == true }.map(
                \.1)
        }
    }

    /// Modules that the file imports. An import stands at the beginning of a line.
    var imports: [Substring] {
        lines.compactMap { line in
            guard line.utf8.first != UInt8(ascii: " ") else { return nil }
            let words = line.split(separator: " ")
            guard let keyword = words.firstIndex(of: "import"), keyword + 1 < words.count,
                words[..<keyword].allSatisfy({ $0.hasPrefix("@") || accessLevels.contains($0) })
            else { return nil }
            return words[(keyword + 1)...].last?.split(separator: ".").first
        }
    }

    private var accessLevels: Set<Substring> { ["public", "package", "internal", "fileprivate", "private"] }

    /// Lines, from 0, on which a public function or initialiser begins whose signature says `throws`.
    var publicThrowingFunctions: [Int] {
        lines.indices.filter { index in
            let words = lines[index].split { !($0.isLetter || $0.isNumber) }
            guard words.contains("public"), words.contains("func") || words.contains("init") else { return false }
            return signature(from: index).split { !($0.isLetter || $0.isNumber) }.contains("throws")
        }
    }

    /// The text from a line up to the body, at most the ten lines that a signature may take.
    private func signature(from line: Int) -> String {
        var text = ""
        var depth = 0
        for character in lines[line..<min(line + 10, lines.count)].joined(separator: "\n") {
            switch character {
            case "(", "[": depth += 1
            case ")", "]": depth -= 1
            case "{" where depth == 0: return text
            // What a closure in a parameter throws is its own affair; `throws(SomeError)` keeps its keyword.
            default: if depth == 0 { text.append(character) }
            }
        }
        return text
    }
}

extension Substring {
    /// Whether the word stands by itself, not as part of a longer one.
    func hasWord(_ word: some StringProtocol) -> Bool {
        split { !($0.isLetter || $0.isNumber) }.contains { $0 == word }
    }

    /// Whether this line of code calls the free function: not a method, not part of a longer name.
    func calls(_ name: String) -> Bool {
        var rest = self
        while let range = rest.firstRange(of: name + "(") {
            let before = range.lowerBound > startIndex ? self[index(before: range.lowerBound)] : " "
            if !(before.isLetter || before.isNumber || before == "_" || before == ".") { return true }
            rest = rest[range.upperBound...]
        }
        return false
    }
}
