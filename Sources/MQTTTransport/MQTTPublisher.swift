import Synchronization
import Threads

/// Publishes messages at QoS 1, in order, and says how many the server has confirmed.
///
/// One connection at a time, on one thread of its own. A lost connection is never resumed: nothing unconfirmed is sent
/// again by itself, the caller decides.
public final class MQTTPublisher: Sendable {
    /// What the publisher has counted since it was made.
    public struct Counters: Sendable, Equatable {
        /// Messages handed to the connection.
        public var messagesPublished: UInt64 = 0
        /// Bytes of their payloads.
        public var bytesPublished: UInt64 = 0
        /// Messages confirmed with a success reason.
        public var messagesConfirmed: UInt64 = 0
        /// Messages answered with a failure reason.
        public var messagesRefused: UInt64 = 0
        /// Connections after the first one.
        public var reconnects: UInt64 = 0
        /// Bytes that went out over TCP, headers of MQTT and TLS and what was sent again included; 0 where the kernel
        /// does not tell.
        public var wireBytesSent: UInt64 = 0
        /// Bytes that came in over TCP, likewise.
        public var wireBytesReceived: UInt64 = 0
    }

    private let configuration: MQTTConfiguration
    private let acknowledgementTimeout: Duration
    private let windowMax: Int
    private let conversation: (any MQTTConversation)?
    private let onEvent: @Sendable (MQTTConnectionEvent) -> Void
    private let thread: ClientThread
    private let desk: PublishDesk

    /// Does not connect yet.
    ///
    /// - Parameters:
    ///   - acknowledgementTimeout: how long a PUBACK may take while others do not come either; then the connection is
    ///     dropped.
    ///   - windowMax: messages that may be unconfirmed at a time, 1 to 65535; fewer where the server says so with its
    ///     Receive Maximum.
    ///   - conversation: what is said and heard on each connection besides what is published.
    ///   - onEvent: called on the publisher's thread.
    /// - Throws: ``MQTTTransportError`` where a value cannot be used, a certificate file cannot be read, or the
    ///   process
    ///   has no descriptors left.
    public init(
        configuration: MQTTConfiguration, acknowledgementTimeout: Duration = .seconds(30), windowMax: Int = 1000,
        conversation: (any MQTTConversation)? = nil,
        onEvent: @escaping @Sendable (MQTTConnectionEvent) -> Void
    ) throws(MQTTTransportError) {
        try configuration.check()
        guard (1...65_535).contains(windowMax) else {
            throw MQTTTransportError(.invalidConfiguration, "a window of \(windowMax) is not between 1 and 65535")
        }
        self.configuration = configuration
        self.acknowledgementTimeout = acknowledgementTimeout
        self.windowMax = windowMax
        self.conversation = conversation
        self.onEvent = onEvent
        thread = try ClientThread()
        desk = PublishDesk(address: configuration.address)
    }

    /// Starts the thread, which connects, and connects again whenever the connection is lost. To be called once.
    ///
    /// - Throws: ``MQTTTransportError`` where the system gives no thread.
    public func start() throws(MQTTTransportError) {
        try thread.start(named: "mqtt-out") { [self] in
            let loop = PublisherLoop(
                configuration: configuration, acknowledgementTimeout: acknowledgementTimeout, windowMax: windowMax,
                thread: thread, desk: desk, conversation: conversation, onEvent: onEvent)
            loop.run()
        }
    }

    /// Publishes `count` messages and returns when all are confirmed, or at the first that is not.
    ///
    /// The messages are made one by one, on the publisher's thread, when the window has room; the first that is nil
    /// ends them early. Where there is no
    /// connection it returns at once. Calls from several tasks are served one after the other. When the task is
    /// cancelled it returns within a second; if messages were on their way then, the connection is dropped.
    public func publish(count: Int, _ message: @escaping @Sendable (Int) -> MQTTMessage?) async -> PublishReport {
        precondition(count >= 0, "a number of messages is not negative")
        guard count > 0 else { return PublishReport(confirmed: 0, ending: .complete) }
        let cancelled = PublishJob.Cancellation()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isTaken = desk.submit(
                    count: count, cancelled: cancelled, continuation: continuation, message: message)
                if isTaken { thread.wakeup.signal() }
            }
        } onCancel: {
            cancelled.set()
            thread.wakeup.signal()
        }
    }

    /// Whether the server has accepted the connection.
    public var isConnected: Bool { desk.isConnected }

    /// Waits for a connection; false when the task is cancelled or the publisher stopped.
    public func waitUntilConnected() async -> Bool {
        await desk.waitUntilConnected()
    }

    /// Answers what is under way with ``PublishReport/Ending/disconnected(reason:)`` and takes leave of the server.
    /// Returns within 5 s, whatever the server does; also in a cancelled task.
    public func stop() async {
        desk.close()
        await thread.stop(within: .seconds(5))
    }

    /// What was counted so far.
    public var counters: Counters { desk.counters }
}
