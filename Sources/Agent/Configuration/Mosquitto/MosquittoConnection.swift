import Records
import StrictTOML

/// One `connection` section of a mosquitto.conf(5): a bridge.
struct MosquittoConnection: Sendable {
    /// One `topic` line.
    struct Topic: Hashable, Sendable {
        enum Direction: String, Hashable, Sendable, CaseIterable {
            case out, `in`, both

            var goesOut: Bool { self != .in }
            var comesIn: Bool { self != .out }
        }

        let line: MosquittoLine
        /// Empty: the prefixes are whole topics.
        let pattern: String
        let direction: Direction
        let qos: Int
        let localPrefix: String
        let remotePrefix: String

        var localFilter: String { localPrefix + pattern }
        var remoteFilter: String { remotePrefix + pattern }
        var hasPrefix: Bool { !localPrefix.isEmpty || !remotePrefix.isEmpty }
    }

    /// The `connection` line.
    let line: MosquittoLine
    var topics: [Topic] = []
    /// The other lines, by the newest name of their key; where a key is there twice, the last counts.
    var options: [String: MosquittoLine] = [:]

    var name: String { line.value }

    /// All sections of a file.
    ///
    /// - Throws: `ConfigurationError` with everything that mosquitto would not take either.
    static func read(_ file: MosquittoFile, path: String) throws(ConfigurationError) -> [MosquittoConnection] {
        var connections: [MosquittoConnection] = []
        var issues: [ConfigurationIssue] = []
        for line in file.lines {
            let key = newestNames[line.key] ?? line.key
            if key == "connection" {
                if line.value.isEmpty { issues.append(line.issue("needs a name")) }
                connections.append(MosquittoConnection(line: line))
                continue
            }
            guard keys.contains(key) || key.hasPrefix("bridge_") else { continue }
            guard !connections.isEmpty else {
                issues.append(line.issue("stands above the first \"connection\""))
                continue
            }
            if key == "topic" {
                switch topic(line) {
                case .success(let topic): connections[connections.count - 1].topics.append(topic)
                case .failure(let problem): issues.append(line.issue(problem.message))
                }
            } else {
                connections[connections.count - 1].options[key] = line
            }
        }
        for connection in connections {
            if connection.options["address"]?.words.isEmpty ?? true {
                issues.append(connection.line.issue("has no address"))
            }
            if connection.topics.isEmpty { issues.append(connection.line.issue("has no topic")) }
        }
        if connections.isEmpty, issues.isEmpty {
            let message = "has no \"connection\" section, so there is no bridge to carry over"
            issues.append(ConfigurationIssue(file: path, line: nil, path: "", message: message))
        }
        guard issues.isEmpty else { throw ConfigurationError(issues: issues) }
        return connections
    }

    private static let newestNames = [
        "addresses": "address", "clientid": "remote_clientid", "username": "remote_username",
        "password": "remote_password",
    ]

    /// Those that do not begin with `bridge_`.
    private static let keys: Set<String> = [
        "address", "cleansession", "idle_timeout", "keepalive_interval", "local_cleansession", "local_clientid",
        "local_password", "local_username", "notification_topic", "notifications", "notifications_local_only",
        "remote_clientid", "remote_password", "remote_username", "restart_timeout", "round_robin", "start_type",
        "threshold", "topic", "try_private",
    ]

    private struct Problem: Error { let message: String }

    /// `topic PATTERN [[[out | in | both] QOS] LOCAL_PREFIX REMOTE_PREFIX]`
    private static func topic(_ line: MosquittoLine) -> Result<Topic, Problem> {
        let words = line.words
        func text(_ index: Int) -> String { words.count > index && words[index] != "\"\"" ? words[index] : "" }
        guard (1...5).contains(words.count) else {
            return .failure(Problem(message: "is written PATTERN DIRECTION QOS LOCAL_PREFIX REMOTE_PREFIX"))
        }
        let directionText = words.count > 1 ? words[1] : "out"
        guard let direction = Topic.Direction(rawValue: directionText.lowercased()) else {
            return .failure(Problem(message: "\(quoted(directionText)) is none of out, in, both"))
        }
        guard let qos = words.count > 2 ? Int(words[2]) : 0, (0...2).contains(qos) else {
            return .failure(Problem(message: "\(quoted(words[2])) is none of the QoS 0, 1 and 2"))
        }
        let topic = Topic(
            line: line, pattern: text(0), direction: direction, qos: qos, localPrefix: text(3), remotePrefix: text(4))
        if topic.pattern.isEmpty, topic.localPrefix.isEmpty || topic.remotePrefix.isEmpty {
            return .failure(Problem(message: "an empty pattern needs both prefixes, which then are whole topics"))
        }
        for prefix in [topic.localPrefix, topic.remotePrefix] where prefix.contains(where: { "+#".contains($0) }) {
            return .failure(Problem(message: "the prefix \(quoted(prefix)) has a wildcard"))
        }
        for filter in [topic.localFilter, topic.remoteFilter] {
            if let problem = TopicSyntax.problem(filter: filter) { return .failure(Problem(message: problem)) }
        }
        return .success(topic)
    }
}
