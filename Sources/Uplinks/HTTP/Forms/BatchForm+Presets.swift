import Records

/// Endpoints that take a batch as it is, and differ in the url and in what they take at most.
extension BatchForm {
    /// A topic of Azure Event Grid: batches of CloudEvents of a megabyte at most.
    ///
    /// - Parameter url: the topic's endpoint as the portal shows it, with or without its path and API version.
    public static func eventGrid(
        url: HTTPURL, fields: HTTPFields = [:], recordsMax: Int, sizeTarget: Int
    ) -> BatchForm {
        var url = url
        if url.path == "/" { url.path = "/api/events" }
        url.query = url.query ?? "api-version=2018-01-01"
        let sizeMax = 1_000_000
        return BatchForm(
            url: URLTemplate(url), encoder: CloudEventsEncoder(), fields: fields,
            limits: RequestLimits(recordsMax: recordsMax, sizeTarget: min(sizeTarget, sizeMax), sizeMax: sizeMax))
    }

    /// The write API of InfluxDB 2, and of whatever else speaks it: line protocol, times in nanoseconds.
    ///
    /// - Parameters:
    ///   - url: of the server.
    ///   - organisation: its name or id.
    ///   - bucket: its name or id.
    public static func influx(
        url: HTTPURL, organisation: String, bucket: String, fields: HTTPFields = [:], limits: RequestLimits
    ) -> BatchForm {
        var url = url
        if url.path.last == "/" { url.path.removeLast() }
        if !url.path.hasSuffix("/api/v2/write") { url.path += "/api/v2/write" }
        url.query = "org=\(HTTPURL.encode(organisation))&bucket=\(HTTPURL.encode(bucket))&precision=ns"
        return BatchForm(
            url: URLTemplate(url), encoder: BatchFormat.influx.makeEncoder(), fields: fields, limits: limits)
    }

    /// Batches as messages of Solace's REST messaging, acknowledged when the broker has stored them.
    public static func solace(
        url: URLTemplate, encoder: any BatchEncoder, fields: HTTPFields = [:], limits: RequestLimits
    ) -> BatchForm {
        var all: HTTPFields = ["Solace-Delivery-Mode": "Persistent"]
        for field in fields.all { all[field.name] = field.value }
        return BatchForm(url: url, encoder: encoder, fields: all, limits: limits)
    }
}

extension URLTemplate {
    /// Where Solace's REST messaging takes messages for a topic: `/TOPIC/` and the topic.
    public static func solace(_ url: HTTPURL, topic: RecordTemplate) -> URLTemplate {
        var url = url
        if url.path.last == "/" { url.path.removeLast() }
        url.path += "/TOPIC/"
        return URLTemplate(url, appending: topic)
    }
}
