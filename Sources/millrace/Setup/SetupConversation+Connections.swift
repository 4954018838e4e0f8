import Agent
import Glibc
import StrictTOML

/// Brokers that are read, and destinations.
extension SetupConversation {
    mutating func askBrokers() async throws {
        for name in names(in: "mqtt") { try await review("mqtt", name) }
        let kind = ConnectionKind.source
        while true {
            let usual = names(in: "mqtt").isEmpty ? "mqtt://127.0.0.1:1883" : "none"
            let answer = try questions.ask("MQTT broker to read, or none", default: usual) { text in
                text == "none" ? nil : ConnectionForm.problem(text, with: kind)
            }
            if answer == "none" { return }
            let url = ConnectionForm.complete(answer, with: kind)
            try await askConnection(kind, "mqtt", freeName("mqtt", "local"), ["url": url], hasAddress: true)
        }
    }

    mutating func askUplinks() async throws {
        for name in names(in: "uplinks") { try await review("uplinks", name) }
        if names(in: "uplinks").isEmpty { tellKinds() }
        while true {
            let question = names(in: "uplinks").isEmpty ? "Destination" : "Another destination"
            let answer = try questions.ask(
                "\(question): number, name or url; ?: the list; or none", default: "none"
            ) { text in
                if ["", "none", "?"].contains(text) || ConnectionKind(answer: text) != nil { return nil }
                return text.contains("://")
                    ? "a url begins with mqtt://, mqtts://, kafka://, kafkas://, http:// or https://"
                    : "not in the list; ? shows it"
            }
            if answer == "none" || answer.isEmpty { return }
            guard var kind = ConnectionKind(answer: answer) else {
                tellKinds()
                continue
            }
            if let hosted = ConnectionKind.hosted(at: answer),
                try questions.confirm("That looks like \(hosted.title); ask what that needs", default: true)
            {
                kind = hosted
            }
            let hasAddress = ConnectionKind.family(of: answer) != nil
            try await askConnection(
                kind, "uplinks", freeName("uplinks", "central"), hasAddress ? ["url": answer] : [:],
                hasAddress: hasAddress)
        }
    }

    private func tellKinds() {
        questions.tell("Where records can go:")
        for (index, kind) in ConnectionKind.destinations.enumerated() {
            let number = index < 9 ? " \(index + 1)" : "\(index + 1)"
            let space = String(repeating: " ", count: max(1, 18 - kind.name.count))
            questions.tell("  \(number)  \(kind.name)\(space)\(kind.title)")
        }
    }

    // MARK: One table

    /// Asks for a new table, or for what is in one, until its answers hold, are kept all the same, or are left.
    ///
    /// - Parameters:
    ///   - values: what is there already.
    ///   - hasAddress: whether its url was answered just now.
    private mutating func askConnection(
        _ kind: ConnectionKind, _ group: String, _ name: String, _ values: [String: String], hasAddress: Bool
    ) async throws {
        let before = text
        let gateway = document?.root["gateway"]?["id"]?.string ?? "gateway"
        let table = "\(group).\(name)"
        var form = ConnectionForm(
            questions: questions, secrets: secrets, name: name, gateway: gateway, values: values)
        let old = form.entries(kind)
        var hasAddress = hasAddress
        while true {
            try form.ask(kind, hasAddress: hasAddress)
            hasAddress = false
            text = before
            text.change(table, form.entries(kind), from: old)
            let isRight: Bool
            do throws(ConfigurationError) {
                let configuration = try configuration()
                if let finding = await Self.trial(of: table, configuration), tell(finding) { return }
                isRight = true
            } catch {
                isRight = tell(error, in: table)
            }
            let question =
                isRight ? "[A]nswer again, [k]eep it all the same, or [l]eave it" : "[A]nswer again, or [l]eave it"
            switch try questions.letter(question, among: isRight ? "akl" : "al") {
            case "k": return
            case "l":
                text = before
                return secrets.prune(text.text)
            default: continue
            }
        }
    }

    /// Tells what is wrong with a table; where that is nothing, what is wrong elsewhere, for which it cannot be tried.
    ///
    /// - Returns: whether the table is right.
    private func tell(_ error: ConfigurationError, in table: String) -> Bool {
        let own = error.issues.filter { $0.path == table || $0.path.hasPrefix("\(table).") }
        for issue in own { questions.tell("  \(issue.message)") }
        guard own.isEmpty else { return false }
        questions.tell("  it cannot be tried, because something else is wrong:")
        for issue in error.issues { questions.tell("  \(issue)") }
        return true
    }

    /// Tries what is there already, and asks whether it stays.
    private mutating func review(_ group: String, _ name: String) async throws {
        let table = "\(group).\(name)"
        var isGood = false
        do throws(ConfigurationError) {
            if let finding = await Self.trial(of: table, try configuration()) { isGood = tell(finding) }
        } catch {
            for issue in error.issues { questions.tell("  \(issue)") }
        }
        switch try questions.letter("\(table): [k]eep it, [c]hange it, or [t]ake it out", among: "kct") {
        case "c":
            let values = values(of: table)
            // Topics with keys of their own are changed by hand.
            let source = values["topics"] == nil ? ConnectionKind.sourceWithoutTopics : .source
            guard let kind = group == "mqtt" ? source : ConnectionKind(of: values) else {
                return questions.tell("  it is of no kind that is known here: change it by hand")
            }
            questions.tell("  \(kind.title); an empty line keeps what is there")
            try await askConnection(kind, group, name, values, hasAddress: false)
        case "t": text.remove(table)
        default: if !isGood { questions.tell("  it stays as it is") }
        }
    }

    /// Tries the part of a configuration that a table is; nil where there is no such part.
    private static func trial(of table: String, _ configuration: AgentConfiguration) async -> Finding? {
        if let source = configuration.mqttSources.first(where: { "mqtt.\($0.name)" == table }) {
            return await BrokerProbe(source).finding()
        }
        guard let uplink = configuration.uplinks.first(where: { "uplinks.\($0.name)" == table }) else { return nil }
        return await DestinationProbe(uplink: uplink, gateway: configuration.gateway).finding()
    }

    /// What a table says, as far as it is text: by key, `tls.ca` for one within; arrays of texts with commas between.
    private func values(of table: String) -> [String: String] {
        var place = document?.root
        for part in table.split(separator: ".") { place = place?[String(part)] }
        guard case .table(let entries) = place?.content else { return [:] }
        var values: [String: String] = [:]
        for entry in entries {
            switch entry.value.content {
            case .string(let text): values[entry.key] = text
            case .boolean(let flag): values[entry.key] = "\(flag)"
            case .array(let elements):
                let texts = elements.compactMap(\.string)
                values[entry.key] = texts.count == elements.count ? texts.joined(separator: ", ") : nil
            case .table(let inner):
                for inner in inner { values["\(entry.key).\(inner.key)"] = inner.value.string }
            case .integer, .float, .dateTime: break
            }
        }
        return values
    }

    // MARK: Names

    /// The name, or the name with a number, that no table has.
    func freeName(_ table: String, _ name: String) -> String {
        let taken = names(in: table) + names(in: "mqtt") + names(in: "serial") + names(in: "uplinks")
        guard taken.contains(name) else { return name }
        return (2...).lazy.map { "\(name)-\($0)" }.first { !taken.contains($0) } ?? name
    }
}
