/// One SUBSCRIBE entry. Always QoS 1: QoS 2 cannot be received crash-safe through libmosquitto.
public struct MQTTSubscription: Sendable, Equatable {
    /// What to do with the retained messages that a broker sends at a subscription.
    public enum Retained: Sendable {
        /// Do not take them (MQTT 5 Retain Handling 2; dropped on arrival in 3.1.1).
        case ignore
        /// Take them when the subscription is new (Retain Handling 1). In 3.1.1 when the session is new.
        case once
        /// Take them at each subscription (Retain Handling 0).
        case always
    }

    /// What to receive (MQTT 5.0, 4.7).
    public var filter: String
    /// What to do with retained messages.
    public var retained: Retained
    /// No Local (MQTT 5.0, 3.8.3.1): do not send us what we published ourselves.
    public var isNoLocal: Bool
    /// Retain As Published (MQTT 5.0, 3.8.3.1): the retain flag is what the sender gave. Otherwise it marks what the
    /// broker had kept, an old value.
    public var isRetainAsPublished: Bool

    /// With the safe defaults for a gateway.
    public init(
        filter: String, retained: Retained = .once, isNoLocal: Bool = true, isRetainAsPublished: Bool = false
    ) {
        self.filter = filter
        self.retained = retained
        self.isNoLocal = isNoLocal
        self.isRetainAsPublished = isRetainAsPublished
    }
}
