import Records

/// What a delivered event speaks of, read from its CloudEvents `id` alone.
public enum DeliveredIdentity: Hashable, Sendable, CustomStringConvertible {
    /// One record.
    case record(RecordIdentity)
    /// Word that records are gone.
    case loss(LossIdentity)

    /// Reads `<gateway>/<stream>/<epoch>/<sequence>` or `<gateway>/<stream>/<epoch>/<first>-<last>`.
    public init?(_ text: String) {
        if let record = RecordIdentity(text) {
            self = .record(record)
        } else if let loss = LossIdentity(text) {
            self = .loss(loss)
        } else {
            return nil
        }
    }

    /// The text form, as in the `id`.
    public var description: String {
        switch self {
        case .record(let identity): identity.description
        case .loss(let identity): identity.description
        }
    }
}

/// What names one lost range in the whole fleet: the identity of its first record with the last sequence number
/// behind it.
public struct LossIdentity: Hashable, Sendable, CustomStringConvertible {
    /// Whose records they were.
    public let gateway: GatewayID
    /// The stream that lost them.
    public let stream: StreamName
    /// The epoch of the stream's log.
    public let epoch: Epoch
    /// First record that is gone.
    public let first: SequenceNumber
    /// Last record that is gone.
    public let last: SequenceNumber

    /// The identity of a range of one log.
    public init(gateway: GatewayID, stream: StreamName, epoch: Epoch, first: SequenceNumber, last: SequenceNumber) {
        precondition(first <= last, "a range does not end before it begins")
        self.gateway = gateway
        self.stream = stream
        self.epoch = epoch
        self.first = first
        self.last = last
    }

    /// The identity of what a log has lost.
    public init(gateway: GatewayID, loss: LostRange) {
        self.init(gateway: gateway, stream: loss.stream, epoch: loss.epoch, first: loss.first, last: loss.last)
    }

    /// Reads `<gateway>/<stream>/<epoch>/<first>-<last>`.
    public init?(_ text: String) {
        guard let dash = text.lastIndex(of: "-"), let head = RecordIdentity(String(text[..<dash])),
            let last = UInt64(text[text.index(after: dash)...]), last >= head.position.sequence.rawValue
        else { return nil }
        self.init(
            gateway: head.gateway, stream: head.stream, epoch: head.position.epoch, first: head.position.sequence,
            last: SequenceNumber(last))
    }

    /// `<gateway>/<stream>/<epoch>/<first>-<last>`, the CloudEvents `id`.
    public var description: String { "\(gateway)/\(stream)/\(epoch)/\(first)-\(last)" }
}
