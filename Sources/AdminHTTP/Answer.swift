import HTTPTypes
import HummingbirdCore
import NIOCore
import Records

/// What is answered: a status, a body and what kind of thing it is.
struct Answer: Sendable {
    var status: HTTPResponse.Status
    var contentType: String
    var body: [UInt8]
    /// Beside those that every answer has.
    var headers: HTTPFields = [:]

    /// A body of JSON.
    init(json body: [UInt8], status: HTTPResponse.Status = .ok) {
        self.status = status
        contentType = "application/json"
        self.body = body
    }

    /// A body of another kind.
    init(_ contentType: String, _ body: [UInt8]) {
        status = .ok
        self.contentType = contentType
        self.body = body
    }

    /// An error, with what is wrong and the next step.
    static func error(_ status: HTTPResponse.Status, _ text: String, headers: HTTPFields = [:]) -> Answer {
        var answer = Answer(json: object("error", text), status: status)
        answer.headers = headers
        return answer
    }

    /// An object with one member.
    static func object(_ name: StaticString, _ text: String) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 128)
        writer.beginObject()
        writer.member(name, string: text)
        writer.endObject()
        return writer.bytes
    }

    /// The answer as the server sends it.
    ///
    /// - Parameter isHead: the body is left out, and only its length told.
    func response(isHead: Bool) -> Response {
        var fields = Self.fields(contentType)
        for field in headers { fields[field.name] = field.value }
        guard isHead else {
            return Response(status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
        }
        fields[.contentLength] = "\(body.count)"
        return Response(status: status, headers: fields)
    }

    /// What every answer carries: it is nobody's to keep, to frame or to take for something else.
    static func fields(_ contentType: String) -> HTTPFields {
        [
            .contentType: contentType, .cacheControl: "no-store", .contentTypeOptions: "nosniff",
            .referrerPolicy: "no-referrer", .contentSecurityPolicy: "default-src 'none'; frame-ancestors 'none'",
        ]
    }
}

extension HTTPField.Name {
    /// Whether a browser may guess the kind of a body (WHATWG Fetch).
    static var contentTypeOptions: Self { name("X-Content-Type-Options") }
    /// What a browser tells other sites (W3C Referrer Policy).
    static var referrerPolicy: Self { name("Referrer-Policy") }
    /// What a page may load (W3C CSP 3).
    static var contentSecurityPolicy: Self { name("Content-Security-Policy") }
    /// After which event a reader of server-sent events goes on (WHATWG HTML, 9.2).
    static var lastEventID: Self { name("Last-Event-ID") }

    private static func name(_ text: String) -> Self {
        guard let name = Self(text) else { preconditionFailure("\(text) is a field name") }
        return name
    }
}
