import Records

/// Requests of one record each: the payload is the body as it came, its identity stands in fields.
public struct RecordForm: RequestForm {
    /// Whose fields.
    public enum Style: Hashable, Sendable {
        /// `ce-id`, `ce-source`, … (CloudEvents, HTTP Protocol Binding 1.0.2, section 3.1).
        case cloudEvents
        /// Those of Solace's REST messaging: the same attributes as user properties, persistent delivery.
        case solace

        /// What stands before the name of an attribute.
        var prefix: String { self == .cloudEvents ? "ce-" : "Solace-User-Property-ce-" }
    }

    /// One record, whatever its size.
    public let limits: RequestLimits
    private let url: URLTemplate
    private let style: Style
    private let fields: HTTPFields
    private var attributes: BinaryAttributes
    private var list = AttributeList()
    private var forms = PayloadForms()

    /// - Parameters:
    ///   - url: where to; placeholders are filled in.
    ///   - fields: sent with each request, in the place of those of the same name.
    ///   - sizeMax: bytes of a payload that the destination takes; nil: not known.
    public init(
        url: URLTemplate, style: Style = .cloudEvents, gateway: GatewayID, fields: HTTPFields = [:], sizeMax: Int? = nil
    ) {
        self.url = url
        self.style = style
        self.fields = fields
        limits = RequestLimits(recordsMax: 1, sizeTarget: Limits.payloadSizeMax, sizeMax: sizeMax)
        attributes = BinaryAttributes(gateway: gateway, prefix: style.prefix)
    }

    /// The payload's own.
    public func sizeEstimate(of record: Record) -> Int { record.payload.count }

    /// The payload, and what is known of it.
    public mutating func request(for records: ArraySlice<Record>, of batch: RecordBatch) -> HTTPRequest {
        guard let record = records.first else { preconditionFailure("a request has at least one record") }
        list.removeAll()
        attributes.append(record, of: batch, to: &list)
        if let pairs = record.properties?.userProperties, !pairs.isEmpty {
            list.append(Array((style.prefix + "userproperties").utf8), CloudEventsEncoder.text(of: pairs))
        }
        let url = url.url(for: record, gateway: batch.gateway, stream: batch.stream)
        var request = request(to: url, contentType: contentType(of: record))
        if style == .solace {
            request.fields["Solace-Message-ID"] = "\(batch.identity(of: record))"
            request.fields["Solace-Timestamp"] = "\(record.time.wallMilliseconds)"
            request.fields["Solace-Delivery-Mode"] = "Persistent"
        }
        for field in fields.all { request.fields[field.name] = field.value }
        request.body = Array(record.payload)
        return request
    }

    /// JSON that tells of the loss.
    public mutating func request(for loss: LostRange, of gateway: GatewayID) -> HTTPRequest {
        list.removeAll()
        attributes.append(loss, to: &list)
        let url = url.url(for: nil, gateway: gateway, stream: loss.stream)
        var request = request(to: url, contentType: "application/json")
        if style == .solace {
            request.fields["Solace-Message-ID"] = "\(LossIdentity(gateway: gateway, loss: loss))"
            request.fields["Solace-Delivery-Mode"] = "Persistent"
        }
        for field in fields.all { request.fields[field.name] = field.value }
        request.body = BinaryAttributes.data(of: loss)
        return request
    }

    /// What the status says. Where it speaks of the url or the fields, the record is to blame that they are made of.
    public func verdict(on response: HTTPResponse, recordCount: Int) -> ResponseVerdict {
        switch response.status {
        case 414, 431: .refused(reason: ResponseVerdict.reason(of: response))
        default: ResponseVerdict(status: response)
        }
    }

    private func request(to url: HTTPURL, contentType: String) -> HTTPRequest {
        var request = HTTPRequest(url: url)
        request.fields["content-type"] = contentType
        list.forEach { name, value in
            request.fields.append(String(decoding: name, as: UTF8.self), Self.encode(value))
        }
        return request
    }

    /// What its sender says, else what it is; a field cannot hold what is no plain ASCII.
    private mutating func contentType(of record: Record) -> String {
        if let type = record.properties?.contentType, type.utf8.allSatisfy({ (0x20...0x7E).contains($0) }),
            !type.isEmpty
        {
            return type
        }
        switch forms.form(of: record.payload, record.properties) {
        case .json: return "application/json"
        case .text: return "text/plain; charset=utf-8"
        case .binary: return "application/octet-stream"
        }
    }

    /// As HTTP Protocol Binding 1.0.2, section 3.1.3.2, wants it.
    private static func encode(_ value: UnsafeRawBufferPointer) -> String {
        PercentEncoding.encode(value) { byte in
            (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "%")
        }
    }
}
