import Records

/// Turns payloads into metrics, by the rules for values in docs/formats.md.
struct SparkplugReadings: Sendable {
    private var values = PayloadValues()
    private var forms = PayloadForms()

    mutating func metrics(of record: Record, isHistorical: Bool) -> [SparkplugMetric] {
        let properties = record.properties
        let received = record.time.wallMilliseconds
        values.read(
            record.payload, media: forms.mediaType(of: properties), contentType: properties?.contentType,
            receivedMilliseconds: received)
        guard !values.values.isEmpty else {
            let value: SparkplugMetric.Value =
                forms.form(of: record.payload, properties) == .binary
                ? .bytes(Array(record.payload)) : .string(String(decoding: record.payload, as: UTF8.self))
            return [
                SparkplugMetric(name: "payload", value: value, milliseconds: received, isHistorical: isHistorical)
            ]
        }
        let text = record.payload.span
        return values.values.map { value in
            let own = values.names[value.ownName]
            return SparkplugMetric(
                name: own.isEmpty ? "value" : String(decoding: own, as: UTF8.self),
                value: Self.value(value, text, values.bytes),
                milliseconds: value.seconds.map { Int64(($0 * 1000).rounded()) } ?? received,
                isHistorical: isHistorical, unit: value.unit.map { JSONText.unescape(text.extracting($0)) })
        }
    }

    private static func value(
        _ value: PayloadValues.Value, _ text: Span<UInt8>, _ bytes: [[UInt8]]
    ) -> SparkplugMetric.Value {
        switch value.content {
        case .number(let range): .double(JSONText.number(text, range))
        case .sum(let number): .double(number)
        case .string(let range): .string(JSONText.unescape(text.extracting(range)))
        case .literal(let range):
            .string(text.extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) })
        case .boolean(let boolean): .boolean(boolean)
        case .bytes(let index): .bytes(bytes[index])
        }
    }
}
