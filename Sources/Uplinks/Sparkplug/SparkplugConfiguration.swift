import MQTTTransport

/// The names of an edge node in Sparkplug's namespace, and how it speaks MQTT.
public struct SparkplugConfiguration: Sendable {
    let topics: SparkplugTopics
    /// The protocol version that the publisher speaks: decides whether there are properties.
    public let version: MQTTConfiguration.ProtocolVersion
    /// How long a send waits for a connection, and for the primary host, before it answers `retry`.
    public var connectionWait = Duration.seconds(30)

    /// - Parameters:
    ///   - group: the group that the node belongs to.
    ///   - node: the node's name within its group.
    ///   - primaryHost: the host without which nothing is sent; nil: none.
    /// - Throws: ``UplinkError`` where a name is empty, too long, or has what a level of a topic cannot hold.
    public init(
        group: String, node: String, primaryHost: String? = nil, version: MQTTConfiguration.ProtocolVersion = .v5
    ) throws(UplinkError) {
        for (what, name) in [("group", group), ("node", node), ("primary host", primaryHost ?? "x")]
        where !SparkplugTopics.isName(name) {
            throw UplinkError(.format, "'\(name)' is no name for a Sparkplug \(what): \(Self.nameRule)")
        }
        topics = SparkplugTopics(group: group, node: node, primaryHost: primaryHost)
        self.version = version
    }

    /// Whether a group, a node or a host can have this name.
    public static func isName(_ text: String) -> Bool { SparkplugTopics.isName(text) }

    /// What a name may be.
    public static let nameRule = "1 to 256 bytes without '/', '+', '#' and control characters"
}
