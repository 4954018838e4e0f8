import LogStore
import Logging
import MQTTTransport
import Records
import ServiceLifecycle
import StrictTOML
import Synchronization
import Uplinks

/// Takes in the messages of one MQTT broker. A PUBACK leaves only when the record is on the disk (promise P1).
public final class MQTTSource: Service {
    /// As in the configuration.
    public let name: String
    /// Where the broker listens.
    let address: String
    /// The broker keeps our session under it.
    let clientID: String
    private let subscriber: MQTTSubscriber
    private let inlet: Inlet
    private let session: BrokerSessions.Memory
    private let isRetired = Atomic<Bool>(false)
    private let logger: Logger

    init(
        _ configuration: MQTTSourceConfiguration, gateway: GatewayID, recorder: Recorder, sessions: BrokerSessions,
        linger: Duration, clock: any GatewayClock, logger: Logger
    ) throws {
        name = configuration.name.rawValue
        address = "\(configuration.broker.address)"
        clientID = configuration.broker.clientID
        session = sessions.memory(of: configuration.broker)
        self.logger = logger
        inlet = Inlet(configuration, gateway: gateway, recorder: recorder, clock: clock, logger: logger)
        subscriber = try MQTTSubscriber(
            configuration: configuration.mqttConfiguration, subscriptions: configuration.subscriptions, memory: session,
            linger: linger, inlet: inlet)
    }

    /// Receives until graceful shutdown; then commits what was received, acknowledges it, and disconnects.
    ///
    /// - Throws: ``MQTTTransportError`` where the system gives no thread or descriptor.
    public func run() async throws {
        try subscriber.start()
        await untilShutdown()
        let isRetired = isRetired.load(ordering: .relaxed)
        await subscriber.stop(forGood: isRetired)
        guard isRetired else { return }
        if session.filters.isEmpty {
            logger.notice("nothing is subscribed at \(address) any more; what it had gathered by then stays there")
        } else {
            logger.warning(
                """
                \(address) could not be told that nothing is wanted any more: it gathers on for the client id \
                \(quoted(clientID)) until that session expires
                """)
        }
    }

    /// Nobody will read its session: when it stops, it takes leave of it.
    func retire() { isRetired.store(true, ordering: .relaxed) }

    /// What it took in since the start.
    public var counters: SourceCounters { inlet.shared.withLock { $0.counters } }
    /// Whether the broker has accepted us.
    public var isConnected: Bool { subscriber.isConnected }
    /// Whether the broker has granted every subscription: what is published from now on comes in.
    public var isSubscribed: Bool { subscriber.isSubscribed }
    /// What is known of each topic that is watched for silence.
    public var deviceStates: [DeviceState] { inlet.deviceStates(of: name) }
    /// Why it is not connected, as far as known.
    public var problem: String? { inlet.shared.withLock { $0.problem } }

    /// Where the subscriber puts what it receives: from its one thread.
    final class Inlet: MQTTInlet {
        struct Shared {
            var counters = SourceCounters()
            var problem: String?
            /// Streams that got records since the last commit.
            var touched: Set<Int> = []
            var topics: TopicWatch
        }

        let shared: Mutex<Shared>
        private let gateway: GatewayID
        private let recorder: Recorder
        private let clock: any GatewayClock
        private let logger: Logger
        private let payloadMax: Int
        private let routes: [(filter: MQTTTopicFilter, slot: Int)]
        /// Where every record goes, so that its topic need not be looked at.
        private let onlySlot: Int?
        private let broker: String
        /// Whether the session may have messages for filters that are not asked for any more.
        private let hasLeftovers = Atomic<Bool>(false)
        private let hasToldOfLeftovers = Atomic<Bool>(false)

        init(
            _ configuration: MQTTSourceConfiguration, gateway: GatewayID, recorder: Recorder, clock: any GatewayClock,
            logger: Logger
        ) {
            self.gateway = gateway
            self.recorder = recorder
            self.clock = clock
            self.logger = logger
            shared = Mutex(
                Shared(topics: TopicWatch(configuration.routes, atMilliseconds: clock.bootMilliseconds())))
            payloadMax = min(configuration.payloadMax.rawValue, Limits.payloadSizeMax)
            broker = "\(configuration.broker.address)"
            routes = configuration.routes.compactMap { route in
                MQTTTopicFilter(MQTTSource.Inlet.unshared(route.filter)).map { ($0, recorder.slot(of: route.stream)) }
            }
            let slots = Set(routes.map(\.slot))
            let isWatched = configuration.routes.contains { $0.silentAfter != nil }
            onlySlot = slots.count == 1 && !isWatched ? slots.first : nil
        }

