import MQTTTransport
import Records

/// Lets those at the broker see whether the gateway is there: a birth message on each connection, and a last message
/// before each orderly end. The will covers the other ends.
///
/// The birth comes before any record. A broker that refuses it still gets the records: that is told, and the rest goes
/// on.
public final class MQTTPresence: MQTTConversation {
    /// Nothing is listened to.
    public let subscriptions: [MQTTSubscription] = []
    /// False.
    public let isEssential = false
    private let birth: MQTTMessage
    private let farewell: MQTTMessage?

    /// - Parameters:
    ///   - birth: what is said on each connection. What MQTT 5 carries besides says which gateway it is of.
    ///   - farewell: what is said before the connection is ended in order, where no will would be published; nil:
    ///     nothing.
    public init(birth: MQTTMessage, farewell: MQTTMessage?, gateway: GatewayID) {
        self.birth = Self.marked(birth, gateway)
        self.farewell = farewell.map { Self.marked($0, gateway) }
    }

    /// Nil: that of the configuration.
    public func will() -> MQTTConfiguration.Will? { nil }

    /// The birth.
    public func opened() -> [MQTTMessage] { [birth] }

    /// Nothing follows.
    public func received(topic: String, payload: [UInt8]) -> MQTTReply { .say([]) }

    /// The last message.
    public func closing() -> [MQTTMessage] { farewell.map { [$0] } ?? [] }

    /// Nothing is to be done.
    public func closed() {}

    private static func marked(_ message: MQTTMessage, _ gateway: GatewayID) -> MQTTMessage {
        var message = message
        var properties = message.properties ?? MQTTProperties()
        LoopGuard.append(path: [], gateway: gateway, to: &properties.userProperties)
        message.properties = properties
        return message
    }
}
