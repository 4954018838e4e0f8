import Records

/// Requests whose body is a batch in one of the formats of docs/formats.md: any webhook, Azure Event Grid, InfluxDB.
///
/// Where the url differs from record to record, records of one url share a request.
public struct BatchForm: RequestForm {
    /// What one request may hold.
    public let limits: RequestLimits
    private let url: URLTemplate
    private let fields: HTTPFields
    private let isSingle: Bool
    private var encoder: any BatchEncoder

    /// - Parameters:
    ///   - url: where to; placeholders are filled in.
    ///   - encoder: writes the bodies.
    ///   - fields: sent with each request beside `content-type`, which they may replace.
    ///   - limits: what one request may hold.
    public init(url: URLTemplate, encoder: any BatchEncoder, fields: HTTPFields = [:], limits: RequestLimits) {
        self.init(url: url, encoder: encoder, fields: fields, limits: limits, isSingle: false)
    }

    private init(
        url: URLTemplate, encoder: any BatchEncoder, fields: HTTPFields, limits: RequestLimits, isSingle: Bool
    ) {
        self.url = url
        self.encoder = encoder
        self.fields = fields
        self.limits = limits
        self.isSingle = isSingle
    }

    /// One CloudEvent in each request, in structured mode (HTTP Protocol Binding 1.0.2, section 3.2).
    public static func structured(url: URLTemplate, fields: HTTPFields = [:], limits: RequestLimits) -> BatchForm {
        var limits = limits
        limits.recordsMax = 1
        return BatchForm(
            url: url, encoder: CloudEventsEncoder(), fields: fields, limits: limits, isSingle: true)
    }

    /// What the format says.
    public func sizeEstimate(of record: Record) -> Int { encoder.sizeEstimate(of: record) }

    /// The url, where it differs from record to record.
    public func sharedKey(of record: Record, of batch: RecordBatch) -> String? {
        guard url.isPerRecord else { return nil }
        let url = url.url(for: record, gateway: batch.gateway, stream: batch.stream)
        return url.path + "?" + (url.query ?? "")
    }

    /// A batch of some records.
    public mutating func request(for records: ArraySlice<Record>, of batch: RecordBatch) -> HTTPRequest {
        encoder.encode(records, of: batch)
        return request(to: url.url(for: records.first, gateway: batch.gateway, stream: batch.stream))
    }

    /// A batch of one element, so that a consumer reads one kind of body only.
    public mutating func request(for loss: LostRange, of gateway: GatewayID) -> HTTPRequest {
        encoder.encode(loss, of: gateway)
        return request(to: url.url(for: nil, gateway: gateway, stream: loss.stream))
    }

    private func request(to url: HTTPURL) -> HTTPRequest {
        var request = HTTPRequest(url: url)
        request.fields["content-type"] = isSingle ? CloudEvents.eventContentType : encoder.contentType
        for field in fields.all { request.fields[field.name] = field.value }
        // An array of one without its brackets is the one.
        request.body = isSingle ? Array(encoder.bytes.dropFirst().dropLast()) : encoder.bytes
        return request
    }
}
