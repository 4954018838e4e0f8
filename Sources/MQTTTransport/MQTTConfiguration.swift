import Records

/// How to reach one MQTT broker.
public struct MQTTConfiguration: Sendable {
    /// The protocol version spoken.
    public enum ProtocolVersion: Sendable {
        /// OASIS MQTT 5.0. The default: only it has a Receive Maximum, properties and reason codes.
        case v5
        /// OASIS MQTT 3.1.1.
        case v311
    }

    /// What the broker publishes when the connection dies without a DISCONNECT (MQTT 5.0, 3.1.2.5).
    public struct Will: Equatable, Sendable {
        /// Without wildcards.
        public var topic: String
        /// At most 65,535 bytes.
        public var payload: [UInt8]
        /// Whether the broker keeps it for those who subscribe later.
        public var isRetained: Bool
        /// How long we may be away before the broker publishes it (MQTT 5 only): a short interruption is no death. A
        /// publisher's session is kept for so long.
        public var delay: Duration

        /// A will at QoS 1.
        public init(topic: String, payload: [UInt8], isRetained: Bool, delay: Duration = .seconds(30)) {
            self.topic = topic
            self.payload = payload
            self.isRetained = isRetained
            self.delay = delay
        }
    }

    /// Host name or address; with TLS the name that the server's certificate must show.
    public var host: String
    /// 1883 for MQTT, 8883 for MQTT over TLS, unless said otherwise.
    public var port: UInt16
    /// Stable over restarts: the broker keeps the session under it.
    public var clientID: String
    /// The protocol version to speak; there is no falling back.
    public var version = ProtocolVersion.v5
    /// Nil: no name is sent.
    public var username: String?
    /// Never shown in a message or a description.
    public var password: String?
    /// Gives the password anew before each attempt to connect, so that one that was replaced is used by the next; where
    /// it throws, the attempt has failed. Nil: ``password``, always.
    public var passwordSource: (@Sendable () throws -> String)?
    /// Transport Layer Security, 1.2 or later, and the server's name is always verified. Nil: plain TCP.
    public var tls: TLSFiles?
    /// The protocol that TLS announces by ALPN (RFC 7301), for servers that have several behind one port; nil: none.
    public var applicationProtocol: String?
    /// Nil: no last will.
    public var will: Will?
    /// 30 s or more: a slow commit must not look like a dead client.
    public var keepAlive = Duration.seconds(60)
    /// How long the broker keeps the session of a client that is away (MQTT 5 only; 3.1.1 keeps it for ever).
    public var sessionExpiry = Duration.seconds(7 * 24 * 3600)
    /// Unacknowledged QoS 1 messages that the broker may have on the way to us (MQTT 5 Receive Maximum).
    public var receiveMaximum: UInt16 = 2000
    /// Bytes of PUBACKs that a broker may leave unread before a subscriber reads no further; what its own kernel holds
    /// for it comes on top. A broker under load reads far fewer PUBACKs than it sends messages, whatever the Receive
    /// Maximum says (mosquitto 2.0), and sends again at the next connection what it has not seen acknowledged. The
    /// default stands for some 260,000 messages, which mosquitto reads in the time that ``MQTTSubscriber/stop()`` has;
    /// a smaller one holds up what is taken in.
    public var acknowledgementsUnreadMax = 1 << 20
    /// Bytes of the largest packet that we take (MQTT 5 Maximum Packet Size).
    public var packetSizeMax: UInt32 = 2 << 20
    /// Bytes of the largest packet that the server takes, where that is known beforehand: in MQTT 3.1.1 it cannot say
    /// so, and ends the connection over a larger one. Nil: what it says in MQTT 5.
    public var publishSizeMax: UInt32?
    /// How long a connection attempt may take, DNS and TLS included.
    public var connectTimeout = Duration.seconds(15)
    /// First and longest wait between attempts to connect; the wait in between doubles, with full jitter.
    public var reconnectDelayMin = Duration.milliseconds(500)
    /// The longest wait; see ``reconnectDelayMin``.
    public var reconnectDelayMax = Duration.seconds(60)

    /// Everything else has its default.
    public init(host: String, port: UInt16, clientID: String) {
        self.host = host
        self.port = port
        self.clientID = clientID
    }
}

/// What happens to the connection; each is worth one line in the log and a place in the status.
public enum MQTTConnectionEvent: Sendable, Equatable {
    /// CONNACK with success. `isSessionPresent` false after an earlier session means that the broker has forgotten what
    /// it held for us: possible loss, to be recorded.
    case connected(isSessionPresent: Bool, isFirst: Bool)
    /// The connection ended, or an attempt failed, and another follows after `retryIn`.
    case disconnected(reason: String, retryIn: Duration)
    /// SUBACK with a failure code: nothing will arrive for this filter (MQTT 5.0, 3.9.3).
    case subscriptionRefused(filter: String, reason: String)
    /// SUBACK granted less than asked: deliveries for this filter are not acknowledged.
    case subscriptionDowngraded(filter: String, grantedQoS: Int)
    /// The session has subscriptions that are not wanted any more, and they are being ended: what comes from now on may
    /// be theirs.
    case leftover(filters: [String])
    /// A subscription that was not wanted any more has ended. libmosquitto 2.0 keeps the reason codes of UNSUBACK to
    /// itself, so a broker that refuses to end one is not told from one that does.
    case unsubscribed(filter: String)
    /// A subscription that is not wanted any more could not be ended; it is tried again over the next connection.
    case unsubscriptionFailed(filter: String, reason: String)
    /// The broker ended the session because another client took our id (reason 0x8E).
    case sessionTakenOver
    /// A PUBLISH was larger than ``MQTTConfiguration/packetSizeMax`` or otherwise refused by us.
    case messageRefused(topic: String, reason: String)
}
