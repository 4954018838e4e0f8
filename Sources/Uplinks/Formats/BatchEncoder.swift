import Records

/// Writes many records as one body: of an MQTT message, an HTTP request, a Kafka message.
///
/// A value is used by one thread at a time and used again, so that its storage is allocated once.
public protocol BatchEncoder: Sendable {
    /// MIME type of what it writes.
    var contentType: String { get }
    /// What the last call wrote.
    var bytes: [UInt8] { get }
    /// Writes some records of a batch.
    mutating func encode(_ records: ArraySlice<Record>, of batch: RecordBatch)
    /// Writes word of a loss, in the place of the records that are gone.
    mutating func encode(_ loss: LostRange, of gateway: GatewayID)
}
