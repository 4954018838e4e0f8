import SerialIO
import StrictTOML

/// `[link]`, `[rate]` and `[collect]`.
extension ProfileReader {
    func readLink(_ base: TableReader) -> LinkRule {
        let table = linkChanges.map { base.overlaid(by: $0) } ?? base
        defer { table.finish() }
        var link = LinkRule()
        link.bauds = table.integers("baud", in: SerialSettings.baudRange) ?? link.bauds
        link.settings.baud = link.bauds.first ?? link.settings.baud
        link.readFormat(table)
        return link
    }

    func readRate(_ top: TableReader) -> RateRule {
        let table = top.tableOrEmpty("rate")
        defer { table.finish() }
        var rate = RateRule()
        rate.every = table.duration("every", in: .milliseconds(1)...(.seconds(86_400)))
        rate.keep = RateRule.readKept(table) ?? rate.keep
        rate.changeMin = RateRule.readChange(table)
        rate.heartbeat = table.duration("heartbeat", in: .milliseconds(1)...(.seconds(86_400))) ?? rate.heartbeat
        if rate.every == nil, table.has("keep"), !table.has("every") {
            table.fail("is of what comes within every, which is not given", at: "keep")
        }
        return rate
    }

    func readCollection(_ top: TableReader, messages: [Message]) -> CollectionRule? {
        guard let table = top.table("collect") else { return nil }
        defer { table.finish() }
        table.require("messages", example: "[\"main\", \"history\"]")
        let names = table.strings("messages") ?? []
        checkMessageNames(names, messages, table, "messages")
        let within = table.duration("within", in: .milliseconds(1)...(.seconds(3600))) ?? .seconds(5)
        return CollectionRule(messages: names, within: within)
    }

    /// Reports names that no message has.
    func checkMessageNames(_ names: [String], _ messages: [Message], _ table: TableReader, _ key: String) {
        let known = messages.compactMap(\.name)
        for (index, name) in names.enumerated() where !known.contains(name) {
            let hint = NearestKey.hint(name, in: known) ?? (known.isEmpty ? "" : "; there are \(quotedList(known))")
            table.fail("no message has the name \(quoted(name))\(hint)", at: key, element: index)
        }
    }
}
