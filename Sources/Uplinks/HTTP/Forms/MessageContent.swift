import Records

/// What the messages of an event stream hold, where a request carries many messages.
public enum MessageContent: Sendable {
    /// One message for each record, the payload as it came, identity as attributes beside it.
    case records
    /// One message for each record, a CloudEvent in JSON (structured mode): for streams whose messages have nothing
    /// beside their payload.
    case events
    /// One message for all records of a request, in one of the formats of docs/formats.md.
    case batch(any BatchEncoder)
}

/// Makes messages of records: payload, content type and attributes, for the forms that wrap messages in requests.
struct MessageWriter: Sendable {
    /// The payload of the message that was made last.
    private(set) var payload: ArraySlice<UInt8> = []
    /// Its attributes, `content-type` not among them.
    private(set) var attributes = AttributeList()
    /// MIME type of the payload; nil: not known.
    private(set) var contentType: String?
    /// Writes payloads; nil where they are the records' own.
    private var encoder: (any BatchEncoder)?
    /// Whether each record is a message of its own.
    let isPerRecord: Bool
    private var binary: BinaryAttributes
    private let prefix: String

    /// - Parameter prefix: what stands before the name of an attribute.
    init(_ content: MessageContent, gateway: GatewayID, prefix: String) {
        switch content {
        case .records: (encoder, isPerRecord) = (nil, true)
        case .events: (encoder, isPerRecord) = (CloudEventsEncoder(), true)
        case .batch(let encoder): (self.encoder, isPerRecord) = (encoder, false)
        }
        self.prefix = prefix
        binary = BinaryAttributes(gateway: gateway, prefix: prefix)
    }

    /// Bytes of payload that a record takes.
    func sizeEstimate(of record: Record) -> Int { encoder?.sizeEstimate(of: record) ?? record.payload.count }

    /// Makes the message of some records: of one, where ``isPerRecord``.
    mutating func make(_ records: ArraySlice<Record>, of batch: RecordBatch) {
        attributes.removeAll()
        // Nobody else holds the encoder or its text meanwhile, so that its storage is used again and not copied.
        payload = []
        if var encoder = encoder.take() {
            encoder.encode(records, of: batch)
            take(encoder)
            return
        }
        guard let record = records.first else { return }
        payload = record.payload
        contentType = record.properties?.contentType
        binary.append(record, of: batch, to: &attributes)
        if let pairs = record.properties?.userProperties, !pairs.isEmpty {
            attributes.append(Array((prefix + "userproperties").utf8), CloudEventsEncoder.text(of: pairs))
        }
    }

    /// Makes the message that tells of a loss.
    mutating func make(_ loss: LostRange, of gateway: GatewayID) {
        attributes.removeAll()
        if var encoder = encoder.take() {
            encoder.encode(loss, of: gateway)
            take(encoder)
            return
        }
        payload = BinaryAttributes.data(of: loss)[...]
        contentType = "application/json"
        binary.append(loss, to: &attributes)
    }

    /// An array of one event without its brackets is the event.
    private mutating func take(_ encoder: any BatchEncoder) {
        payload = isPerRecord ? encoder.bytes.dropFirst().dropLast() : encoder.bytes[...]
        contentType = isPerRecord ? CloudEvents.eventContentType : encoder.contentType
        self.encoder = encoder
    }
}
