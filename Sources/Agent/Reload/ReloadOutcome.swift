import Records
import StrictTOML

/// What came of reading the configuration again.
public enum ReloadOutcome: Sendable, Equatable {
    /// It says what it said before.
    case unchanged
    /// What it says holds from now on: what has changed, one line for each part.
    case applied([String])
    /// It is wrong, or asks for what cannot change while the agent runs: why. What held before still does.
    case refused([String])

    /// Whether the file was not taken.
    public var isRefused: Bool { if case .refused = self { true } else { false } }

    /// As one word.
    var name: String {
        switch self {
        case .unchanged: "unchanged"
        case .applied: "applied"
        case .refused: "refused"
        }
    }

    /// What has changed, or why nothing has.
    var lines: [String] {
        switch self {
        case .unchanged: []
        case .applied(let lines), .refused(let lines): lines
        }
    }

    /// For the log and for people.
    public var text: String {
        switch self {
        case .unchanged: "the configuration is as it was"
        case .applied(let changes): "the configuration was read again: " + changes.joined(separator: "; ")
        case .refused(let reasons): "the configuration stays as it was: " + reasons.joined(separator: "; ")
        }
    }

    /// The event that tells of it.
    var event: AgentEvent {
        AgentEvent(isRefused ? .reloadRefused : .agentReloaded, of: "agent", text)
    }
}

extension AgentConfiguration {
    /// What another configuration asks for that cannot change while the agent runs.
    func refusals(of wanted: AgentConfiguration) -> [String] {
        var refusals: [String] = []
        func compare(_ key: String, _ before: String, _ after: String, why: String) {
            guard before != after else { return }
            refusals.append(
                "\(key) cannot change from \(quoted(before)) to \(quoted(after)) while the agent runs, because \(why); "
                    + "restart it")
        }
        compare(
            "gateway.id", gateway.rawValue, wanted.gateway.rawValue, why: "it is in the identity of every record")
        compare("log.path", log.path, wanted.log.path, why: "the log is open")
        if admin != wanted.admin { refusals.append("[admin] cannot change while the agent runs; restart it") }
        return refusals
    }

    /// What is different in another configuration that is no part of its own: settings and streams.
    func settingChanges(to wanted: AgentConfiguration) -> [String] {
        var changes: [String] = []
        if loggingLevel != wanted.loggingLevel { changes.append("logging.level is \(wanted.loggingLevel.rawValue)") }
        if log.commitLinger != wanted.log.commitLinger {
            changes.append("log.commit_linger is \(DurationText.format(wanted.log.commitLinger))")
        }
        if log.endurance != wanted.log.endurance { changes.append("log.endurance has changed") }
        return changes
            + Self.changes(
                from: streams.map { ("streams.\($0.name)", $0) }, to: wanted.streams.map { ("streams.\($0.name)", $0) })
    }

    /// One line for each value that is new, gone, or another.
    static func changes<Value: Equatable>(
        from before: [(path: String, value: Value)], to after: [(path: String, value: Value)]
    ) -> [String] {
        let known = Dictionary(uniqueKeysWithValues: before.map { ($0.path, $0.value) })
        let wanted = Set(after.map(\.path))
        return after.compactMap { path, value in
            guard let old = known[path] else { return "\(path) is new" }
            return old == value ? nil : "\(path) has changed"
        } + before.map(\.path).filter { !wanted.contains($0) }.map { "\($0) is gone" }
    }
}

extension AgentParts {
    /// What is different in other parts.
    func changes(to wanted: AgentParts) -> [String] {
        AgentConfiguration.changes(
            from: mqttSources.map { ($0.key.path, $0.key) }, to: wanted.mqttSources.map { ($0.key.path, $0.key) })
            + AgentConfiguration.changes(
                from: serialSources.map { ($0.key.path, $0.key) },
                to: wanted.serialSources.map { ($0.key.path, $0.key) })
            + AgentConfiguration.changes(
                from: forwarders.map { ($0.key.path, $0.key) }, to: wanted.forwarders.map { ($0.key.path, $0.key) })
    }
}
