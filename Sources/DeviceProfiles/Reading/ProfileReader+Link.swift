import SerialIO
import StrictTOML

/// `[link]`, `[rate]` and `[collect]`.
extension ProfileReader {
    func readLink(_ base: TableReader) -> LinkRule {
        let table = linkChanges.map { base.overlaid(by: $0) } ?? base
        defer { table.finish() }
        var link = LinkRule()
        link.bauds = table.integers("baud", in: SerialSettings.baudRange) ?? link.bauds
        link.settings.baud = link.bauds.first ?? 9600
        link.settings.dataBits = table.integer("data_bits", in: SerialSettings.dataBitsRange) ?? 8
        link.settings.parity = table.choice("parity", of: SerialSettings.Parity.self) ?? .none
        link.settings.stopBits = table.integer("stop_bits", in: SerialSettings.stopBitsRange) ?? 1
        link.settings.flowControl = table.choice("flow_control", of: SerialSettings.FlowControl.self) ?? .none
        link.settings.settle = table.duration("settle", in: .zero...SerialSettings.settleMax) ?? .zero
        link.dtr = table.boolean("dtr")
        link.rts = table.boolean("rts")
        link.usesRS485 = table.boolean("rs485") ?? false
        link.hasEcho = table.boolean("echo") ?? false
        link.byteTimeout =
            table.duration("byte_timeout", in: .milliseconds(1)...(.seconds(3600))) ?? link.byteTimeout
        link.gap = table.duration("gap", in: .zero...(.seconds(60))) ?? .zero
        return link
    }

    func readRate(_ top: TableReader) -> RateRule {
        let table = top.tableOrEmpty("rate")
        defer { table.finish() }
        var rate = RateRule()
        rate.every = table.duration("every", in: .milliseconds(1)...(.seconds(86_400)))
        rate.keep = readKept(table) ?? rate.keep
        rate.changeMin = readChange(table)
        rate.heartbeat = table.duration("heartbeat", in: .milliseconds(1)...(.seconds(86_400))) ?? rate.heartbeat
        if rate.every == nil, table.has("keep"), !table.has("every") {
            table.fail("is of what comes within every, which is not given", at: "keep")
        }
        return rate
    }

    /// `keep`: an array of words.
    func readKept(_ table: TableReader) -> [RateRule.Kept]? {
        guard let words = table.strings("keep") else { return nil }
        let known = RateRule.Kept.allCases.map(\.rawValue)
        var kept: [RateRule.Kept] = []
        for (index, word) in words.enumerated() {
            guard let choice = RateRule.Kept(rawValue: word) else {
                table.fail("\(quoted(word)) is none of \(quotedList(known))", at: "keep", element: index)
                continue
            }
            if kept.contains(choice) { table.fail("\(quoted(word)) is there twice", at: "keep", element: index) }
            kept.append(choice)
        }
        if words.isEmpty { table.fail("must not be empty", at: "keep") }
        return kept
    }

    /// `on_change`: a number that is not negative.
    func readChange(_ table: TableReader) -> Double? {
        guard let change = table.number("on_change") else { return nil }
        if change < 0 { table.fail("must not be negative; 0 is any difference", at: "on_change") }
        return change
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
