import Agent
import HTTPTypes
import Records

/// The server's description as OpenAPI 3.1, made of ``Endpoint/all``.
enum OpenAPI {
    /// The document.
    static func document(version: String) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 8 << 10)
        writer.beginObject()
        writer.member("openapi", string: "3.1.0")
        writer.object("info") {
            $0.member("title", string: "Millrace")
            $0.member("version", string: version.isEmpty ? "0" : version)
            $0.member("summary", string: "What an edge agent shows and may be asked; see docs/admin.md.")
        }
        writer.object("paths") { writer in
            for path in paths {
                writer.key(path)
                writer.beginObject()
                for endpoint in Endpoint.all where endpoint.path == path { write(endpoint, to: &writer) }
                writer.endObject()
            }
        }
        writer.object("components") { writer in
            writer.object("securitySchemes") { writer in
                writer.object("token") {
                    $0.member("type", string: "http")
                    $0.member("scheme", string: "bearer")
                }
            }
        }
        writer.key("security")
        writer.beginArray()
        // On the unix socket nothing is needed.
        for isNeeded in [false, true] {
            writer.beginObject()
            if isNeeded {
                writer.key("token")
                writer.beginArray()
                writer.endArray()
            }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    private static var paths: [String] {
        Endpoint.all.reduce(into: []) { if !$0.contains($1.path) { $0.append($1.path) } }
    }

    private static func write(_ endpoint: Endpoint, to writer: inout JSONWriter) {
        writer.key(endpoint.method.rawValue.lowercased())
        writer.beginObject()
        writer.member("operationId", string: endpoint.question.rawValue)
        writer.member("summary", string: endpoint.meaning)
        if !endpoint.parameters.isEmpty || endpoint.question == .live {
            writer.key("parameters")
            writer.beginArray()
            for parameter in endpoint.parameters { write(parameter, to: &writer) }
            if endpoint.question == .live { writeLastEventID(to: &writer) }
            writer.endArray()
        }
        if endpoint.question == .append {
            writer.object("requestBody") { writer in
                writer.member("description", string: "The payload as it is.")
                writer.object("content") { $0.object("application/octet-stream") { _ in } }
            }
        }
        writer.object("responses") { writer in
            // What may be wrong with any request.
            let wrong = [400, 401, 403, 421].map { (status: $0, contentType: "application/json") }
            let all = endpoint.answers + wrong
            for status in Set(all.map(\.status)).sorted() {
                writer.key("\(status)")
                writer.beginObject()
                writer.member("description", string: status < 300 ? "Done." : "Not done: the body says why.")
                writer.object("content") { writer in
                    for type in all where type.status == status { write(body: type.contentType, status, to: &writer) }
                }
                writer.endObject()
            }
        }
        writer.endObject()
    }

    private static func write(body contentType: String, _ status: Int, to writer: inout JSONWriter) {
        writer.key(contentType)
        writer.beginObject()
        writer.object("schema") { writer in
            if contentType == "text/event-stream" { return writeEvent(to: &writer) }
            guard contentType == "application/json" else { return writer.member("type", string: "string") }
            writer.member("type", string: "object")
            guard status >= 400, status != 503 else { return }
            writer.key("required")
            writer.beginArray()
            writer.string("error")
            writer.endArray()
            writer.object("properties") { $0.object("error") { $0.member("type", string: "string") } }
        }
        writer.endObject()
    }

    /// The schema of each event of a stream.
    private static func writeEvent(to writer: inout JSONWriter) {
        writer.member("type", string: "object")
        writer.key("required")
        writer.beginArray()
        for name in ["event", "data"] { writer.string(name) }
        writer.endArray()
        writer.object("properties") { writer in
            writer.object("event") { writer in
                writer.key("enum")
                writer.beginArray()
                for name in ["record", "lost", "end"] { writer.string(name) }
                writer.endArray()
            }
            writer.object("id") {
                $0.member("type", string: "string")
                $0.member("pattern", string: positionPattern)
            }
            writer.object("data") {
                $0.member("type", string: "string")
                $0.member("contentMediaType", string: "application/json")
            }
        }
    }

    private static let positionPattern = "^[0-9a-f]{16}/[0-9]{1,18}$"

    private static func write(_ parameter: Endpoint.Parameter, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", string: parameter.name)
        writer.member("in", string: "query")
        writer.member("required", boolean: parameter.isRequired)
        writer.member("description", string: parameter.meaning)
        writer.object("schema") { writer in
            switch parameter.kind {
            case .text(let pattern):
                writer.member("type", string: "string")
                writer.member("pattern", string: pattern)
            case .integer(let range):
                writer.member("type", string: "integer")
                writer.member("minimum", integer: range.lowerBound)
                writer.member("maximum", integer: range.upperBound)
            case .flag: writer.member("type", string: "boolean")
            }
        }
        writer.endObject()
    }

    private static func writeLastEventID(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", string: "Last-Event-ID")
        writer.member("in", string: "header")
        writer.member("description", string: "Goes on behind this event, whatever from says.")
        writer.object("schema") {
            $0.member("type", string: "string")
            // Empty is the id of a client that has had no event yet (WHATWG HTML, 9.2.3).
            $0.member("pattern", string: "^$|\(positionPattern)")
        }
        writer.endObject()
    }
}

extension JSONWriter {
    /// A member whose value is an object.
    fileprivate mutating func object(_ name: StaticString, _ body: (inout JSONWriter) -> Void) {
        key(name)
        beginObject()
        body(&self)
        endObject()
    }
}
