import Records
import Uplinks

/// `[uplinks.NAME]`: a destination that records are forwarded to, and what is the same for every kind of it.
public struct UplinkConfiguration: Equatable, Sendable {
    /// The name; keys the cursors.
    public var name: UplinkName
    /// Where the records go, and in which form.
    public var destination: Destination
    /// The streams that are forwarded, at least one, each once.
    public var streams: [StreamName]
    /// In which order each stream is sent; oldest first where it is not named.
    public var orders: [StreamName: DeliveryOrder] = [:]
    /// A record that has waited for longer belongs to a backlog.
    public var backlogAfter = Duration.seconds(10)
    /// Per cent of the link that a backlog has beside what is new, if both need it.
    public var backlogShare = 25
    /// What is left out, so that a thin link carries what matters; the first rule that matches a topic decides.
    public var filters: [FilterRule] = []
    /// What the link may carry, and when.
    public var link = LinkConfiguration()
    /// First wait between attempts; it doubles, with full jitter.
    public var retryMin = Duration.milliseconds(500)
    /// Longest wait between attempts.
    public var retryMax = Duration.seconds(60)

    /// An uplink with the defaults for the rest.
    public init(name: UplinkName, destination: Destination, streams: [StreamName]) {
        self.name = name
        self.destination = destination
        self.streams = streams
    }
}

/// The kinds of destination; the scheme of an uplink's `url` says which it is.
public enum Destination: Equatable, Sendable {
    /// A broker: `mqtt://`, `mqtts://`.
    case mqtt(MQTTDestination)
    /// A Kafka cluster: `kafka://`, `kafkas://`.
    case kafka(KafkaDestination)
    /// An HTTP endpoint: `http://`, `https://`.
    case http(HTTPDestination)

    /// The broker; nil where it is none.
    public var mqtt: MQTTDestination? {
        switch self {
        case .mqtt(let destination): destination
        case .kafka, .http: nil
        }
    }
}
