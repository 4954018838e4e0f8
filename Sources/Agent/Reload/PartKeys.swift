import MQTTTransport
import Records
import Uplinks

/// What an MQTT source was made from: from something else, another one is made.
struct MQTTSourceKey: Equatable, Sendable {
    let configuration: MQTTSourceConfiguration
    let linger: Duration
    private let files: [FileStamp?]

    init(_ configuration: MQTTSourceConfiguration, linger: Duration) {
        self.configuration = configuration
        self.linger = linger
        files = configuration.broker.stamps
    }

    /// As in the configuration.
    var path: String { "mqtt.\(configuration.name)" }
}

/// What a serial source was made from, profiles included.
struct SerialSourceKey: Equatable, Sendable {
    let configuration: SerialSourceConfiguration

    /// As in the configuration.
    var path: String { "serial.\(configuration.name)" }
}

/// What a forwarder was made from.
struct UplinkKey: Equatable, Sendable {
    let configuration: UplinkConfiguration
    /// Of each stream that it forwards.
    let priorities: [StreamName: Int]
    private let files: [FileStamp?]

    init(_ configuration: UplinkConfiguration, streams: [StreamConfiguration]) {
        self.configuration = configuration
        let forwarded = streams.filter { configuration.streams.contains($0.name) }
        priorities = Dictionary(uniqueKeysWithValues: forwarded.map { ($0.name, $0.priority) })
        switch configuration.destination {
        case .mqtt(let destination): files = destination.broker.stamps
        case .kafka(let destination): files = destination.tls?.stamps ?? []
        case .http(let destination): files = destination.tls.stamps
        }
    }

    /// As in the configuration.
    var path: String { "uplinks.\(configuration.name)" }
}

/// Certificates and keys are read when a connection is made, or once: a part starts anew when they are others.
extension BrokerConfiguration {
    fileprivate var stamps: [FileStamp?] { tls?.stamps ?? [] }
}
