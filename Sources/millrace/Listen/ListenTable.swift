import DeviceProfiles
import Records

/// The last value of each reading, and what it was before: what `devices listen` shows. Pure; times are given.
struct ListenTable: Sendable {
    /// One reading of one device.
    struct Row: Sendable {
        var name: String
        var value: Reading.Value
        var unit: String?
        /// When it came.
        var time: ContinuousClock.Instant
        /// Numbers only, the newest last.
        var history: [Double] = []
    }

    private(set) var rows: [Row] = []
    private(set) var frames = 0
    private(set) var errors = 0
    private(set) var bytes = 0
    private(set) var skippedBytes = 0
    /// Why the last bytes that were no frame were none.
    private(set) var problem: String?
    private var places: [String: Int] = [:]

    /// Values of which the curve is drawn.
    static let historyMax = 40
    /// A telegram may invent names.
    private static let rowsMax = 500

    /// Takes what is in a frame.
    mutating func add(_ frame: DecodedFrame, at time: ContinuousClock.Instant) {
        switch frame.verdict {
        case .decoded: frames += 1
        case .skipped: frames += 1
        case .rejected(let reason):
            errors += 1
            problem = reason
        }
        for reading in frame.readings {
            let name = (frame.device.map { "\($0) " } ?? "") + reading.name
            if let place = places[name] {
                rows[place].value = reading.value
                rows[place].time = time
                rows[place].unit = reading.unit
            } else if rows.count < Self.rowsMax {
                places[name] = rows.count
                rows.append(Row(name: name, value: reading.value, unit: reading.unit, time: time))
            } else {
                continue
            }
            guard case .number(let number) = reading.value, let place = places[name] else { continue }
            rows[place].history.append(number)
            if rows[place].history.count > Self.historyMax { rows[place].history.removeFirst() }
        }
    }

    /// Bytes came.
    mutating func add(bytes count: Int) { bytes += count }

    /// Bytes were no frame.
    mutating func add(skipped count: Int, reason: String, isError: Bool) {
        skippedBytes += count
        if isError {
            errors += 1
            problem = reason
        }
    }
}

/// The picture of a table.
struct ListenScreen {
    let title: String
    let glyphs: Glyphs
    let rows: Int

    /// Lines from the top: the heading, a row per reading, the counters.
    func lines(_ table: ListenTable, state: String, now: ContinuousClock.Instant) -> [ScreenLine] {
        let nameWidth = min(32, max(8, table.rows.map(\.name.count).max() ?? 0))
        let valueWidth = min(20, max(8, table.rows.map(\.value.shown.count).max() ?? 0))
        let unitWidth = max(4, table.rows.compactMap { $0.unit?.count }.max() ?? 0)
        var lines: [ScreenLine] = [ScreenLine(title, .strong) + "  " + ScreenLine(state, .quiet), ""]
        for row in table.rows.prefix(max(0, rows - 4)) {
            let value = row.value.shown
            let age = Self.age(now - row.time)
            let isOld = now - row.time > .seconds(60)
            lines.append(
                ScreenLine(row.name.padded(nameWidth) + "  ")
                    + ScreenLine(Self.right(value, valueWidth), isOld ? .quiet : .strong)
                    + ScreenLine(" " + (row.unit ?? "").padded(unitWidth) + "  ")
                    + ScreenLine(Self.right(age, 5) + "  ", isOld ? .waiting : .quiet)
                    + ScreenLine(Self.curve(row.history, glyphs), .flow))
        }
        let hidden = table.rows.count - max(0, rows - 4)
        if hidden > 0 { lines[1] = ScreenLine("\(hidden) more do not fit on the screen", .quiet) }
        lines.append("")
        lines.append(
            ScreenLine("\(table.frames) frames  \(table.bytes) bytes  ")
                + ScreenLine("\(table.errors) errors", table.errors > 0 ? .bad : .quiet)
                + ScreenLine("  \(table.skippedBytes) bytes skipped", .quiet)
                + ScreenLine(table.problem.map { "  \($0)" } ?? "", .waiting))
        return lines
    }

    /// At the right end of so many columns; cut where it does not fit.
    static func right(_ text: String, _ width: Int) -> String {
        let shown = text.prefix(width)
        return String(repeating: " ", count: max(0, width - shown.count)) + shown
    }

    /// `0.4s`, `12s`, `3m`, `2h`, `5d`.
    static func age(_ time: Duration) -> String {
        let seconds = max(0, time / .seconds(1))
        if seconds < 10 { return seconds.text(1) + "s" }
        if seconds < 120 { return "\(Int(seconds))s" }
        if seconds < 172_800 { return seconds < 7200 ? "\(Int(seconds / 60))m" : "\(Int(seconds / 3600))h" }
        return "\(UInt64(min(seconds / 86_400, 1e9)).grouped)d"
    }

    /// A curve between the lowest and the highest value; in the middle where they are one.
    static func curve(_ values: [Double], _ glyphs: Glyphs) -> String {
        guard let low = values.min(), let high = values.max() else { return "" }
        let steps = glyphs.steps.dropFirst()
        return values.map { value in
            let share = high > low ? (value - low) / (high - low) : 0.5
            return steps[steps.startIndex + min(steps.count - 1, Int(share * Double(steps.count)))]
        }.joined()
    }
}
