/// The table of `devices listen` on a terminal.
struct LiveScreen: Sendable {
    private let terminal: Terminal
    private let title: String
    private let glyphs = Terminal.isUnicode ? Glyphs() : Glyphs.ascii
    private let isColoured = Terminal.wantsColour

    /// Takes the terminal over; nil where there is none.
    init?(title: String) {
        guard let terminal = Terminal() else { return nil }
        self.terminal = terminal
        self.title = title
    }

    /// Draws the table. False when the key q was pressed, or the terminal has gone.
    func show(_ seen: LineMonitor.Seen) -> Bool {
        let size = terminal.size
        let screen = ListenScreen(title: title, glyphs: glyphs, rows: size.rows)
        let lines = screen.lines(seen.table, state: LineMonitor.text(seen.state), now: .now)
        terminal.draw(lines.prefix(size.rows).map { $0.rendered(columns: size.columns, isColoured: isColoured) })
        guard let keys = terminal.keys() else { return false }
        return !keys.contains { "qQ\u{04}".contains($0) }
    }

    /// Gives the terminal back.
    func close() { terminal.restore() }
}
