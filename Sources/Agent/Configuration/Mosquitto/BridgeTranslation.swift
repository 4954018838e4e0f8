import MQTTTransport
import Records
import StrictTOML

/// A bridge of mosquitto as sources, streams and uplinks: out is a source at the local broker and an uplink to the
/// remote one, in is the same turned round.
struct BridgeTranslation: Sendable {
    /// A key of a table, its value in TOML, and the line that it comes from.
    struct Setting: Sendable {
        let key: String
        let value: String
        let line: MosquittoLine?
    }

    typealias Topic = MosquittoConnection.Topic

    let connection: MosquittoConnection
    /// Begins the names of its tables.
    let name: String
    let local: BrokerAddress
    let out: [Topic]
    let into: [Topic]
    var remarks: [MosquittoCarryOver.Remark] = []
    /// The keys of both tables at the local broker, of both at the remote one, and of each uplink.
    var localBroker: [Setting] = []
    var remoteBroker: [Setting] = []
    var remoteTLS: [Setting] = []
    var uplinks: [Setting] = []
    var passesRetained = true
    /// Client ids, where the bridge was given some.
    var localClientID: MosquittoLine?
    var remoteClientID: MosquittoLine?
    var will: (topic: String, line: MosquittoLine)?

    /// - Parameter asksForLogin: whether the local broker does.
    init(_ connection: MosquittoConnection, name: String, local: BrokerAddress, asksForLogin: Bool) {
        self.connection = connection
        self.name = name
        self.local = local
        let sound = connection.topics.filter { Self.problem(of: $0) == nil }
        out = sound.filter(\.direction.goesOut)
        into = sound.filter(\.direction.comesIn)
        translateAddress()
        translateVersion()
        translateLogin("remote", \.remoteBroker)
        translateLogin("local", \.localBroker)
        if asksForLogin, connection.options["local_username"] == nil {
            differs(
                connection.line,
                "a bridge needs no login at its own broker, Millrace does: give it a user there, and set \"username\" "
                    + "and \"password_file\" in the tables with the local url")
        }
        translateNotifications()
        for line in connection.options.values { translate(line) }
        for topic in connection.topics { remark(on: topic) }
        remarkOnOverlaps(out, at: "local", by: \.localFilter)
        remarkOnOverlaps(into, at: "remote", by: \.remoteFilter)
        remarks.sort { ($0.issue.file, $0.issue.line ?? 0) < ($1.issue.file, $1.issue.line ?? 0) }
    }

    /// Whether the remote broker is spoken to under TLS.
    var isEncrypted: Bool {
        ["cafile", "capath", "psk", "identity", "certfile"].contains { connection.options["bridge_\($0)"] != nil }
            || connection.options["bridge_tls_use_os_certs"]?.value == "true"
    }

    mutating func differs(_ line: MosquittoLine, _ message: String) {
        remarks.append(.init(issue: line.issue(message), isLost: false))
    }

    mutating func isLost(_ line: MosquittoLine, _ message: String) {
        remarks.append(.init(issue: line.issue("not carried over: " + message), isLost: true))
    }

    // MARK: Topics

    /// Why a topic cannot be carried over; nil where it can.
    private static func problem(of topic: Topic) -> String? {
        var templates: [String] = []
        if topic.direction.goesOut { templates.append(topic.remoteTemplate) }
        if topic.direction.comesIn { templates.append(topic.localTemplate) }
        return templates.lazy.compactMap { TopicSyntax.problem(template: $0, placeholders: ["topic"]) }.first
    }

    private mutating func remark(on topic: Topic) {
        if let problem = Self.problem(of: topic) {
            isLost(topic.line, problem)
        } else if topic.qos == 0 {
            differs(topic.line, "QoS 0 becomes QoS 1: what the broker has taken is not lost")
        } else if topic.qos == 2 {
            differs(topic.line, "QoS 2 becomes QoS 1: after a failure a message may come twice, with one identity")
        }
    }

    /// Filters of which neither covers the other: a broker sends what both match once for each.
    private mutating func remarkOnOverlaps(_ topics: [Topic], at side: String, by filter: (Topic) -> String) {
        for (index, topic) in topics.enumerated() {
            let pattern = TopicPattern(filter: filter(topic))
            let other = topics[..<index].first {
                let earlier = TopicPattern(filter: filter($0))
                return earlier.meets(pattern) && !earlier.covers(pattern) && !pattern.covers(earlier)
            }
            guard let other else { continue }
            differs(
                topic.line,
                "the \(side) broker may send what \(quoted(filter(topic))) and \(quoted(filter(other))) "
                    + "(line \(other.line.number)) both match once for each")
        }
    }
}

extension MosquittoConnection.Topic {
    /// Where what goes out is published, and what comes in.
    var remoteTemplate: String { pattern.isEmpty ? remotePrefix : remotePrefix + "{topic}" }
    var localTemplate: String { pattern.isEmpty ? localPrefix : localPrefix + "{topic}" }
}
