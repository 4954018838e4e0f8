import Records

/// Writes many records as one body: of an MQTT message, an HTTP request, a Kafka message. What each format holds is
/// written in docs/formats.md.
///
/// A value is used by one thread at a time and used again, so that its storage is allocated once. Whatever the records
/// hold, the result is well-formed.
public protocol BatchEncoder: Sendable {
    /// MIME type of what it writes.
    var contentType: String { get }
    /// What the last call wrote.
    var bytes: [UInt8] { get }
    /// Bytes that a record will take in the body, as far as that can be told without encoding it: for ordinary payloads
    /// a little more than it does.
    static func sizeEstimate(of record: Record) -> Int
    /// Writes some records of a batch.
    mutating func encode(_ records: ArraySlice<Record>, of batch: RecordBatch)
    /// Writes word of a loss, in the place of the records that are gone.
    mutating func encode(_ loss: LostRange, of gateway: GatewayID)
}

extension BatchEncoder {
    /// The estimate of the type behind `any BatchEncoder`.
    public func sizeEstimate(of record: Record) -> Int { Self.sizeEstimate(of: record) }
}
