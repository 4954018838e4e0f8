import Records
import StrictTOML

/// `[uplinks.NAME]`: what the link may carry, and when.
extension AgentConfigurationReader {
    /// `limit`, `budget`, `windows` and `start_spread`.
    func readLink(_ table: TableReader) -> LinkConfiguration {
        var link = LinkConfiguration()
        link.limits = readLimits(table.tableOrEmpty("limit"))
        link.budget = readBudget(table)
        link.windows = readWindows(table)
        link.startSpread = table.duration("start_spread", in: .seconds(1)...(.seconds(86_400))) ?? .zero
        if let shortest = link.windows.map(\.length).min(), link.startSpread >= shortest {
            let length = DurationText.format(shortest)
            table.fail("must be shorter than the shortest window, which is open for \(length)", at: "start_spread")
        }
        return link
    }

    private func readLimits(_ table: TableReader) -> LinkLimits {
        let bytes = ByteCount.bytes(100)...(.gibibytes(100))
        let messages = 1...1_000_000
        var limits = LinkLimits()
        limits.bytes = table.byteCount("bytes_per_second", in: bytes)?.rawValue
        limits.messages = table.integer("messages_per_second", in: messages)
        limits.backlogBytes = table.byteCount("backlog_bytes_per_second", in: bytes)?.rawValue
        limits.backlogMessages = table.integer("backlog_messages_per_second", in: messages)
        let pairs = [
            (limits.bytes, limits.backlogBytes, "bytes_per_second"),
            (limits.messages, limits.backlogMessages, "messages_per_second"),
        ]
        for (all, backlog, key) in pairs {
            guard let all, let backlog, backlog > all else { continue }
            table.fail("is more than \(key), which holds for everything", at: "backlog_\(key)")
        }
        table.finish()
        return limits
    }

    private func readBudget(_ table: TableReader) -> LinkBudget? {
        guard let reader = table.table("budget") else { return nil }
        reader.require("bytes", example: "\"500MB\"")
        reader.require("per", example: "\"month\"")
        let bytes = reader.byteCount("bytes", in: .kibibytes(64)...(.gibibytes(16_384)))
        let period = reader.choice("per", of: LinkBudget.Period.self)
        let priority = reader.integer("priority_when_spent", in: 1...100)
        reader.finish()
        guard let bytes, let period else { return nil }
        var budget = LinkBudget(bytes: bytes, period: period)
        budget.priorityWhenSpent = priority
        return budget
    }

    private func readWindows(_ table: TableReader) -> [ConnectionWindow] {
        guard let texts = table.strings("windows") else { return [] }
        if texts.isEmpty {
            table.fail("needs at least one window; without this key the link is always open", at: "windows")
        }
        return texts.enumerated().compactMap { index, text in
            do throws(ConnectionWindow.Problem) {
                let window = try ConnectionWindow(text)
                if window.nextOpening(after: LocalTime(seconds: 0)) != nil { return window }
                table.fail("\(quoted(text)) never comes", at: "windows", element: index)
            } catch {
                table.fail(error.text, at: "windows", element: index)
            }
            return nil
        }
    }
}
