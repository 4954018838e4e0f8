import MQTTTransport
import Records
import Synchronization

/// What the node says by itself, and what it answers: births, deaths, the primary host's state.
///
/// Messages are numbered as they are made: on the publisher's thread, in the order in which they are published.
final class SparkplugSession: MQTTConversation {
    private let clock: any GatewayClock
    private let node: Mutex<SparkplugNode>
    let subscriptions: [MQTTSubscription]
    private let commandTopic: String
    private let stateTopic: String?

    init(topics: SparkplugTopics, clock: any GatewayClock) {
        self.clock = clock
        node = Mutex(SparkplugNode(topics: topics))
        commandTopic = topics.topic(.NCMD)
        stateTopic = topics.state
        // The state is a retained message, which must come at each connection.
        subscriptions =
            [MQTTSubscription(filter: commandTopic, retained: .ignore)]
            + (topics.state.map { [MQTTSubscription(filter: $0, retained: .always)] } ?? [])
    }

    /// Calls `body` with the node and the time.
    func change<Result>(_ body: (inout sending SparkplugNode, Int64) -> sending Result) -> sending Result {
        let now = clock.read().wallMilliseconds
        return node.withLock { body(&$0, now) }
    }

    var state: SparkplugNode.State { node.withLock(\.state) }

    // MARK: MQTTConversation

    func will() -> MQTTConfiguration.Will? {
        change { node, now in
            MQTTConfiguration.Will(
                topic: node.topics.topic(.NDEATH), payload: node.death(milliseconds: now), isRetained: false,
                delay: .zero)
        }
    }

    func opened() -> [MQTTMessage] { change { node, now in node.opened(milliseconds: now) } }

    func received(topic: String, payload: [UInt8]) -> MQTTReply {
        if topic == commandTopic, SparkplugCommand.wantsRebirth(payload) {
            return .say(change { node, now in node.state == .born ? node.births(milliseconds: now) : [] })
        }
        guard topic == stateTopic, let host = SparkplugCommand.hostState(payload) else { return .say([]) }
        let change = change { node, now in
            node.hostSaid(isOnline: host.isOnline, at: host.milliseconds, milliseconds: now)
        }
        switch change {
        case .nothing: return .say([])
        case .came(let births): return .say(births)
        case .went: return .leave(reason: "the primary host has gone offline")
        }
    }

    /// The broker does not publish the will of a connection that ends in order, so the death is said here.
    func closing() -> [MQTTMessage] {
        change { node, now in
            guard node.state == .born else { return [] }
            let payload = node.currentDeath(milliseconds: now)
            return [MQTTMessage(topic: node.topics.topic(.NDEATH), payload: payload[...])]
        }
    }

    func closed() { change { node, _ in node.closed() } }
}
