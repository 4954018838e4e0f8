import MQTTTransport
import Records
import Uplinks

extension MQTTDestination {
    /// Brokers that others run, whose limits and logins are known, so that a user needs what the portal shows and
    /// nothing else.
    public enum Preset: String, Hashable, Sendable, CaseIterable {
        /// Solace PubSub+, in its cloud or anywhere.
        case solace
        /// The MQTT broker of an Azure Event Grid namespace.
        case eventGrid = "event-grid"
        /// HiveMQ Cloud.
        case hivemq
        /// EMQX Cloud.
        case emqx
        /// AWS IoT Core.
        case awsIoT = "aws-iot"
    }

    /// What such a broker takes. Where MQTT 5 lets it say something else, that counts.
    public struct ServiceLimits: Hashable, Sendable {
        /// Bytes of a PUBLISH; nil: more than any of ours.
        public var messageMax: ByteCount?
        /// Topics; the connection is ended over others.
        public var topic = TopicLimits()
        /// Bytes of a client id.
        public var clientIDSizeMax = 256
        /// PUBLISH packets a second of one client; nil: as the plan says.
        public var messagesPerSecond: Int?
        /// Bytes a second of one client; nil: as the plan says.
        public var bytesPerSecond: Int?
        /// Bytes of a message of many records, unless said otherwise.
        public var batchSize = BatchLimits().sizeMax
    }
}

extension MQTTDestination.Preset {
    /// The documented limits: AWS IoT Core's quotas and the rules of its SDKs, those of Event Grid namespaces, Solace's
    /// topic syntax, and EMQX Cloud's Serverless deployments.
    public var limits: MQTTDestination.ServiceLimits {
        var limits = MQTTDestination.ServiceLimits()
        switch self {
        case .solace:
            limits.topic = TopicLimits(sizeMax: 250, levelsMax: 128)
        case .eventGrid:
            limits.messageMax = .kibibytes(512)
            limits.topic = TopicLimits(sizeMax: 256, levelsMax: 8)
            limits.clientIDSizeMax = 128
            limits.messagesPerSecond = 1000
            limits.bytesPerSecond = 1 << 20
            // No more than 64 KiB may be on the way unconfirmed.
            limits.batchSize = .kibibytes(48)
        case .hivemq: break
        case .emqx:
            limits.messageMax = .mebibytes(1)
            limits.topic.levelsMax = 128
        case .awsIoT:
            limits.messageMax = .kibibytes(128)
            limits.topic = TopicLimits(sizeMax: 256, levelsMax: 8, freePrefix: "$aws/rules/")
            limits.clientIDSizeMax = 128
            limits.messagesPerSecond = 100
            limits.bytesPerSecond = 512 << 10
        }
        return limits
    }

    /// Whether it can be reached with TLS only.
    var needsTLS: Bool { self != .solace }

    /// Whether a user name and a password can stand for a certificate.
    var takesPassword: Bool { self != .eventGrid }

    /// What the portal shows of who we are, in words.
    var loginAdvice: String {
        switch self {
        case .solace: "Solace needs \"username\" and \"password_file\", or tls.certificate and tls.key"
        case .eventGrid: "Event Grid needs the client's tls.certificate and tls.key"
        case .hivemq: "HiveMQ Cloud needs \"username\" and \"password_file\", or tls.certificate and tls.key"
        case .emqx: "EMQX Cloud needs \"username\" and \"password_file\""
        case .awsIoT: "AWS IoT Core needs the thing's tls.certificate and tls.key"
        }
    }
}

extension MQTTDestination {
    /// What topics may be there.
    public var topicLimits: TopicLimits { preset?.limits.topic ?? TopicLimits() }

    /// What is announced by ALPN: AWS IoT Core has MQTT behind port 443 only for those who do.
    var applicationProtocol: String? {
        guard preset == .awsIoT, broker.address.port == 443 else { return nil }
        // The first is for certificates, the second for the user names of custom authorizers.
        return broker.tls?.certificateFile != nil ? "x-amzn-mqtt-ca" : "mqtt"
    }
}
