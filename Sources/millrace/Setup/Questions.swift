import Agent
import Glibc

/// Asks a person, or a script, line by line: questions on standard output, answers on standard input.
struct Questions {
    /// There are no more answers.
    struct Ended: Error {}

    /// A text. An empty answer is the default.
    ///
    /// - Parameter problem: why an answer will not do; it is asked again then.
    /// - Throws: ``Ended`` where the input is over.
    func ask(_ question: String, default usual: String = "", problem: (String) -> String? = { _ in nil }) throws
        -> String
    {
        while true {
            prompt(question + (usual.isEmpty ? ": " : " [\(usual)]: "))
            let line = try answer()
            // What a script answers is shown, as a terminal shows what is typed.
            if isatty(0) == 0 { tell(line) }
            let text = line.isEmpty ? usual : line
            guard let reason = problem(text) else { return text }
            tell("  \(reason)")
        }
    }

    /// - Throws: ``Ended`` where the input is over.
    func confirm(_ question: String, default usual: Bool) throws -> Bool {
        while true {
            prompt("\(question) [\(usual ? "Y/n" : "y/N")]: ")
            let line = try answer()
            if isatty(0) == 0 { tell(line) }
            switch line.lowercased() {
            case "": return usual
            case "y", "yes": return true
            case "n", "no": return false
            default: tell("  y or n")
            }
        }
    }

    /// One of some letters, which the question shows; an empty answer is the first, and a word stands for its letter.
    ///
    /// - Throws: ``Ended`` where the input is over.
    func letter(_ question: String, among letters: String) throws -> Character {
        let text = try ask(question) { text in
            text.isEmpty || letters.contains(text.lowercased().prefix(1))
                ? nil : "one of " + letters.map(String.init).joined(separator: ", ")
        }
        return text.lowercased().first ?? letters[letters.startIndex]
    }

    /// One of several.
    ///
    /// - Throws: ``Ended`` where the input is over.
    func pick(_ question: String, among choices: [String], default usual: Int) throws -> Int {
        try number("\(question), 1 to \(choices.count)", of: choices, from: 1, default: usual + 1) - 1
    }

    /// One of several; nil for none of them.
    ///
    /// - Throws: ``Ended`` where the input is over.
    func choose(_ question: String, among choices: [String]) throws -> Int? {
        let number = try number(
            "\(question), 1 to \(choices.count), or 0 for none", of: choices, from: 0, default: 0)
        return number == 0 ? nil : number - 1
    }

    private func number(_ question: String, of choices: [String], from first: Int, default usual: Int) throws -> Int {
        for (index, choice) in choices.enumerated() { tell("  \(index + 1)  \(choice)") }
        let range = first...choices.count
        let text = try ask(question, default: "\(usual)") { text in
            Int(text).map(range.contains) == true ? nil : "a number from \(first) to \(choices.count)"
        }
        return Int(text) ?? usual
    }

    /// A secret, which a terminal does not show.
    ///
    /// - Throws: ``Ended`` where the input is over.
    func secret(_ question: String) throws -> String {
        var settings = termios()
        let isTerminal = tcgetattr(0, &settings) == 0
        let before = settings
        if isTerminal {
            settings.c_lflag &= ~tcflag_t(ECHO)
            tcsetattr(0, TCSADRAIN, &settings)
        }
        defer {
            if isTerminal {
                var before = before
                tcsetattr(0, TCSADRAIN, &before)
            }
            tell("")
        }
        prompt("\(question): ")
        return try answer()
    }

    func tell(_ text: String) { writeLine(text, to: 1) }

    /// Tells what was found. True where it is good, or could not be told.
    func tell(_ finding: Finding) -> Bool {
        let isColoured = isatty(1) == 1 && Terminal.wantsColour
        var finding = finding
        if finding.verdict == .good { finding.advice = nil }
        for line in finding.lines(columns: Terminal.columns) {
            tell(line.rendered(columns: .max, isColoured: isColoured))
        }
        return finding.verdict == .good || finding.verdict == .untold
    }

    private func prompt(_ text: String) { writeAll(text.utf8, to: 1) }

    private func answer() throws -> String {
        guard let line = readLine() else { throw Ended() }
        var text = line[...]
        while text.first?.isWhitespace == true { text = text.dropFirst() }
        while text.last?.isWhitespace == true { text = text.dropLast() }
        return String(text)
    }
}
