import Agent
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import Records

/// Answers what is asked through one door.
struct AdminResponder: Sendable {
    let agent: any AgentAccess
    let gatekeeper: Gatekeeper
    let live: LiveRecords
    /// By path: what a browser shows.
    let pages: [String: AdminPage]
    let complaints: Complaints
    let logger: Logger

    /// Answers one request.
    func respond(to request: Request, _ writer: consuming ResponseWriter, on channel: any Channel) async throws {
        let isHead = request.method == .head
        let method = isHead ? .get : request.method
        let path = Query.path(of: request.head.path ?? "")
        let outcome: Outcome
        if let page = pages[path] {
            outcome = method == .get ? show(page, to: request) : Self.notAllowed(["GET"])
        } else {
            outcome = await answer(request, method, path, isHead: isHead)
        }
        // What was not read of a body would have to be waited for: the connection ends instead.
        let endsHere = Self.hasBody(request.head) && !outcome.hasReadBody
        switch outcome.content {
        case .answer(var answer):
            if endsHere { answer.headers[.connection] = "close" }
            let response = answer.response(isHead: isHead)
            try await writer.write(response: response.head, body: response.body)
        case .live(let reader):
            try await reader.run(writer, on: channel)
        }
        if endsHere { channel.close(mode: .all, promise: nil) }
    }

    /// What a request leads to.
    struct Outcome {
        enum Content {
            case answer(Answer)
            case live(LiveReader)
        }

        let content: Content
        var hasReadBody = false

        init(_ answer: Answer, hasReadBody: Bool = false) {
            content = .answer(answer)
            self.hasReadBody = hasReadBody
        }

        init(_ reader: LiveReader) { content = .live(reader) }
    }

    private func answer(
        _ request: Request, _ method: HTTPRequest.Method, _ path: String, isHead: Bool
    ) async -> Outcome {
        let here = Endpoint.all.filter { $0.path == path }
        guard let endpoint = here.first(where: { $0.method == method }) else {
            // Whoever has proved nothing learns nothing, not even what there is.
            if let refused = refuse(request, needing: .read) { return refused }
            guard here.isEmpty else { return Self.notAllowed(here.map { "\($0.method)" }) }
            return Outcome(.error(.notFound, "there is no \(path.prefix(200)); see /openapi.json"))
        }
        if let refused = refuse(request, needing: endpoint.role) { return refused }
        do throws(Query.Problem) {
            let query = try Query(request.head.path ?? "", known: endpoint.parameters.map(\.name))
            return await answer(endpoint.question, query, request, isHead: isHead)
        } catch {
            return Outcome(.error(.badRequest, error.text))
        }
    }

    private func refuse(_ request: Request, needing role: AdminConfiguration.Role?) -> Outcome? {
        guard let refusal = gatekeeper.refusal(of: request.head, needing: role) else { return nil }
        switch refusal {
        case .noHost: return Outcome(.error(.badRequest, "the request names no host (RFC 9112, 3.2)"))
        case .strangeHost:
            complaints.tell("a request for another host, \(quoted(request.head.authority ?? "")), was refused")
            return Outcome(
                .error(.misdirectedRequest, "this is not that host; [admin] hosts names those that are meant"))
        case .unproven:
            complaints.tell("a request without a token that fits was refused by \(gatekeeper.name(of: request.head))")
            return Outcome(
                .error(
                    .unauthorized, "a token is needed: Authorization: Bearer TOKEN",
                    headers: [.wwwAuthenticate: "Bearer realm=\"millrace\""]))
        case .strangeOrigin:
            complaints.tell("a page of \(quoted(request.headers[.origin] ?? "")) tried to change something")
            return Outcome(.error(.forbidden, "a page of another site may not change anything here"))
        case .forbidden: return Outcome(.error(.forbidden, "this needs the role \"write\""))
        }
    }

    private func show(_ page: AdminPage, to request: Request) -> Outcome {
        if let refused = refuse(request, needing: page.isPublic ? nil : .read) { return refused }
        var answer = Answer(page.contentType, page.body)
        answer.headers = [.eTag: page.entityTag, .cacheControl: "no-cache"]
        if let policy = page.contentSecurityPolicy { answer.headers[.contentSecurityPolicy] = policy }
        if request.headers[.ifNoneMatch] == page.entityTag {
            answer.status = .notModified
            answer.body = []
        }
        return Outcome(answer)
    }

    private static func notAllowed(_ methods: [String]) -> Outcome {
        let allowed = methods.joined(separator: ", ")
        return Outcome(.error(.methodNotAllowed, "allowed here: \(allowed)", headers: [.allow: allowed]))
    }

    private static func hasBody(_ head: HTTPRequest) -> Bool {
        head.headerFields[.transferEncoding] != nil || (head.headerFields[.contentLength].map { $0 != "0" } ?? false)
    }
}

/// Text of others in one line, between quotes and cut.
func quoted(_ text: String) -> String {
    var plain = ""
    for scalar in text.unicodeScalars.prefix(100) {
        let isPlain = scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
        plain.unicodeScalars.append(isPlain ? scalar : "\u{FFFD}")
    }
    return "\"\(plain)\""
}
