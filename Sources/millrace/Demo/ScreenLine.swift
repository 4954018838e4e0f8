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
