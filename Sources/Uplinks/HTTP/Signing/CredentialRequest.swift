import Records

/// Asking a server for a token or a key: what its answer says, or why there is none, without a word of what is secret.
struct CredentialRequest {
    /// What messages call the server.
    let server: String
    let exchange: any HTTPExchange

    /// Sends a request and gives a 2xx.
    ///
    /// - Throws: ``SigningFailure``: an alarm where the server does not want to, not where it cannot.
    func response(to request: HTTPRequest) async throws(SigningFailure) -> HTTPResponse {
        let response: HTTPResponse
        do {
            response = try await exchange.send(request)
        } catch {
            throw SigningFailure("\(server) gives no token: \(error.reason)", isAlarm: error.isAlarm)
        }
        guard !(200..<300).contains(response.status) else { return response }
        // Of the body only what is known to hold no secret: a server may repeat what it was sent.
        let members = JSONMembers(response.body)
        let words = ["error", "error_description", "message"].compactMap { members?[$0] }.joined(separator: ": ")
        let text = ResponseVerdict.firstWords(of: words.utf8)
        throw SigningFailure(
            "\(server) gives no token: HTTP \(response.status)" + (text.isEmpty ? "" : ": \(text)"),
            isAlarm: !(500..<600).contains(response.status) && ![408, 425, 429].contains(response.status))
    }

    /// The members of the JSON object that answers a request.
    ///
    /// - Throws: ``SigningFailure`` as ``response(to:)`` does, and where the answer is no JSON object.
    func members(of request: HTTPRequest) async throws(SigningFailure) -> JSONMembers {
        guard let members = JSONMembers(try await response(to: request).body) else { throw nonsense }
        return members
    }

    /// The answer is not what it should be.
    var nonsense: SigningFailure { SigningFailure("\(server) answers, but with no token; is the url right?") }
}
