import Records

/// What one check of `millrace selftest` found.
struct Finding: Sendable {
    /// How good it is.
    enum Verdict: String, Sendable {
        case good, warning, bad
        /// It could not be told here.
        case untold
    }

    /// A number behind the text, for programs.
    struct Figure: Sendable {
        var name: String
        var value: Double
    }

    var verdict: Verdict
    /// What was looked at: `disk`, `clock`, `serial.air`, `uplinks.central`.
    var part: String
    var text: String
    /// What a person can do.
    var advice: String?
    var figures: [Figure]

    init(_ verdict: Verdict, _ part: String, _ text: String, advice: String? = nil, figures: [Figure] = []) {
        self.verdict = verdict
        self.part = part
        self.text = text
        self.advice = advice
        self.figures = figures
    }

    /// For a terminal: what was found and what a person can do, with line ends between words.
    func lines(columns: Int) -> [ScreenLine] {
        let mark: ScreenLine =
            switch verdict {
            case .good: ScreenLine("good     ", .good)
            case .warning: ScreenLine("warning  ", .waiting)
            case .bad: ScreenLine("bad      ", .bad)
            case .untold: ScreenLine("untold   ", .quiet)
            }
        let head = mark + ScreenLine("\(part): ", .strong)
        let indent = String(repeating: " ", count: mark.width)
        // Wide enough for anything where it is no terminal.
        let room = max(20, columns - mark.width)
        let found = Self.broken(text, room, first: room - (head.width - mark.width))
        let advised = advice.map { Self.broken($0, room, first: room) } ?? []
        return [head + ScreenLine(found[0])] + found.dropFirst().map { ScreenLine(indent + $0) }
            + advised.map { ScreenLine(indent + $0, .quiet) }
    }

    /// A text in lines of so many columns, the first of which may have fewer; one word may be longer.
    private static func broken(_ text: String, _ columns: Int, first: Int) -> [String] {
        var lines = [""]
        var room = first
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            let width = word.count + (lines[lines.count - 1].isEmpty ? 0 : 1)
            if width > room, !lines[lines.count - 1].isEmpty {
                lines.append(String(word))
                room = columns - word.count
            } else {
                lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + word
                room -= width
            }
        }
        return lines
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("verdict", string: verdict.rawValue)
        writer.member("part", string: part)
        writer.member("text", string: text)
        writer.key("advice")
        if let advice { writer.string(advice) } else { writer.null() }
        writer.key("figures")
        writer.beginObject()
        for figure in figures {
            writer.key(figure.name)
            writer.number(figure.value)
        }
        writer.endObject()
        writer.endObject()
    }
}
