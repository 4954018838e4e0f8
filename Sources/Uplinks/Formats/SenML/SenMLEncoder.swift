import Records

/// Writes records, and word of losses, as one SenML pack in JSON (RFC 8428, section 5); see docs/formats.md.
///
/// The two encoders are types of their own, not one generic one, because only so the compiler makes them fast: behind
/// `any BatchEncoder` it does not know what a generic one writes.
public struct SenMLJSONEncoder: BatchEncoder {
    private var records: SenMLRecords<SenMLJSONWriter>

    /// - Parameter capacity: bytes to reserve.
    public init(reservingCapacity capacity: Int = 0) {
        records = SenMLRecords(writer: SenMLJSONWriter(reservingCapacity: capacity))
    }

    /// `application/senml+json`
    public var contentType: String { SenMLJSONWriter.contentType }
    /// The pack of the last call.
    public var bytes: [UInt8] { records.bytes }
    /// Names, times and what stands between values.
    public static func sizeEstimate(of record: Record) -> Int { SenMLRecords<SenMLJSONWriter>.sizeEstimate(of: record) }
    /// Writes a pack of some records of a batch.
    public mutating func encode(_ records: ArraySlice<Record>, of batch: RecordBatch) {
        self.records.encode(records, of: batch)
    }
    /// Writes a pack of two readings that say what was lost.
    public mutating func encode(_ loss: LostRange, of gateway: GatewayID) { records.encode(loss, of: gateway) }
}

/// Writes records, and word of losses, as one SenML pack in CBOR (RFC 8428, section 6); see docs/formats.md.
public struct SenMLCBOREncoder: BatchEncoder {
    private var records: SenMLRecords<SenMLCBORWriter>

    /// - Parameter capacity: bytes to reserve.
    public init(reservingCapacity capacity: Int = 0) {
        records = SenMLRecords(writer: SenMLCBORWriter(reservingCapacity: capacity))
    }

    /// `application/senml+cbor`
    public var contentType: String { SenMLCBORWriter.contentType }
    /// The pack of the last call.
    public var bytes: [UInt8] { records.bytes }
    /// As in JSON, which takes a little more.
    public static func sizeEstimate(of record: Record) -> Int { SenMLRecords<SenMLCBORWriter>.sizeEstimate(of: record) }
    /// Writes a pack of some records of a batch.
    public mutating func encode(_ records: ArraySlice<Record>, of batch: RecordBatch) {
        self.records.encode(records, of: batch)
    }
    /// Writes a pack of two readings that say what was lost.
    public mutating func encode(_ loss: LostRange, of gateway: GatewayID) { records.encode(loss, of: gateway) }
}
