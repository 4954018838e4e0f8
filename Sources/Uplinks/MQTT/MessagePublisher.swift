import MQTTTransport

/// What ``MQTTUplink`` needs of a connection: `MQTTPublisher`, or a scripted one in tests.
public protocol MessagePublisher: Sendable {
    /// Publishes messages in order at QoS 1 and waits for their confirmation. `message` is asked for each of them once,
    /// in order and never concurrently, as the window has room. Where there is no connection it returns at once; when
    /// the task is cancelled, within one second.
    func publish(count: Int, _ message: @escaping @Sendable (Int) -> MQTTMessage) async -> PublishReport
    /// Whether a publish would go out now.
    var isConnected: Bool { get }
    /// Bytes on the wire so far, over all connections.
    var traffic: LinkTraffic { get }
    /// Waits for a connection; false when the task was cancelled, or the publisher stopped, before there was one.
    func waitUntilConnected() async -> Bool
    /// Connects from now on, and again whenever the connection is lost.
    func resume() async
    /// Ends the connection in an orderly way, until ``resume()``.
    func suspend() async
    /// Ends the connection in an orderly way.
    func stop() async
}
