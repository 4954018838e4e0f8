/// What a subscriber remembers from one connection to the next: its subscriptions, what the broker's session has of
/// them and beside them, and what it has counted.
final class SubscriberSession {
    private let subscriptions: [(subscription: MQTTSubscription, filter: MQTTTopicFilter)]
    private let version: MQTTConfiguration.ProtocolVersion
    private let report: (SubscriberLoop.Report) -> Void

    var counters = MQTTSubscriber.Counters()
    private(set) var isConnected = false
    private(set) var isFirst = true
    /// Whether the broker has granted every subscription in the present session.
    private(set) var isSubscribed = false
    /// Filters that the session did not have before it was asked for them.
    private var fresh: Set<String> = []
    private var unanswered: [Int32: MQTTSubscription] = [:]
    private var isEveryOneGranted = true
    private let memory: (any MQTTSubscriptionMemory)?
    /// Filters that the broker's session may have.
    private var held: Set<String>
    /// UNSUBSCRIBEs without an answer.
    private var ending: [Int32: String] = [:]

    init(
        subscriptions: [MQTTSubscription], version: MQTTConfiguration.ProtocolVersion,
        memory: (any MQTTSubscriptionMemory)? = nil, report: @escaping (SubscriberLoop.Report) -> Void
    ) {
        self.memory = memory
        held = memory?.filters ?? []
        self.subscriptions = subscriptions.compactMap { subscription in
            MQTTTopicFilter(subscription.filter).map { (subscription, $0) }
        }
        self.version = version
        self.report = report
    }

    /// Takes note of a CONNACK with success and gives the event that tells of it.
    func began(isSessionPresent: Bool) -> MQTTConnectionEvent {
        if !isSessionPresent {
            held = []
            isSubscribed = false
        } else if isSubscribed {
            fresh = []
        } else if isFirst, memory == nil {
            held = wanted
        }
        let event = MQTTConnectionEvent.connected(isSessionPresent: isSessionPresent, isFirst: isFirst)
        if !isFirst { counters.reconnects += 1 }
        isFirst = false
        isConnected = true
        publish()
        return event
    }

    /// The connection is gone.
    func ended() {
        isConnected = false
        unanswered = [:]
        ending = [:]
        publish()
    }

    /// Makes the counters visible outside.
    func publish() {
        report(
            SubscriberLoop.Report(counters: counters, isConnected: isConnected, isSubscribed: isSubscribed))
    }

    /// Subscribes through `handle` where the session has no complete subscriptions yet.
    ///
    /// - Returns: what could not be asked for.
    func subscribe(through handle: MosquittoHandle) -> [MQTTConnectionEvent] {
        guard !isSubscribed else { return [] }
        fresh.formUnion(wanted.subtracting(held))
        // Before they are asked for: what is not remembered could never be ended.
        hold(held.union(wanted))
        isEveryOneGranted = true
        var events: [MQTTConnectionEvent] = []
        for (subscription, _) in subscriptions {
            switch handle.subscribe(subscription) {
            case .success(let packetID):
                unanswered[packetID] = subscription
            case .failure(let code):
                isEveryOneGranted = false
                events.append(.subscriptionRefused(filter: subscription.filter, reason: code.text))
            }
        }
        if unanswered.isEmpty {
            isSubscribed = isEveryOneGranted
            publish()
        }
        return events
    }

    /// Takes note of a SUBACK; gives what must be told about it.
    func granted(packetID: Int32, codes: [Int32]) -> MQTTConnectionEvent? {
        guard let subscription = unanswered.removeValue(forKey: packetID) else { return nil }
        let code = codes.first ?? 0x80
        defer {
            isSubscribed = unanswered.isEmpty && isEveryOneGranted
            publish()
        }
        if code >= 0x80 {
            isEveryOneGranted = false
            let reason = version == .v5 ? MosquittoCode.reasonText(code) : "refused by the broker (0x80)"
            return .subscriptionRefused(filter: subscription.filter, reason: reason)
        }
        guard code < 1 else { return nil }
        return .subscriptionDowngraded(filter: subscription.filter, grantedQoS: Int(code))
    }

    // MARK: Ending subscriptions

    private var wanted: Set<String> { Set(subscriptions.map(\.filter.text)) }

    /// Filters that the session may have and that are not wanted.
    var leftovers: Set<String> { held.subtracting(wanted) }

    /// Whether UNSUBSCRIBEs wait for their answers.
    var isEnding: Bool { !ending.isEmpty }

    /// Ends what is not wanted any more, behind ``subscribe(through:)``: a topic of both an old and a new filter is
    /// covered all the time.
    ///
    /// - Returns: what could not be asked for.
    func endLeftovers(through handle: MosquittoHandle) -> [MQTTConnectionEvent] { end(leftovers, through: handle) }

    /// Ends all subscriptions, because nobody is going to read the session.
    ///
    /// - Returns: what could not be asked for.
    func endAll(through handle: MosquittoHandle) -> [MQTTConnectionEvent] {
        end(held.subtracting(ending.values), through: handle)
    }

    /// Takes note of an UNSUBACK; gives what must be told about it.
    func unsubscribed(packetID: Int32) -> MQTTConnectionEvent? {
        guard let filter = ending.removeValue(forKey: packetID) else { return nil }
        hold(held.subtracting([filter]))
        return .unsubscribed(filter: filter)
    }

    private func end(_ filters: Set<String>, through handle: MosquittoHandle) -> [MQTTConnectionEvent] {
        filters.sorted().compactMap { filter in
            switch handle.unsubscribe(filter) {
            case .success(let packetID):
                ending[packetID] = filter
                return nil
            case .failure(let code): return .unsubscriptionFailed(filter: filter, reason: code.text)
            }
        }
    }

    private func hold(_ filters: Set<String>) {
        let isKnown = held == filters && memory?.filters == filters
        held = filters
        if !isKnown { memory?.remember(filters) }
    }

    // MARK: Retained messages

    /// Whether a retained message on `topic` is wanted. In MQTT 5 the broker has been told and decides by itself.
    func takesRetained(topic: UnsafeBufferPointer<UInt8>) -> Bool {
        guard version == .v311 else { return true }
        return subscriptions.contains { subscription, filter in
            switch subscription.retained {
            case .ignore: false
            case .once: fresh.contains(filter.text) && filter.matches(topic: topic)
            case .always: filter.matches(topic: topic)
            }
        }
    }
}
