import Records

/// Lays a status out for people: what is wrong first, then sources, log, destinations, devices, losses.
///
/// It reads the JSON that the agent answers with, and shows what is there: an agent of another version may say more or
/// less.
struct StatusScreen {
    let status: JSONTree
    let glyphs: Glyphs
    /// Of the screen: where there are few, the table is narrower, and curves that do not fit are left out.
    var columns = Int.max

    /// Columns of a curve.
    static let curveWidth = 24
    private static let curveWidthMin = 6
    /// Devices and lost ranges that are shown; `--json` has all.
    private static let devicesMax = 40
    private static let lossesMax = 5

    /// All lines.
    var lines: [ScreenLine] {
        let parts = [heading, sources, streams, uplinks, devices, losses]
        return parts.filter { !$0.isEmpty }.joined(separator: [""]).flatMap { $0.broken(columns: columns, indent: 4) }
    }

    // MARK: Heading

    private var heading: [ScreenLine] {
        let isReady = status["ready"]?.boolean ?? false
        var first = ScreenLine(text(status["gateway"]), .strong) + ScreenLine("  ")
        first =
            first + (isReady ? ScreenLine("\(glyphs.dot) ready", .good) : ScreenLine("\(glyphs.cut) not ready", .bad))
        first = first + ScreenLine("  millrace \(text(status["version"])), up \(age(status["uptime_seconds"]))", .quiet)
        let clock = status["clock"]?["synchronised"]?.boolean ?? false
        first =
            first
            + (clock ? ScreenLine("  clock synchronised", .quiet) : ScreenLine("  clock not synchronised", .waiting))
        return [first]
            + (status["problems"]?.elements ?? []).map { problem in
                let isError = problem["severity"]?.string == "error"
                return ScreenLine("  \(isError ? glyphs.cut : "!") ", isError ? .bad : .waiting)
                    + ScreenLine("\(text(problem["part"])): ", .strong) + ScreenLine(text(problem["text"]))
            }
    }

    // MARK: Sources

    private var sources: [ScreenLine] {
        let brokers = status["sources"]?["mqtt"]?.elements ?? []
        let ports = status["sources"]?["serial"]?.elements ?? []
        guard !brokers.isEmpty || !ports.isEmpty else { return [] }
        return [title("SOURCES", "a second", "received", "not taken")]
            + brokers.map { source in
                let isUp = source["subscribed"]?.boolean ?? false
                return row(source, isUp: isUp, "mqtt.", rate: source["messages_per_second"], text(source["address"]))
            }
            + ports.flatMap { source -> [ScreenLine] in
                let lines = source["lines"]?.elements ?? []
                let isUp = lines.contains { $0["state"]?.string == "open" }
                return [row(source, isUp: isUp, "serial.", rate: source["records_per_second"], text(source["port"]))]
                    + lines.compactMap(damage)
            }
    }

    private func row(
        _ source: JSONTree, isUp: Bool, _ kind: String, rate: JSONTree?, _ place: String
    ) -> ScreenLine {
        let refused = ["refused", "dropped", "rejected", "commit_failures"].reduce(0) { $0 + count(source[$1]) }
        return mark(isUp) + ScreenLine("\(kind)\(text(source["name"]))".padded(nameWidth))
            + number(rate, widths.rate)
            + ScreenLine(ListenScreen.right(count(source["received"]).grouped, widths.total), .strong)
            + ScreenLine(ListenScreen.right(refused.grouped, widths.count), refused > 0 ? .bad : .quiet)
            + ScreenLine("  \(place)", .quiet)
    }

    /// What a line has lost, where it has.
    private func damage(_ line: JSONTree) -> ScreenLine? {
        let kinds = [
            ("checksum_errors", "checksum errors"), ("timeouts", "timeouts"), ("overruns", "overruns"),
            ("malformed_frames", "malformed frames"), ("oversized_frames", "oversized frames"),
            ("hang_ups", "hang-ups"),
        ]
        let told = kinds.map { (count(line[$0.0]), $0.1) }.filter { $0.0 > 0 }.map { "\($0.0.grouped) \($0.1)" }
        guard !told.isEmpty else { return nil }
        return ScreenLine("    \(text(line["path"] ?? line["port"])): \(told.joined(separator: ", "))", .waiting)
    }

    // MARK: Log

