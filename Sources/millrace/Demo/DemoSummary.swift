import Uplinks

/// What is printed at the end, for people.
struct DemoSummary {
    let outcome: DemoScript.Outcome
    let isColoured: Bool

    /// Whether everything adds up.
    var isRight: Bool { mistakes.isEmpty }

    private var mistakes: [String] { outcome.snapshot.mistakes(isCutShort: outcome.isCutShort) }

    /// Line by line.
    var lines: [String] {
        let snapshot = outcome.snapshot
        let centre = snapshot.centre
        let sensors = snapshot.sent - snapshot.published
        var lines = [
            "",
            row("accepted", snapshot.accepted, "\(snapshot.published) from devices, \(sensors) from sensors"),
            row("forwarded", snapshot.forwarded, "confirmed by the centre"),
            row("held", snapshot.held, snapshot.held > 0 ? "nobody waited for them" : ""),
            row("lost", snapshot.lost, ""),
            row("rejected", snapshot.rejected, ""),
            row(
                "duplicates", centre.duplicates,
                centre.duplicates > 0 ? "sent again: the cut took their confirmation" : ""),
            row("out of order", centre.outOfOrder, ""),
            row("missing", centre.missing, ""),
            "",
        ]
        if isRight {
            lines.append(styled(" the sums are right: accepted = forwarded + held + lost + rejected", .good))
        } else {
            lines += mistakes.map { styled(" wrong: \($0)", .bad) }
        }
        return lines
    }

    private func row(_ name: String, _ count: UInt64, _ remark: String) -> String {
        let line = ScreenLine(" \(name.padded(13))") + ScreenLine("".spread(count.grouped, 12), .strong)
        return (remark.isEmpty ? line : line + ScreenLine("   \(remark)", .quiet))
            .rendered(columns: .max, isColoured: isColoured)
    }

    private func styled(_ text: String, _ style: ScreenLine.Style) -> String {
        ScreenLine(text, style).rendered(columns: .max, isColoured: isColoured)
    }
}
