import MQTTTransport
import Records
import StrictTOML
import Uplinks

/// `[uplinks.NAME]`: what is left out.
extension AgentConfigurationReader {
    private enum Keep: String, CaseIterable { case all, none, sample, changes }

    /// `filters`: rules in order.
    func readFilters(_ table: TableReader) -> [FilterRule] {
        (table.tables("filters") ?? []).compactMap { entry in
            defer { entry.finish() }
            return readFilter(entry)
        }
    }

    private func readFilter(_ table: TableReader) -> FilterRule? {
        table.require("topics", example: "\"sensors/#\"")
        let topics = readTopics(table)
        let keep = table.choice("keep", of: Keep.self) ?? .all
        let fields = table.strings("fields") ?? []
        if table.has("fields"), fields.isEmpty {
            table.fail("needs at least one name; without this key all fields are sent", at: "fields")
        }
        let selection = readSelection(table, keep)
        let ignored = table.strings("ignore") ?? []
        for key in ["deadband", "at_least", "ignore"] where keep != .changes && table.has(key) {
            table.fail("needs keep = \"changes\"", at: key)
        }
        if keep == .none, table.has("fields") { table.fail("is of no use with keep = \"none\"", at: "fields") }
        guard !topics.isEmpty else { return nil }
        return FilterRule(topics: topics, selection: selection, fields: fields, ignored: ignored)
    }

    private func readTopics(_ table: TableReader) -> [MQTTTopicFilter] {
        let elements = table.stringsOrTables("topics", allowsOne: true) ?? []
        if elements.isEmpty, table.has("topics") { table.fail("needs at least one topic filter", at: "topics") }
        var topics: [MQTTTopicFilter] = []
        for (index, element) in elements.enumerated() {
            guard case .string(let text) = element else {
                table.fail("expected a topic filter in quotes, such as \"sensors/#\"", at: "topics", element: index)
                continue
            }
            if let problem = TopicSyntax.problem(filter: text) {
                table.fail(problem, at: "topics", element: elements.count > 1 ? index : nil)
            } else if let filter = MQTTTopicFilter(text) {
                topics.append(filter)
            }
        }
        return topics
    }

    private func readSelection(_ table: TableReader, _ keep: Keep) -> FilterRule.Selection {
        let day = Duration.seconds(86_400)
        if keep == .sample { table.require("every", example: "\"10s\"") }
        let every = table.duration("every", in: .milliseconds(1)...day)
        if keep != .sample, table.has("every") { table.fail("needs keep = \"sample\"", at: "every") }
        let deadband = table.number("deadband") ?? 0
        if deadband < 0 { table.fail("must not be below 0", at: "deadband") }
        let atLeast = table.duration("at_least", in: .seconds(1)...(day * 31))
        return switch keep {
        case .all: .all
        case .none: .none
        case .sample: .sample(every: every ?? .seconds(1))
        case .changes: .changes(deadband: max(0, deadband), atLeast: atLeast)
        }
    }
}
