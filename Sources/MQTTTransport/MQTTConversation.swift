/// What a publisher says by itself on each connection, and what it answers to: births, deaths, commands.
///
/// Everything but ``subscriptions`` is called on the publisher's own thread, and what it gives is published in order,
/// before anything that others have asked to publish. So whoever numbers messages can number them as they are made.
public protocol MQTTConversation: Sendable {
    /// What to hear of, on every connection.
    var subscriptions: [MQTTSubscription] { get }
    /// Whether the connection is ended when the server refuses a message of the conversation; otherwise that is told,
    /// as ``MQTTConnectionEvent/messageRefused(topic:reason:)``, and all else goes on.
    var isEssential: Bool { get }
    /// A connection is about to be opened: its last will. Nil: that of the configuration.
    func will() -> MQTTConfiguration.Will?
    /// The server has accepted the connection, and the subscriptions are on their way: what to say first.
    func opened() -> [MQTTMessage]
    /// A message has come in.
    func received(topic: String, payload: [UInt8]) -> MQTTReply
    /// The connection is about to be ended in order: what to say last.
    func closing() -> [MQTTMessage]
    /// The connection is gone, in order or not.
    func closed()
}

extension MQTTConversation {
    /// It is.
    public var isEssential: Bool { true }
}

/// What follows from a message that came in.
public enum MQTTReply: Sendable {
    /// These messages are published next; mostly there are none.
    case say([MQTTMessage])
    /// The connection is ended in order, and opened again after a while.
    case leave(reason: String)
}
