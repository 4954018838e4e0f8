import Synchronization

/// Receives messages and acknowledges them only after ``MQTTInlet/commit()`` has returned true.
///
/// One connection at a time, on one thread of its own: read a burst, commit, and only then send the PUBACKs. While a
/// burst is being committed nothing more is read. A commit that fails drops the connection, and with it the PUBACKs
/// that libmosquitto has queued: the broker sends the messages again.
public final class MQTTSubscriber: Sendable {
    /// What the subscriber has counted since it was made.
    public struct Counters: Sendable, Equatable {
        /// Messages handed to the inlet, repeated ones included.
        public var messagesReceived: UInt64 = 0
        /// Bytes of their payloads.
        public var bytesReceived: UInt64 = 0
        /// Messages refused or left out: too large, or retained ones that the subscription does not take.
        public var messagesRefused: UInt64 = 0
        /// Times the inlet was asked to commit.
        public var commits: UInt64 = 0
        /// Connections after the first one.
        public var reconnects: UInt64 = 0
    }

    private let configuration: MQTTConfiguration
    private let subscriptions: [MQTTSubscription]
    private let memory: (any MQTTSubscriptionMemory)?
    private let linger: Duration
    private let inlet: any MQTTInlet
    private let thread: ClientThread
    private let counts = Mutex(Counters())
    private let connected = Atomic<Bool>(false)
    private let subscribed = Atomic<Bool>(false)
    private let leaves = Atomic<Bool>(false)

    /// Does not connect yet.
    ///
    /// - Parameters:
    ///   - memory: where it stands which filters the broker's session has. Those that are not in `subscriptions` are
    ///     unsubscribed; nil: only those of this subscriber are known.
    ///   - linger: how long a received message waits for others before it is committed.
    /// - Throws: ``MQTTTransportError`` where a value of the configuration or a filter cannot be used, a certificate
    ///   file cannot be read, or the process has no descriptors left.
    public init(
        configuration: MQTTConfiguration, subscriptions: [MQTTSubscription],
        memory: (any MQTTSubscriptionMemory)? = nil, linger: Duration, inlet: any MQTTInlet
    ) throws(MQTTTransportError) {
        try configuration.check()
        for subscription in subscriptions where !MQTTTopicFilter.isValid(subscription.filter) {
            throw MQTTTransportError(
                .invalidConfiguration,
                "\(configuration.address): '\(subscription.filter)' is no topic filter (MQTT 5.0, section 4.7)")
        }
        self.configuration = configuration
        self.subscriptions = subscriptions
        self.memory = memory
        self.linger = linger
        self.inlet = inlet
        thread = try ClientThread()
    }

    /// Starts the thread, which connects, and connects again whenever the connection is lost. To be called once.
    ///
    /// - Throws: ``MQTTTransportError`` where the system gives no thread.
    public func start() throws(MQTTTransportError) {
        try thread.start(named: "mqtt-in") { [self] in
            let loop = SubscriberLoop(
                configuration: configuration, subscriptions: subscriptions, memory: memory, linger: linger,
                inlet: inlet, thread: thread, isLeaving: { [self] in leaves.load(ordering: .relaxed) },
                report: { [self] in update($0) })
            loop.run()
            update(SubscriberLoop.Report(counters: counters))
        }
    }

    /// Stops reading, commits what was read, sends its PUBACKs and a DISCONNECT that leaves the session with the
    /// broker; waits until the broker has read them. Returns within 7 s, whatever the broker does; also in a cancelled
    /// task.
    ///
    /// - Parameter forGood: nobody will read the session: its subscriptions are ended first, where there is a
    ///   connection, so that the broker gathers nothing more for it. That may take 3 s longer. What it has gathered
    ///   stays.
    public func stop(forGood: Bool = false) async {
        if forGood { leaves.store(true, ordering: .relaxed) }
        await thread.stop(within: .seconds(forGood ? 10 : 7))
    }

    /// What was counted so far.
    public var counters: Counters { counts.withLock(\.self) }

    /// Whether the broker has accepted the connection.
    public var isConnected: Bool { connected.load(ordering: .relaxed) }

    /// Whether the broker has granted every subscription over the present connection.
    public var isSubscribed: Bool { subscribed.load(ordering: .relaxed) }

    private func update(_ report: SubscriberLoop.Report) {
        connected.store(report.isConnected, ordering: .relaxed)
        subscribed.store(report.isConnected && report.isSubscribed, ordering: .relaxed)
        counts.withLock { $0 = report.counters }
    }
}
