/// What a subscriber remembers from one connection to the next: its subscriptions, and what it has counted.
final class SubscriberSession {
    private let subscriptions: [(subscription: MQTTSubscription, filter: MQTTTopicFilter)]
    private let version: MQTTConfiguration.ProtocolVersion
    private let report: (SubscriberLoop.Report) -> Void

    var counters = MQTTSubscriber.Counters()
    private(set) var isConnected = false
    private(set) var isFirst = true
    /// Whether the broker has granted every subscription in the present session.
    private(set) var isSubscribed = false
    /// Whether the subscriptions were made, or are being made, in a session that did not exist before.
    private var isNew = false
    private var unanswered: [Int32: MQTTSubscription] = [:]
    private var isEveryOneGranted = true

    init(
        subscriptions: [MQTTSubscription], version: MQTTConfiguration.ProtocolVersion,
        report: @escaping (SubscriberLoop.Report) -> Void
    ) {
        self.subscriptions = subscriptions.compactMap { subscription in
            MQTTTopicFilter(subscription.filter).map { (subscription, $0) }
        }
        self.version = version
        self.report = report
    }

    /// Takes note of a CONNACK with success and gives the event that tells of it.
    func began(isSessionPresent: Bool) -> MQTTConnectionEvent {
        if !isSessionPresent {
            isSubscribed = false
            isNew = true
        } else if isSubscribed {
            isNew = false
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

    /// Whether a retained message on `topic` is wanted. In MQTT 5 the broker has been told and decides by itself.
    func takesRetained(topic: UnsafeBufferPointer<UInt8>) -> Bool {
        guard version == .v311 else { return true }
        return subscriptions.contains { subscription, filter in
            switch subscription.retained {
            case .ignore: false
            case .once: isNew && filter.matches(topic: topic)
            case .always: filter.matches(topic: topic)
            }
        }
    }
}
