/// MQTT 5 properties of a PUBLISH (OASIS MQTT 5.0, 3.3.2.3).
public struct MQTTProperties: Sendable, Equatable {
    /// A name and a value; names may repeat and order is kept.
    public struct UserProperty: Sendable, Equatable {
        /// UTF-8, without U+0000 and control characters.
        public var name: String
        /// UTF-8, without U+0000 and control characters.
        public var value: String

        /// One pair.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Payload Format Indicator: the payload is text in UTF-8.
    public var isPayloadUTF8: Bool
    /// Message Expiry Interval: when a broker may drop it.
    public var messageExpirySeconds: UInt32?
    /// Content Type, usually a MIME type.
    public var contentType: String?
    /// Topic for an answer.
    public var responseTopic: String?
    /// Says to the asker which question an answer belongs to; at most 65,535 bytes.
    public var correlationData: [UInt8]?
    /// In the order in which they were sent.
    public var userProperties: [UserProperty]

    /// No properties unless said otherwise.
    public init(
        isPayloadUTF8: Bool = false, messageExpirySeconds: UInt32? = nil, contentType: String? = nil,
        responseTopic: String? = nil, correlationData: [UInt8]? = nil, userProperties: [UserProperty] = []
    ) {
        self.isPayloadUTF8 = isPayloadUTF8
        self.messageExpirySeconds = messageExpirySeconds
        self.contentType = contentType
        self.responseTopic = responseTopic
        self.correlationData = correlationData
        self.userProperties = userProperties
    }
}

/// A message to publish at QoS 1.
public struct MQTTMessage: Equatable, Sendable {
    /// Without wildcards (MQTT 5.0, 4.7).
    public var topic: String
    /// Any bytes, also none.
    public var payload: ArraySlice<UInt8>
    /// Whether the broker keeps it for those who subscribe later.
    public var isRetained: Bool
    /// Left out when the connection speaks 3.1.1.
    public var properties: MQTTProperties?

    /// Not retained and without properties unless said otherwise.
    public init(
        topic: String, payload: ArraySlice<UInt8>, isRetained: Bool = false, properties: MQTTProperties? = nil
    ) {
        self.topic = topic
        self.payload = payload
        self.isRetained = isRetained
        self.properties = properties
    }
}

/// How far a sequence of messages got.
public struct PublishReport: Sendable, Equatable {
    /// Why it went no further.
    public enum Ending: Sendable, Equatable {
        /// All messages were confirmed.
        case complete
        /// The connection is down, or was lost on the way; nobody knows what became of the unconfirmed ones.
        case disconnected(reason: String)
        /// There is no connection, and without a person there will be none: a wrong password, a bad certificate.
        case barred(reason: String)
        /// The server has ended the connection by itself while messages were on their way: it may have gone down, or
        /// taken offence at one of them.
        case dropped(reason: String)
        /// The first unconfirmed message was answered with a failure reason (MQTT 5.0, 3.4.2.1), >= 0x80.
        case refused(reasonCode: UInt8, reason: String)
        /// The first unconfirmed message is larger than the server's Maximum Packet Size, or cannot be encoded.
        case unsendable(reason: String)
        /// No PUBACK came within the acknowledgement timeout; the connection was dropped.
        case timedOut
        /// All messages that there were are confirmed; the caller had no more of them.
        case exhausted
    }

    /// How many messages, counted from the first, were confirmed by a PUBACK with a success reason, without a hole.
    public var confirmed: Int
    /// Why the count is what it is.
    public var ending: Ending

    /// A report.
    public init(confirmed: Int, ending: Ending) {
        self.confirmed = confirmed
        self.ending = ending
    }
}
