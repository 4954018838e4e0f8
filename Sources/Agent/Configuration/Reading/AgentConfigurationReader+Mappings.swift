import MQTTTransport
import Records
import StrictTOML
import Uplinks

/// `topics` of `[uplinks.NAME]`: where what came on some topics is published, as a bridge between two brokers has it.
extension AgentConfigurationReader {
    func readMappings(_ table: TableReader, format: MQTTDestination.Format) -> [TopicMapping] {
        guard let entries = table.tables("topics") else { return [] }
        if entries.isEmpty { table.fail("needs at least one mapping; without this key there is none", at: "topics") }
        if format != .raw {
            table.fail("mapping topics needs format = \"raw\", where each record has a topic of its own", at: "topics")
        }
        var mappings: [TopicMapping] = []
        for (index, entry) in entries.enumerated() {
            guard let mapping = readMapping(entry) else { continue }
            if mappings.contains(where: { $0.filter == mapping.filter }) {
                table.fail("the filter \(quoted(mapping.filter.text)) is there twice", at: "topics", element: index)
            }
            mappings.append(mapping)
        }
        return mappings
    }

    private func readMapping(_ entry: TableReader) -> TopicMapping? {
        defer { entry.finish() }
        entry.require("filter", example: "\"sensors/#\"")
        let filter = entry.string("filter")
        let prefix = entry.string("remove") ?? ""
        let topic = entry.string("topic") ?? "{topic}"
        var isSound = filter != nil
        func check(_ problem: String?, at key: String) {
            guard let problem else { return }
            entry.fail(problem, at: key)
            isSound = false
        }
        if let filter {
            check(TopicSyntax.problem(filter: filter), at: "filter")
            if filter.hasPrefix("$share/") { check("a shared subscription belongs to a source", at: "filter") }
            check(Self.problem(removing: prefix, of: filter), at: "remove")
        }
        check(
            TopicSyntax.problem(template: topic, placeholders: ["gateway", "stream", "topic", "device"]), at: "topic")
        guard isSound, let filter else { return nil }
        do {
            return try TopicMapping(filter: filter, removing: prefix, topic: topic)
        } catch {
            entry.fail(error.message, at: "topic")
            return nil
        }
    }

    /// What is wrong with a prefix to be removed; nil where some topic that the filter takes can begin with it.
    private static func problem(removing prefix: String, of filter: String) -> String? {
        if prefix.contains(where: { $0 == "+" || $0 == "#" }) {
            return "\(quoted(prefix)) has a wildcard; what is removed is plain text, such as \"local/\""
        }
        let literal = filter.prefix { $0 != "+" && $0 != "#" }
        guard !prefix.hasPrefix(literal), !literal.hasPrefix(prefix) else { return nil }
        return "no topic that \(quoted(filter)) takes begins with \(quoted(prefix))"
    }
}
