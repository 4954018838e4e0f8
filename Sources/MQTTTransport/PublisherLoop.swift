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
    /// False once a server has called an alias of ours wrong: better without them than in a circle.
    private var usesAliases = true

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
        while !thread.isStopping {
            if desk.isSuspended {
                answer(desk.disconnected(reason: "the link to \(configuration.address) is closed for now"))
                thread.pause(.seconds(3600)) { [desk] in desk.isSuspended }
            } else {
                connectOnce()
            }
        }
        answer(desk.disconnected(reason: "the publisher for \(configuration.address) has stopped"))
    }

    private func connectOnce() {
        let deadline = ContinuousClock.now + configuration.connectTimeout
        let role = MosquittoHandle.Role.publisher(window: windowMax)
        switch connector.open(as: role, isServerKnown: !isFirst, will: conversation?.will(), until: deadline) {
        case .stopped:
            return
        case .failed(let reason, let isBarred):
            waitAfter(reason, isBarred: isBarred)
        case .connected(let handle):
            let connection = PublisherConnection(
                handle: handle, windowMax: windowMax, usesAliases: usesAliases,
                acknowledgementTimeout: acknowledgementTimeout, thread: thread, desk: desk,
                conversation: conversation, onEvent: onEvent,
                accepted: { [self] in accepted(isSessionPresent: $0) })
            let ending = connection.run(connackBy: deadline)
            conversation?.closed()
            guard case .lost(let reason, let code, let isProven) = ending else { return }
            let isTakenOver = code == 0x8E
            if code == 0x94 { usesAliases = false }
            if isProven, !isTakenOver { schedule.reset() }
            if isTakenOver { onEvent(.sessionTakenOver) }
            waitAfter(reason, isBarred: handle.isBarred)
        }
    }

    private func accepted(isSessionPresent: Bool) {
        let event = MQTTConnectionEvent.connected(isSessionPresent: isSessionPresent, isFirst: isFirst)
        if !isFirst { desk.count { $0.reconnects += 1 } }
        isFirst = false
        desk.connected()
        onEvent(event)
    }

    private func waitAfter(_ reason: String, isBarred: Bool) {
        answer(desk.disconnected(reason: reason, isBarred: isBarred))
        guard !thread.isStopping else { return }
        let delay = schedule.next(using: &generator)
        onEvent(.disconnected(reason: reason, retryIn: delay))
        let resumes = desk.resumes
        thread.pause(delay) { [desk] in !desk.isSuspended && desk.resumes == resumes }
    }

    private func answer(_ jobs: [PublishJob]) {
        for job in jobs {
            job.finish(PublishReport(confirmed: 0, ending: .disconnected(reason: "not connected")))
        }
    }
}
