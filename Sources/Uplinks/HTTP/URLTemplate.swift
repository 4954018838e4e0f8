import Records

/// A url with placeholders in its path and query, such as `https://host/ingest/{stream}`.
///
/// What stands for a placeholder is percent-encoded, but for the `/` between the levels of a topic in the path. A level
/// that is `.` or `..` becomes `_`: it would lead to another place than the one that was written down.
public struct URLTemplate: Hashable, Sendable, CustomStringConvertible {
    private let base: HTTPURL
    private let path: RecordTemplate
    private let query: RecordTemplate?

    /// Reads a template.
    ///
    /// - Throws: ``UplinkError`` as ``HTTPURL/init(_:)`` does, and where a placeholder is unknown, or in the host.
    public init(_ text: String) throws(UplinkError) {
        let end = text.firstRange(of: "://").map { text[$0.upperBound...].firstIndex { "/?#".contains($0) } } ?? nil
        guard !text[..<(end ?? text.endIndex)].contains(where: { "{}".contains($0) }) else {
            throw UplinkError(.url, "placeholders may stand in the path and in the query of a url, not before them")
        }
        base = try HTTPURL(text)
        path = try RecordTemplate(base.path, as: "url")
        query = if let query = base.query { try RecordTemplate(query, as: "url") } else { nil }
    }

    /// A url as it is, with a template behind its path where there is one, and another text behind that.
    init(_ base: HTTPURL, appending template: RecordTemplate? = nil, then suffix: String = "") {
        self.base = base
        path = RecordTemplate(literal: base.path, template, literal: suffix) { Self.levels($0) }
        query = base.query.map { RecordTemplate(literal: $0) }
    }

    /// Scheme, host and port.
    public var description: String { base.description }

    /// Scheme, host and port, with the path and the query as they were written.
    public var written: HTTPURL { base }

    /// Whether records of one stream may get different urls.
    public var isPerRecord: Bool { path.isPerRecord || query?.isPerRecord == true }

    /// The url for a record; nil stands for word of a loss.
    func url(for record: Record?, gateway: GatewayID, stream: StreamName) -> HTTPURL {
        var url = base
        url.path = path.text(for: record, gateway: gateway, stream: stream) { text, placeholder in
            placeholder == .topic ? Self.levels(text) : Self.level(text)
        }
        url.query = query?.text(for: record, gateway: gateway, stream: stream) { text, _ in HTTPURL.encode(text) }
        return url
    }

    private static func levels(_ topic: String) -> String {
        topic.split(separator: "/", omittingEmptySubsequences: false).map { level(String($0)) }.joined(separator: "/")
    }

    private static func level(_ text: String) -> String { text == "." || text == ".." ? "_" : HTTPURL.encode(text) }
}
