/// One message as it arrived, at its place in the log. The payload is opaque.
public struct Record: Hashable, Sendable {
    /// Position in its stream and epoch.
    public var sequence: SequenceNumber
    /// The MQTT topic it came on, or the topic made for a serial reading.
    public var topic: String
    /// The bytes as they came. A slice of the chunk that was read, so that a batch is one allocation.
    public var payload: ArraySlice<UInt8>
    /// When it was received.
    public var time: RecordTime
    /// Whether the broker sent it as a retained message: an old value, not a new reading (MQTT 5, 3.3.1.3).
    public var isRetained: Bool
    /// What came beside topic and payload; nil where nothing did, which is the usual case.
    public var properties: RecordProperties? {
        get { boxed?.properties }
        set { boxed = newValue.map(Box.init) }
    }

    /// A batch of thousands is an array of these: what is rare takes one word, not twelve.
    private var boxed: Box?

    private final class Box: Hashable, Sendable {
        let properties: RecordProperties

        init(_ properties: RecordProperties) { self.properties = properties }

        static func == (left: Box, right: Box) -> Bool { left.properties == right.properties }
        func hash(into hasher: inout Hasher) { hasher.combine(properties) }
    }

    /// A record at its place.
    public init(
        sequence: SequenceNumber, topic: String, payload: ArraySlice<UInt8>, time: RecordTime,
        isRetained: Bool = false, properties: RecordProperties? = nil
    ) {
        self.sequence = sequence
        self.topic = topic
        self.payload = payload
        self.time = time
        self.isRetained = isRetained
        boxed = properties.map(Box.init)
    }
}

/// What an MQTT 5 PUBLISH carries beside its payload (OASIS MQTT 5.0, 3.3.2.3), and what a serial source knows of its
/// readings.
public struct RecordProperties: Hashable, Sendable {
    /// A name and a value that mean something to the sender and the receiver only. Names may repeat, order is kept.
    public struct UserProperty: Hashable, Sendable {
        /// What the sender calls it.
        public var name: String
        /// What it is.
        public var value: String

        /// A name and its value.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// MIME type of the payload.
    public var contentType: String?
    /// In the order in which they came; names may repeat.
    public var userProperties: [UserProperty]
    /// Seconds after which the message is of no use, counted from when it was received.
    public var messageExpirySeconds: UInt32?
    /// Where an answer is expected (MQTT 5.0, 3.3.2.3.5).
    public var responseTopic: String?
    /// What an answer is to carry (MQTT 5.0, 3.3.2.3.6).
    public var correlationData: [UInt8]?
    /// The sender's word that the payload is UTF-8 text (Payload Format Indicator 1).
    public var isPayloadUTF8: Bool
    /// The device that a serial reading is of.
    public var device: String?
    /// The source's own timestamp, milliseconds since 1970: kept beside the time of receipt, never instead.
    public var sourceMilliseconds: Int64?

    /// Nothing, unless said otherwise.
    public init(
        contentType: String? = nil, userProperties: [UserProperty] = [], messageExpirySeconds: UInt32? = nil,
        responseTopic: String? = nil, correlationData: [UInt8]? = nil, isPayloadUTF8: Bool = false,
        device: String? = nil, sourceMilliseconds: Int64? = nil
    ) {
        self.contentType = contentType
        self.userProperties = userProperties
        self.messageExpirySeconds = messageExpirySeconds
        self.responseTopic = responseTopic
        self.correlationData = correlationData
        self.isPayloadUTF8 = isPayloadUTF8
        self.device = device
        self.sourceMilliseconds = sourceMilliseconds
    }

    /// Whether there is nothing in it.
    public var isEmpty: Bool { self == RecordProperties() }
}
