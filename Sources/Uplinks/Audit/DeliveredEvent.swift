import Records

/// One event as a consumer at the centre reads it.
public enum DeliveredEvent: Hashable, Sendable {
    case record(DeliveredRecord)
    case loss(DeliveredLoss)

    /// What it speaks of.
    public var identity: DeliveredIdentity {
        switch self {
        case .record(let record): .record(record.identity)
        case .loss(let loss): .loss(loss.identity)
        }
    }
}

/// A record as it arrived at the centre.
public struct DeliveredRecord: Hashable, Sendable {
    /// Which record it is.
    public let identity: RecordIdentity
    /// The topic that it had come on at the gateway.
    public let topic: String
    /// The bytes as the gateway had got them. A JSON payload that travelled inside a JSON event has lost the white
    /// space around it.
    public let payload: [UInt8]
    /// MIME type of the payload.
    public let contentType: String?
    /// When the gateway received it, milliseconds since 1970.
    public let milliseconds: Int64
    /// How far that time can be trusted.
    public let timeQuality: RecordTime.Quality
    /// Whether the shop floor's broker sent it as a retained message.
    public let isRetained: Bool
    /// The device of a serial reading.
    public let device: String?
}

/// Word of a loss as it arrived at the centre.
public struct DeliveredLoss: Hashable, Sendable {
    /// Which records are gone.
    public let identity: LossIdentity
    /// The JSON object with stream, epoch, first, last, records, bytes, reason and time.
    public let payload: [UInt8]
    /// When the gateway noticed, milliseconds since 1970.
    public let milliseconds: Int64
}