    private var streams: [ScreenLine] {
        let log = status["log"]
        let medium = log?["medium"]
        var lines = [title("STREAMS", "a second", "held", "lasts", "on disk")]
        for stream in log?["streams"]?.elements ?? [] {
            let (size, capacity) = (count(stream["size_bytes"]), count(stream["capacity_bytes"]))
            let bar = glyphs.bar(size, of: capacity, isNarrow ? 8 : 12)
            lines.append(
                with(
                    stream["records_per_minute"],
                    behind:
                        mark(stream["problem"]?.string == nil) + ScreenLine(text(stream["name"]).padded(nameWidth))
                        + number(stream["records_per_second"], widths.rate)
                        + ScreenLine(ListenScreen.right(count(stream["held"]).grouped, widths.total), .strong)
                        + ScreenLine(ListenScreen.right(age(stream["lasts_seconds"]), widths.count))
                        + ScreenLine("  \(bar.full)", .flow) + ScreenLine("\(bar.empty) ", .quiet)
                        + ScreenLine("\(Self.size(size)) of \(Self.size(capacity))  ", .quiet)))
        }
        var parts: [String] = []
        if let device = medium?["device"]?.string { parts.append(device) }
        if let free = medium?["free_bytes"]?.integer, let size = medium?["size_bytes"]?.integer {
            parts.append("\(Self.size(UInt64(free))) of \(Self.size(UInt64(size))) free")
        }
        if let written = medium?["written_bytes_per_day"]?.number {
            parts.append("\(Self.size(UInt64(written))) written a day")
        }
        if let days = medium?["life_days"]?.number {
            parts.append("lasts \(ListenScreen.age(.seconds(days * 86_400)))")
        }
        if !parts.isEmpty { lines.append(ScreenLine("    medium: " + parts.joined(separator: ", "), .quiet)) }
        return lines
    }

    // MARK: Destinations

    private var uplinks: [ScreenLine] {
        let uplinks = status["uplinks"]?.elements ?? []
        guard !uplinks.isEmpty else { return [ScreenLine("no uplink: records stay in the log", .quiet)] }
        return [title("UPLINKS", "a second", "forwarded", "held", "state")]
            + uplinks.flatMap { uplink -> [ScreenLine] in
                let streams = uplink["streams"]?.elements ?? []
                func sum(_ name: String) -> UInt64 { streams.reduce(0) { $0 + count($1[name]) } }
                let state = text(uplink["state"])
                let style: ScreenLine.Style = state == "failing" ? .bad : state == "delivering" ? .good : .waiting
                var line = mark(state != "failing") + ScreenLine(text(uplink["name"]).padded(nameWidth))
                line = line + number(uplink["records_per_second"], widths.rate)
                line = line + ScreenLine(ListenScreen.right(sum("forwarded").grouped, widths.total), .strong)
                line =
                    line
                    + ScreenLine(
                        ListenScreen.right(sum("held").grouped, widths.count), sum("held") > 0 ? .waiting : .plain)
                line = line + ScreenLine("  \(state)  ", state == "idle" ? .quiet : style)
                if let delay = uplink["delay_seconds"]?.number {
                    line = line + ScreenLine("oldest waits \(ListenScreen.age(.seconds(delay)))  ", .quiet)
                }
                return [with(uplink["records_per_minute"], behind: line)]
                    + remarks(uplink, lost: sum("lost"), rejected: sum("rejected"))
            }
    }

    private func remarks(_ uplink: JSONTree, lost: UInt64, rejected: UInt64) -> [ScreenLine] {
        var lines: [ScreenLine] = []
        if let problem = uplink["problem"]?.string {
            let next =
                uplink["next_try_seconds"]?.number.map { ", next try in \(ListenScreen.age(.seconds($0)))" } ?? ""
            lines.append(ScreenLine("    \(problem)\(next)", .waiting))
        }
        if let waiting = uplink["waiting"]?.string { lines.append(ScreenLine("    \(waiting)", .quiet)) }
        if lost > 0 { lines.append(ScreenLine("    \(lost.grouped) records lost", .bad)) }
        if rejected > 0 { lines.append(ScreenLine("    \(rejected.grouped) records rejected", .bad)) }
        return lines
    }

    // MARK: Devices, losses