        func receive(topic: RawSpan, payload: RawSpan, details: MQTTMessageDetails) {
            if LoopGuard.hasPassed(gateway, details.properties) {
                shared.withLock { $0.counters.looped += 1 }
                return
            }
            guard payload.byteCount <= payloadMax else {
                refuse(topic, "its payload of \(payload.byteCount) bytes is over the limit of \(payloadMax)")
                return
            }
            let hasLeftovers = hasLeftovers.load(ordering: .relaxed)
            guard let slot = (hasLeftovers ? nil : onlySlot) ?? slot(for: topic) else {
                if hasLeftovers { leaveOut() } else { refuse(topic, "no subscription covers it") }
                return
            }
            let intake = IntakeDetails(
                properties: details.properties.flatMap(RecordProperties.init).map(PackedProperties.init),
                isRetained: details.isRetained,
                isRedeliverable: true)
            let isTaken = recorder.append(slot, topic: topic, payload: payload, details: intake)
            shared.withLock { shared in
                shared.touched.insert(slot)
                if isTaken {
                    shared.counters.received += 1
                } else {
                    // Too much waits: this burst fails as a whole, and the broker sends it again.
                    shared.touched.insert(Inlet.overflow)
                }
            }
        }

        func commit() -> Bool {
            let touched = shared.withLock { shared in
                defer { shared.touched = [] }
                return shared.touched
            }
            guard !touched.isEmpty else { return true }
            let isCommitted = recorder.commit(touched.filter { $0 != Inlet.overflow })
            if isCommitted, !touched.contains(Inlet.overflow) { return true }
            shared.withLock { $0.counters.commitFailures += 1 }
            return false
        }

        var isAccepting: Bool { !routes.contains { recorder.obstacle($0.slot) != nil } }

        func connectionChanged(_ event: MQTTConnectionEvent) {
            let problem: String?
            switch event {
            case .connected(let isSessionPresent, let isFirst):
                problem = nil
                if !isSessionPresent { hasLeftovers.store(false, ordering: .relaxed) }
                logger.info("connected to \(broker)")
                if !isFirst, !isSessionPresent {
                    logger.warning("\(broker) has forgotten our session: what it held for us meanwhile may be lost")
                }
            case .disconnected(let reason, let retryIn):
                problem = reason
                logger.warning("no connection: \(reason); next try in \(DurationText.format(retryIn))")
            case .subscriptionRefused(let filter, let reason):
                problem = "the subscription to \(filter) was refused: \(reason)"
                logger.error("\(broker) refused the subscription to \(filter): \(reason); nothing will arrive for it")
            case .subscriptionDowngraded(let filter, let qos):
                problem = "\(filter) was granted QoS \(qos) only"
                logger.warning("\(broker) granted \(filter) at QoS \(qos) only: what it sends is not acknowledged")
            case .sessionTakenOver:
                problem = "another client has our client id"
                logger.error("\(broker): another client uses our client id; give each a client_id of its own")
            case .leftover(let filters):
                hasLeftovers.store(true, ordering: .relaxed)
                logger.notice("ends what is not asked for any more at \(broker): \(filters.joined(separator: ", "))")
                return
            case .unsubscribed(let filter):
                logger.info("\(broker) has ended the subscription to \(filter)")
                return
            case .unsubscriptionFailed(let filter, let reason):
                logger.warning(
                    "the subscription to \(filter) at \(broker) could not be ended: \(reason); it is tried again")
                return
            case .messageRefused(let topic, let reason):
                shared.withLock { $0.counters.refused += 1 }
                logger.warning("\(broker): a message on \(topic) was refused: \(reason)")
                return
            }
            shared.withLock { $0.problem = problem }
        }

        /// No slot: stands for a burst that was too large.
        private static let overflow = -1

        private func slot(for topic: RawSpan) -> Int? {
            let text = topic.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
            guard let route = routes.firstIndex(where: { $0.filter.matches(text) }) else { return nil }
            let now = clock.bootMilliseconds()
            shared.withLock { $0.topics.heard(text, route: route, atMilliseconds: now) }
            return routes[route].slot
        }

        func deviceStates(of source: String) -> [DeviceState] {
            let now = clock.bootMilliseconds()
            return shared.withLock { $0.topics.states(source: source, atMilliseconds: now) }
        }

        /// Came for a filter that is not in the configuration: nothing says into which stream it belongs.
        private func leaveOut() {
            shared.withLock { $0.counters.refused += 1 }
            guard !hasToldOfLeftovers.exchange(true, ordering: .relaxed) else { return }
            logger.notice("\(broker) still sends what is not asked for any more; it is refused, and counted")
        }

        private func refuse(_ topic: RawSpan, _ reason: String) {
            shared.withLock { $0.counters.refused += 1 }
            let name = topic.withUnsafeBytes { String(decoding: $0.prefix(200), as: UTF8.self) }
            logger.warning("\(broker): a message on \(name) was refused: \(reason)")
        }

        /// The filter without `$share/<group>/` (OASIS MQTT 5.0, 4.8.2): topics are matched by what follows.
        private static func unshared(_ filter: String) -> String {
            guard filter.hasPrefix("$share/") else { return filter }
            return filter.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false).dropFirst(2).joined()
        }
    }
}

extension RecordProperties {
    /// What an MQTT 5 PUBLISH carried; nil where it is nothing.
    init?(_ properties: MQTTProperties) {
        self.init(
            contentType: properties.contentType,
            userProperties: properties.userProperties.map { UserProperty(name: $0.name, value: $0.value) },
            messageExpirySeconds: properties.messageExpirySeconds, responseTopic: properties.responseTopic,
            correlationData: properties.correlationData, isPayloadUTF8: properties.isPayloadUTF8)
        if isEmpty { return nil }
    }
}
