import Threads

/// What the thread of an ``MQTTPublisher`` does: connect, run the connection until it ends, wait, again.
final class PublisherLoop {
    private let configuration: MQTTConfiguration
    private let acknowledgementTimeout: Duration
    private let windowMax: Int
    private let thread: ClientThread
    private let desk: PublishDesk
    private let conversation: (any MQTTConversation)?
    private let onEvent: @Sendable (MQTTConnectionEvent) -> Void
    private let connector: Connector
    private var schedule: ReconnectSchedule
    private var generator = SystemRandomNumberGenerator()
    private var isFirst = true

    init(
        configuration: MQTTConfiguration, acknowledgementTimeout: Duration, windowMax: Int, thread: ClientThread,
        desk: PublishDesk, conversation: (any MQTTConversation)?,
        onEvent: @escaping @Sendable (MQTTConnectionEvent) -> Void
    ) {
        self.configuration = configuration
        self.acknowledgementTimeout = acknowledgementTimeout
        self.windowMax = windowMax
        self.thread = thread
        self.desk = desk
        self.conversation = conversation
        self.onEvent = onEvent
        connector = Connector(configuration, thread: thread)
        schedule = ReconnectSchedule(
            delayMin: configuration.reconnectDelayMin, delayMax: configuration.reconnectDelayMax)
    }

    func run() {
        while !thread.isStopping { connectOnce() }
        answer(desk.disconnected(reason: "the publisher for \(configuration.address) has stopped"))
    }

    private func connectOnce() {
        let deadline = ContinuousClock.now + configuration.connectTimeout
        let role = MosquittoHandle.Role.publisher(window: windowMax)
        switch connector.open(as: role, isServerKnown: !isFirst, will: conversation?.will(), until: deadline) {
        case .stopped:
            return
        case .failed(let reason):
            waitAfter(reason)
        case .connected(let handle):
            let connection = PublisherConnection(
                handle: handle, windowMax: windowMax, acknowledgementTimeout: acknowledgementTimeout, thread: thread,
                desk: desk, conversation: conversation, onEvent: onEvent,
                accepted: { [self] in accepted(isSessionPresent: $0) })
            let ending = connection.run(connackBy: deadline)
            conversation?.closed()
            guard case .lost(let reason, let isTakenOver, let isProven) = ending else { return }
            if isProven, !isTakenOver { schedule.reset() }
            if isTakenOver { onEvent(.sessionTakenOver) }
            waitAfter(reason)
        }
    }

    private func accepted(isSessionPresent: Bool) {
        let event = MQTTConnectionEvent.connected(isSessionPresent: isSessionPresent, isFirst: isFirst)
        if !isFirst { desk.count { $0.reconnects += 1 } }
        isFirst = false
        desk.connected()
        onEvent(event)
    }

    private func waitAfter(_ reason: String) {
        answer(desk.disconnected(reason: reason))
        guard !thread.isStopping else { return }
        let delay = schedule.next(using: &generator)
        onEvent(.disconnected(reason: reason, retryIn: delay))
        thread.pause(delay)
    }

    private func answer(_ jobs: [PublishJob]) {
        for job in jobs {
            job.finish(PublishReport(confirmed: 0, ending: .disconnected(reason: "not connected")))
        }
    }
}
