/// What boxes, bars and curves are drawn with; every one takes one column.
struct Glyphs: Sendable {
    var topLeft = "╭"
    var topRight = "╮"
    var bottomLeft = "╰"
    var bottomRight = "╯"
    var horizontal = "─"
    var vertical = "│"
    var arrow = "▶"
    var cut = "╳"
    var full = "█"
    var empty = "░"
    var dot = "●"
    var ellipsis = "…"
    /// Whether text other than ASCII is shown as it is.
    var isUnicode = true
    var steps = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// For terminals that show nothing but ASCII.
    static let ascii = Glyphs(
        topLeft: "+", topRight: "+", bottomLeft: "+", bottomRight: "+", horizontal: "-", vertical: "|", arrow: ">",
        cut: "X", full: "#", empty: ".", dot: "*", ellipsis: ">",
        isUnicode: false, steps: [" ", ".", ".", ":", ":", "+", "+", "#", "#"])

    /// A bar of so many columns.
    func bar(_ value: UInt64, of limit: UInt64, _ columns: Int) -> (full: String, empty: String) {
        let share = limit == 0 ? 0 : min(1, Double(value) / Double(limit))
        let count = Int((share * Double(columns)).rounded())
        return (String(repeating: full, count: count), String(repeating: empty, count: columns - count))
    }

    /// A curve of one column per value; it is blank only at zero.
    func curve(_ values: [UInt64], of limit: UInt64) -> String {
        values.map { value in
            guard value > 0, limit > 0 else { return steps[0] }
            let share = min(1, Double(value) / Double(limit))
            return steps[max(1, Int((share * Double(steps.count - 1)).rounded()))]
        }.joined()
    }
}
