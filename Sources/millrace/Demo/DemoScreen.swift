import Records
import Uplinks

/// Lays the demonstration out for a terminal: sources, log and centre side by side, the link, the last minute.
///
/// Made for 80 by 24. A smaller screen loses the agent's lines first, then the curves; what is below it is cut.
struct DemoScreen {
    let size: Terminal.Size
    let glyphs: Glyphs
    let configurationPath: String

    private static let width = 78
    private static let curveWidth = 56

    /// All lines, for these numbers.
    func lines(_ snapshot: DemoSnapshot, _ history: DemoHistory, agentLines: [String]) -> [ScreenLine] {
        let head = heading(snapshot) + boxes(snapshot, history) + [linkLine(snapshot, history), ""]
        let curves = [backlog(snapshot, history)] + curves(history) + [""]
        let foot = [
            ScreenLine(" configuration  ", .quiet) + ScreenLine(configurationPath, .quiet), keys(snapshot),
        ]
        let room = size.rows - head.count - foot.count
        guard room >= curves.count else { return Array(head.prefix(max(0, size.rows - 1))) + foot.suffix(1) }
        let logRoom = min(agentLines.count, room - curves.count - 1)
        var lines = head + curves
        if logRoom > 0 {
            lines += agentLines.suffix(logRoom).map(agentLine)
            lines += Array(repeating: "", count: max(0, min(5, room - curves.count - 1) - logRoom)) + [""]
        }
        return lines + foot
    }

    private func heading(_ snapshot: DemoSnapshot) -> [ScreenLine] {
        let title = ScreenLine(" millrace demo", .strong)
        let state =
            snapshot.isEnding
            ? ScreenLine("   the sources have stopped; draining what is held", .waiting)
            : ScreenLine("   real brokers, real serial lines, all on this machine", .quiet)
        let clock = snapshot.elapsed.clockText
        return [(title + state).padded(Self.width + 1 - clock.count) + ScreenLine(clock, .strong), ""]
    }

    // MARK: The picture

    private func boxes(_ snapshot: DemoSnapshot, _ history: DemoHistory) -> [ScreenLine] {
        let sources = box("SOURCES", sourceLines(snapshot), width: 28)
        let log = box("RING LOG", logLines(snapshot), width: 22)
        let centre = box("CENTRE", centreLines(snapshot), width: 20)
        let first = arrow(isCut: snapshot.isEnding, .flow)
        let second = arrow(isCut: !snapshot.link.isUp, .good)
        return sources.indices.map { row in
            // Level with the line in the middle.
            let isArrow = row == sources.count / 2
            return " " + sources[row] + (isArrow ? first : "    ") + log[row] + (isArrow ? second : "    ")
                + centre[row]
        }
    }

    private func arrow(isCut: Bool, _ style: ScreenLine.Style) -> ScreenLine {
        let line = glyphs.horizontal
        return isCut
            ? ScreenLine(" \(glyphs.cut)  ", .bad) : ScreenLine("\(line)\(line)\(line)\(glyphs.arrow)", style)
    }

    /// A title and a frame; the lines inside are cut or filled to fit.
    private func box(_ title: String, _ lines: [ScreenLine], width: Int) -> [ScreenLine] {
        let line = String(repeating: glyphs.horizontal, count: width - 2)
        let side = ScreenLine(glyphs.vertical, .quiet)
        return [ScreenLine(" \(title)", .strong).padded(width)]
            + [ScreenLine(glyphs.topLeft + line + glyphs.topRight, .quiet)]
            + lines.map { side + " " + $0.padded(width - 4) + " " + side }
            + [ScreenLine(glyphs.bottomLeft + line + glyphs.bottomRight, .quiet)]
    }

    private func sourceLines(_ snapshot: DemoSnapshot) -> [ScreenLine] {
        let sensors = snapshot.sensors.flatMap(\.devices).map { device in
            ScreenLine(device.name.padded(9), .quiet) + ScreenLine(unicode(device.value).padded(15))
        }
        return [count("\(DeviceFleet.size) devices", snapshot.published, 24)] + sensors
            + [count("sent", snapshot.sent, 24, .strong)]
    }

    private func logLines(_ snapshot: DemoSnapshot) -> [ScreenLine] {
        [
            count("accepted", snapshot.accepted, 18, .strong),
            count("forwarded", snapshot.forwarded, 18),
            count("held", snapshot.held, 18, snapshot.held > 0 ? .waiting : .plain),
            count("lost", snapshot.lost, 18, snapshot.lost > 0 ? .bad : .plain),
            count("rejected", snapshot.rejected, 18, snapshot.rejected > 0 ? .bad : .plain),
            count("segments", UInt64(snapshot.segments), 18),
            ScreenLine("on disk", .quiet) + ScreenLine("".spread("\(snapshot.size)", 11)),
        ]
    }

