import Uplinks

/// The live table of `millrace audit`.
struct AuditScreen: Sendable {
    private let terminal: Terminal
    private let title: String
    private let isColoured = Terminal.wantsColour

    /// Takes the terminal over; nil where there is none.
    init?(title: String) {
        guard let terminal = Terminal() else { return nil }
        self.terminal = terminal
        self.title = title
    }

    /// Draws what is known. False when the key q was pressed, or the terminal has gone.
    func show(_ report: AuditReport, problem: String?) -> Bool {
        let size = terminal.size
        let lines = Self.lines(report, title: title, problem: problem, size: size)
        terminal.draw(lines.map { $0.rendered(columns: size.columns, isColoured: isColoured) })
        guard let keys = terminal.keys() else { return false }
        return !keys.contains { "qQ\u{04}".contains($0) }
    }

    /// Gives the terminal back.
    func close() { terminal.restore() }

    /// The picture: the streams in which something is wrong first, as many as fit.
    static func lines(_ report: AuditReport, title: String, problem: String?, size: Terminal.Size) -> [ScreenLine] {
        let width = min(max(8, report.streams.map(\.name.count).max() ?? 0), max(8, size.columns - 101))
        let isGood = report.verdict == .complete || report.verdict == .nothing
        var lines = [
            ScreenLine(title, .strong), ScreenLine(report.verdictLine, isGood ? .good : .bad),
            ScreenLine(problem ?? "", .waiting), ScreenLine(AuditReport.heading(nameWidth: width), .quiet),
        ]
        let room = max(0, size.rows - lines.count - 1)
        for stream in report.worstFirst.prefix(room) {
            let style: ScreenLine.Style =
                stream.sums.missing > 0 ? .bad : stream.sums.lost > stream.sums.lostButReceived ? .waiting : .plain
            lines.append(ScreenLine(AuditReport.line(of: stream, nameWidth: width), style))
        }
        let hidden = report.streams.count - min(room, report.streams.count)
        if hidden > 0 { lines.append(ScreenLine("\(hidden) more do not fit on the screen", .quiet)) }
        return lines
    }
}
