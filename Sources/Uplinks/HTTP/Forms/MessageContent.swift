import Records

/// What the messages of an event stream hold, where a request carries many messages.
public enum MessageContent: Sendable {
    /// One message for each record, the payload as it came, identity as attributes beside it.
    case records
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
    private var content: MessageContent
    private var binary: BinaryAttributes
    private let prefix: String

    /// - Parameter prefix: what stands before the name of an attribute.
    init(_ content: MessageContent, gateway: GatewayID, prefix: String) {
        self.content = content
        self.prefix = prefix
        binary = BinaryAttributes(gateway: gateway, prefix: prefix)
    }

    /// Whether each record is a message of its own.
    var isPerRecord: Bool { if case .records = content { true } else { false } }

    /// Bytes of payload that a record takes.
    func sizeEstimate(of record: Record) -> Int {
        switch content {
        case .records: record.payload.count
        case .batch(let encoder): encoder.sizeEstimate(of: record)
        }
    }

    /// Makes the message of some records: of one, where ``isPerRecord``.
    mutating func make(_ records: ArraySlice<Record>, of batch: RecordBatch) {
        attributes.removeAll()
        switch content {
        case .records:
            guard let record = records.first else { return }
            payload = record.payload
            contentType = record.properties?.contentType
            binary.append(record, of: batch, to: &attributes)
            if let pairs = record.properties?.userProperties, !pairs.isEmpty {
                attributes.append(Array((prefix + "userproperties").utf8), CloudEventsEncoder.text(of: pairs))
            }
        case .batch(var encoder):
            // Let go of the value in `content`, so that the encoder's storage is used again and not copied.
            content = .records
            encoder.encode(records, of: batch)
            payload = encoder.bytes[...]
            contentType = encoder.contentType
            content = .batch(encoder)
        }
    }

    /// Makes the message that tells of a loss.
    mutating func make(_ loss: LostRange, of gateway: GatewayID) {
        attributes.removeAll()
        switch content {
        case .records:
            payload = BinaryAttributes.data(of: loss)[...]
            contentType = "application/json"
            binary.append(loss, to: &attributes)
        case .batch(var encoder):
            encoder.encode(loss, of: gateway)
            payload = encoder.bytes[...]
            contentType = encoder.contentType
        }
    }
}
