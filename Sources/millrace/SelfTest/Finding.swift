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
        let found = mark + ScreenLine("\(part): ", .strong) + ScreenLine(text)
        let indent = ScreenLine(String(repeating: " ", count: mark.width))
        let advised = advice.map { indent + ScreenLine($0, .quiet) }
        return [found, advised].compactMap { $0 }.flatMap { $0.broken(columns: columns, indent: mark.width) }
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
