import MQTTTransport

/// What ``MQTTUplink`` needs of a connection: `MQTTPublisher`, or a scripted one in tests.
public protocol MessagePublisher: Sendable {
    /// Publishes messages in order at QoS 1 and waits for their confirmation. `message` is asked for each of them once,
    /// in order and never concurrently, as the window has room; the first that is nil ends them early. Where there is
    /// no connection it returns at once; when the task is cancelled, within one second.
    func publish(count: Int, _ message: @escaping @Sendable (Int) -> MQTTMessage?) async -> PublishReport
    /// Whether a publish would go out now.
    var isConnected: Bool { get }
    /// Bytes on the wire so far, over all connections.
    var traffic: LinkTraffic { get }
    /// Waits for a connection; false when the task was cancelled, or the publisher stopped, before there was one.
    func waitUntilConnected() async -> Bool
    /// Ends the connection in an orderly way.
    func stop() async
}

extension MessagePublisher {
    /// Whether there is a connection, after some waiting. Without one the publisher is asked all the same: it says at
    /// once why there is none.
    func waitUntilConnected(within limit: Duration) async -> Bool {
        if isConnected { return true }
        return await withTaskGroup(of: Bool.self) { group in
            group.addTask { await waitUntilConnected() }
            group.addTask {
                // Cancelled as soon as there is a connection; either way the wait is over.
                try? await Task.sleep(for: limit)
                return false
            }
            let first = await group.next() ?? false
            group.cancelAll()
            return first
        }
    }
}