    private func centreLines(_ snapshot: DemoSnapshot) -> [ScreenLine] {
        let centre = snapshot.centre
        return [
            count("received", centre.distinct, 16, .strong),
            count("duplicates", centre.duplicates, 16),
            count("out of order", centre.outOfOrder, 16, centre.outOfOrder > 0 ? .bad : .good),
            count("missing", centre.missing, 16, centre.missing > 0 ? .bad : .good),
            count("lost", centre.lost, 16, centre.lost > 0 ? .bad : .good),
            count("unreadable", snapshot.unreadable, 16, snapshot.unreadable > 0 ? .bad : .good),
            ScreenLine("", .quiet),
        ]
    }

    private func count(_ name: String, _ number: UInt64, _ width: Int, _ style: ScreenLine.Style = .plain)
        -> ScreenLine
    {
        ScreenLine(name, .quiet) + ScreenLine("".spread(number.grouped, width - name.count), style)
    }

    private func linkLine(_ snapshot: DemoSnapshot, _ history: DemoHistory) -> ScreenLine {
        let since = snapshot.link.since.clockText
        let link: ScreenLine
        if !snapshot.link.isUp {
            link = ScreenLine("\(glyphs.cut) the link is cut for \(since): records wait", .bad)
        } else if !snapshot.link.isDelivering, snapshot.held > 0 {
            link = ScreenLine("\(glyphs.dot) the link is up, not connected yet", .waiting)
        } else if snapshot.held > history.acceptedRate, history.acceptedRate > 0 {
            link = ScreenLine("\(glyphs.dot) the link is up, the backlog drains in order", .waiting)
        } else {
            link = ScreenLine("\(glyphs.dot) the link is up, \(delayText) each way", .good)
        }
        return ScreenLine("".padded(33)) + link
    }

    private var delayText: String { "\((DemoWorld.linkDelay / .milliseconds(1)).text(0)) ms" }

    // MARK: The last minute

    private func backlog(_ snapshot: DemoSnapshot, _ history: DemoHistory) -> ScreenLine {
        let limit = max(history.heldMax, 500)
        let bar = glyphs.bar(snapshot.held, of: limit, Self.curveWidth)
        return ScreenLine(" backlog ", .quiet) + ScreenLine("".spread(snapshot.held.grouped, 7), .strong) + "     "
            + ScreenLine(bar.full, .waiting) + ScreenLine(bar.empty, .quiet)
    }

    private func curves(_ history: DemoHistory) -> [ScreenLine] {
        let samples = Array(history.samples.suffix(Self.curveWidth))
        let limit = max(20, samples.map { max($0.accepted, $0.arrived) }.max() ?? 0)
        func curve(_ name: String, _ rate: UInt64, _ values: [UInt64], _ style: ScreenLine.Style) -> ScreenLine {
            let text = glyphs.curve(values, of: limit)
            let space = String(repeating: " ", count: Self.curveWidth - values.count)
            return ScreenLine(" \(name.padded(7)) ", .quiet) + ScreenLine("".spread(rate.grouped, 7), .strong)
                + ScreenLine("/s   ", .quiet) + ScreenLine(space + text, style)
        }
        return [
            curve("in", history.acceptedRate, samples.map(\.accepted), .flow),
            curve("arrived", history.arrivedRate, samples.map(\.arrived), .good),
        ]
    }

    // MARK: The foot

    private func agentLine(_ text: String) -> ScreenLine {
        let known = String(text.map { $0.isASCII || glyphs.isUnicode ? $0 : "?" })
        let shown = known.count < size.columns ? known : known.prefix(max(0, size.columns - 2)) + glyphs.ellipsis
        let isProblem = text.contains(" WARNING ") || text.contains(" ERROR ") || text.contains(" CRITICAL ")
        return ScreenLine(" \(shown)", isProblem ? .waiting : .quiet)
    }

    private func keys(_ snapshot: DemoSnapshot) -> ScreenLine {
        func key(_ name: String, _ action: String) -> ScreenLine {
            ScreenLine("  \(name) ", .strong) + ScreenLine(action.padded(22))
        }
        if snapshot.isEnding { return key("q", "do not wait for it") }
        return key("o", snapshot.link.isUp ? "cut the link" : "restore the link") + key("q", "end")
    }

    private func unicode(_ text: String) -> String {
        glyphs.isUnicode ? text : String(text.filter(\.isASCII))
    }
}