    private var devices: [ScreenLine] {
        let devices = status["devices"]?.elements ?? []
        guard !devices.isEmpty else { return [] }
        var lines = [ScreenLine("DEVICES", .strong)]
        for device in devices.prefix(Self.devicesMax) {
            let state = text(device["state"])
            lines.append(
                mark(state == "alive") + ScreenLine(text(device["name"]).padded(nameWidth))
                    + ScreenLine(
                        ListenScreen.right(age(device["age_seconds"]), 6), state == "alive" ? .quiet : .waiting)
                    + ScreenLine("  \(text(device["profile"]))", .quiet))
            lines += (device["readings"]?.elements ?? []).map(reading)
        }
        let hidden = devices.count - min(devices.count, Self.devicesMax)
        if hidden > 0 { lines.append(ScreenLine("    and \(hidden) more: --json has all", .quiet)) }
        return lines
    }

    private func reading(_ reading: JSONTree) -> ScreenLine {
        let history = (reading["history"]?.elements ?? []).compactMap(\.number).suffix(Self.curveWidth)
        return ScreenLine("    \(text(reading["name"]).padded(nameWidth))")
            + ScreenLine(ListenScreen.right(text(reading["value"]), 12), .strong)
            + ScreenLine(" \(text(reading["unit"]).padded(6)) ")
            + ScreenLine(ListenScreen.curve(Array(history), glyphs), .flow)
    }

    private var losses: [ScreenLine] {
        let losses = status["lost"]?.elements ?? []
        guard !losses.isEmpty else { return [] }
        return [ScreenLine("LOST", .strong)]
            + losses.prefix(Self.lossesMax).map { loss in
                let range = "\(count(loss["records"]).grouped) records of \(text(loss["stream"]))"
                return ScreenLine(
                    "  \(text(loss["time"]))  \(text(loss["uplink"])): \(range), \(text(loss["reason"]))", .bad)
            }
    }

    // MARK: Pieces

    private var isNarrow: Bool { columns < 100 }
    private var nameWidth: Int { isNarrow ? 16 : 22 }
    private var widths: (rate: Int, total: Int, count: Int) { isNarrow ? (9, 12, 10) : (10, 13, 11) }

    private func title(_ name: String, _ columns: String...) -> ScreenLine {
        let widths = [widths.rate, widths.total, widths.count]
        var line = ScreenLine(name.padded(nameWidth + 2), .strong)
        for (index, column) in columns.enumerated() {
            let text = index < widths.count ? ListenScreen.right(column, widths[index]) : "  \(column)"
            line = line + ScreenLine(text, .quiet)
        }
        return line
    }

    private func mark(_ isGood: Bool) -> ScreenLine {
        isGood ? ScreenLine("\(glyphs.dot) ", .good) : ScreenLine("\(glyphs.cut) ", .bad)
    }

    /// A line and a curve behind it, as far as that has room.
    private func with(_ values: JSONTree?, behind line: ScreenLine) -> ScreenLine {
        let room = min(Self.curveWidth, columns - line.width)
        guard room >= Self.curveWidthMin else { return line }
        let numbers = (values?.elements ?? []).compactMap(\.number).suffix(room)
            .map { UInt64(max(0, min($0, 1e15)).rounded()) }
        return line + ScreenLine(glyphs.curve(numbers, of: numbers.max() ?? 0), .flow)
    }

    private func number(_ value: JSONTree?, _ width: Int) -> ScreenLine {
        guard let number = value?.number, number.magnitude < 1e12 else {
            return ScreenLine(ListenScreen.right("-", width), .quiet)
        }
        return ScreenLine(ListenScreen.right(number < 100 ? number.text(1) : UInt64(number).grouped, width))
    }

    private func age(_ seconds: JSONTree?) -> String {
        guard let number = seconds?.number else { return "-" }
        return ListenScreen.age(.seconds(min(number, 1e12)))
    }

    private func count(_ value: JSONTree?) -> UInt64 { UInt64(max(0, min(value?.number ?? 0, 1e18))) }

    /// One line, whatever a device or a broker put into it, in characters that the terminal shows.
    private func text(_ value: JSONTree?) -> String {
        switch value {
        case .string(let text): text.shown(isUnicode: glyphs.isUnicode)
        case .number(let number): Int(exactly: number).map(String.init) ?? "\(number)"
        case .boolean(let flag): flag ? "true" : "false"
        default: ""
        }
    }

    private static func size(_ bytes: UInt64) -> String { "\(ByteCount.bytes(Int(bytes)))" }
}
