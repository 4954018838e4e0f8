import Threads

/// What the thread of an ``MQTTSubscriber`` does: connect, run the connection until it ends, wait, again.
final class SubscriberLoop {
    /// What the outside may know.
    struct Report {
        var counters = MQTTSubscriber.Counters()
        var isConnected = false
        var isSubscribed = false
    }

    private let configuration: MQTTConfiguration
    private let inlet: any MQTTInlet
    private let thread: ClientThread
    private let session: SubscriberSession
    /// Whether the end of the thread is to be the end of the subscriptions.
    private let isLeaving: () -> Bool
    private let connector: Connector
    private var schedule: ReconnectSchedule
    private var trigger: CommitTrigger
    private var generator = SystemRandomNumberGenerator()

    init(
        configuration: MQTTConfiguration, subscriptions: [MQTTSubscription],
        memory: (any MQTTSubscriptionMemory)?, linger: Duration, inlet: any MQTTInlet, thread: ClientThread,
        isLeaving: @escaping () -> Bool, report: @escaping (Report) -> Void
    ) {
        self.isLeaving = isLeaving
        self.configuration = configuration
        self.inlet = inlet
        self.thread = thread
        session = SubscriberSession(
            subscriptions: subscriptions, version: configuration.version, memory: memory, report: report)
        connector = Connector(configuration, thread: thread)
        schedule = ReconnectSchedule(
            delayMin: configuration.reconnectDelayMin, delayMax: configuration.reconnectDelayMax)
        trigger = CommitTrigger(
            version: configuration.version, receiveMaximum: Int(configuration.receiveMaximum), linger: linger)
    }

    func run() {
        while !thread.isStopping {
            guard inlet.isAccepting else {
                thread.pause(min(.seconds(1), configuration.reconnectDelayMax))
                continue
            }
            connectOnce()
        }
    }

    private func connectOnce() {
        let deadline = ContinuousClock.now + configuration.connectTimeout
        switch connector.open(as: .subscriber, isServerKnown: !session.isFirst, until: deadline) {
        case .stopped:
            return
        case .failed(let reason, _):
            waitAfter(reason)
        case .connected(let handle):
            let connection = SubscriberConnection(
                handle: handle, session: session, trigger: trigger, inlet: inlet, thread: thread,
                isLeaving: isLeaving)
            let ending = connection.run(connackBy: deadline)
            session.ended()
            switch ending {
            case .stopped:
                return
            case .lost(let reason, let isTakenOver, let isProven):
                // Two clients with one id push each other out for ever; each turn must then be slower.
                if isProven, !isTakenOver { schedule.reset() }
                if isTakenOver { inlet.connectionChanged(.sessionTakenOver) }
                waitAfter(reason)
            }
        }
    }

    private func waitAfter(_ reason: String) {
        guard !thread.isStopping else { return }
        let delay = schedule.next(using: &generator)
        inlet.connectionChanged(.disconnected(reason: reason, retryIn: delay))
        thread.pause(delay)
    }
}
