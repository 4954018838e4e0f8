/// The forms in which many records travel together.
public enum BatchFormat: String, Hashable, Sendable, CaseIterable {
    /// CloudEvents 1.0 in the JSON Batch Format.
    case cloudevents
    /// Flat objects in JSON.
    case json
    /// SenML (RFC 8428) in JSON.
    case senml
    /// SenML in CBOR.
    case senmlCBOR = "senml-cbor"
    /// InfluxDB's line protocol.
    case influx

    /// An encoder with a buffer of its own.
    ///
    /// - Parameter capacity: bytes to reserve for it.
    public func makeEncoder(reservingCapacity capacity: Int = 0) -> any BatchEncoder {
        switch self {
        case .cloudevents: CloudEventsEncoder(reservingCapacity: capacity)
        case .json: FlatJSONEncoder(reservingCapacity: capacity)
        case .senml: SenMLJSONEncoder(reservingCapacity: capacity)
        case .senmlCBOR: SenMLCBOREncoder(reservingCapacity: capacity)
        case .influx: LineProtocolEncoder(reservingCapacity: capacity)
        }
    }
}
