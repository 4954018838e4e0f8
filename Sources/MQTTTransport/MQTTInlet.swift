/// What a PUBLISH carries beside topic and payload.
public struct MQTTMessageDetails: Sendable {
    /// The QoS at which it came.
    public var qos: Int
    /// A value that the broker had kept, sent because we subscribed: old, not a new reading.
    public var isRetained: Bool
    /// Sent before, as far as the broker knows. libmosquitto tells it only while a session is resumed; a duplicate that
    /// a broker sends over a connection that has not ended is not marked.
    public var isDuplicate: Bool
    /// MQTT 5 properties; nil where there are none.
    public var properties: MQTTProperties?

    /// A message without properties unless said otherwise.
    public init(qos: Int, isRetained: Bool, isDuplicate: Bool, properties: MQTTProperties? = nil) {
        self.qos = qos
        self.isRetained = isRetained
        self.isDuplicate = isDuplicate
        self.properties = properties
    }
}

/// Where an ``MQTTSubscriber`` puts what it receives. All calls come from the subscriber's own thread.
public protocol MQTTInlet: Sendable {
    /// Takes one message. Must copy the bytes it wants to keep before it returns.
    func receive(topic: RawSpan, payload: RawSpan, details: MQTTMessageDetails)
    /// Makes durable everything received since the last call, and returns whether that succeeded. Blocks. The PUBACKs
    /// leave only after it has returned true; false drops the connection, and the broker sends again.
    func commit() -> Bool
    /// False while nothing can be taken in (disk full, stream full): the subscriber then stays disconnected and asks
    /// again after its back-off.
    var isAccepting: Bool { get }
    /// Tells what happened to the connection.
    func connectionChanged(_ event: MQTTConnectionEvent)
}
