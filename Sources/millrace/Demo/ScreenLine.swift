/// A line of the screen: pieces of text, each in its style. A character takes one column.
struct ScreenLine: Sendable, Equatable, ExpressibleByStringLiteral {
    /// How a piece looks, where colour is wanted.
    enum Style: Sendable, Equatable {
        case plain, quiet, strong, good, bad, waiting, flow

        /// Select Graphic Rendition (ECMA-48, 8.3.117), with the terminal's own palette.
        fileprivate var code: String {
            switch self {
            case .plain: "0"
            case .quiet: "2"
            case .strong: "1"
            case .good: "32"
            case .bad: "1;31"
            case .waiting: "33"
            case .flow: "36"
            }
        }
    }

    private var pieces: [(text: String, style: Style)] = []

    init(_ text: String = "", _ style: Style = .plain) { pieces = [(text, style)] }
    init(stringLiteral text: String) { self.init(text) }

    /// How many columns it takes.
    var width: Int { pieces.reduce(0) { $0 + $1.text.count } }

    /// This line with another behind it.
    static func + (left: Self, right: Self) -> Self {
        var line = left
        line.pieces += right.pieces
        return line
    }

    static func == (left: Self, right: Self) -> Bool {
        left.pieces.elementsEqual(right.pieces) { $0.text == $1.text && $0.style == $1.style }
    }

    /// With spaces behind it, so that it takes so many columns; never cut.
    func padded(_ columns: Int) -> Self {
        self + Self(String(repeating: " ", count: max(0, columns - width)))
    }

    /// In as many lines as it takes to fit so many columns: broken at spaces, so that nothing is cut but what has none.
    ///
    /// - Parameter indent: columns that are left free in front of all lines but the first.
    func broken(columns: Int, indent: Int) -> [Self] {
        guard width > columns else { return [self] }
        var characters = pieces.flatMap { piece in piece.text.map { (character: $0, style: piece.style) } }[...]
        while characters.last?.character == " " { characters.removeLast() }
        var lines: [Self] = []
        var room = max(1, columns)
        while characters.count > room {
            let window = characters.prefix(room + 1)
            // A space that only blanks come before would give an empty line.
            let start = window.firstIndex { $0.character != " " } ?? window.startIndex
            let space = window[start...].lastIndex { $0.character == " " } ?? window.endIndex - 1
            lines.append(Self(characters[..<space], indent: lines.isEmpty ? 0 : indent))
            characters = characters[space...].drop { $0.character == " " }
            room = max(1, columns - indent)
        }
        return characters.isEmpty ? lines : lines + [Self(characters, indent: lines.isEmpty ? 0 : indent)]
    }

    private init(_ characters: ArraySlice<(character: Character, style: Style)>, indent: Int) {
        if indent > 0 { pieces = [(String(repeating: " ", count: indent), .plain)] }
        for (character, style) in characters {
            if pieces.last?.style == style {
                pieces[pieces.count - 1].text.append(character)
            } else {
                pieces.append((String(character), style))
            }
        }
    }

    /// What a terminal is sent, cut to so many columns.
    func rendered(columns: Int, isColoured: Bool) -> String {
        var room = columns
        var text = ""
        for piece in pieces where room > 0 {
            let visible = piece.text.prefix(room)
            room -= visible.count
            text += isColoured && piece.style != .plain ? "\u{1B}[\(piece.style.code)m\(visible)\u{1B}[0m" : visible
        }
        return text
    }
}
