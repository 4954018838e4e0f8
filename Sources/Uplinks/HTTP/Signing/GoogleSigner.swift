import Records

/// Proves who sends a request to Google Cloud, by an access token that is fetched, kept, and fetched again before it
/// ends.
public final class GoogleSigner: RequestSigner {
    /// Where tokens come from.
    public enum Source: Sendable {
        /// The key of a service account in a file, read when a token is fetched: it signs for a token (RFC 7523).
        case serviceAccount(CredentialFile)
        /// The metadata server of a machine of Google's, over an exchange that knows no proxy.
        case metadataServer(HTTPURL, over: any HTTPExchange)
    }

    /// Where the metadata server is.
    public static var metadataServer: HTTPURL { .constant("http://metadata.google.internal") }

    private let source: Source
    private let scope: String
    private let clock: any GatewayClock
    private let lease: Lease<Secret>

    /// - Parameters:
    ///   - source: where tokens come from.
    ///   - scope: what they are to allow, such as `https://www.googleapis.com/auth/pubsub`.
    ///   - clock: for the time of what is signed, and for the end of a token.
    public init(_ source: Source, scope: String, clock: any GatewayClock) {
        self.source = source
        self.scope = scope
        self.clock = clock
        lease = Lease(clock: clock)
    }

    /// Sets `authorization`.
    ///
    /// - Throws: ``SigningFailure`` where there is no token now.
    public func sign(_ request: inout HTTPRequest, over exchange: any HTTPExchange) async throws(SigningFailure) {
        let token = try await lease.value { () async throws(SigningFailure) in
            switch source {
            case .serviceAccount(let file): try await grant(of: file, over: exchange)
            case .metadataServer(let url, let direct): try await grant(ofMachine: url, over: direct)
            }
        }
        request.fields["authorization"] = "Bearer \(token.exposed)"
    }

    /// Another token is fetched, unless this one was new.
    public func wasRefused(_ response: HTTPResponse) -> Bool { lease.forget() }

    private func grant(
        of file: CredentialFile, over exchange: any HTTPExchange
    ) async throws(SigningFailure) -> Lease<Secret>.Grant {
        let text = try file.secret().exposed
        let now = try clock.signingSeconds()
        guard let account = ServiceAccount(reading: text), let assertion = account.assertion(scope: scope, now: now)
        else {
            throw SigningFailure("the file \(file.path) holds no key of a service account, the JSON of its creation")
        }
        var request = HTTPRequest(url: account.tokenURL)
        request.fields["content-type"] = "application/x-www-form-urlencoded"
        let kind = HTTPURL.encode("urn:ietf:params:oauth:grant-type:jwt-bearer")
        request.body = Array("grant_type=\(kind)&assertion=\(assertion)".utf8)
        return try await grant(
            request, CredentialRequest(server: "the token server \(account.tokenURL)", exchange: exchange))
    }

    private func grant(
        ofMachine base: HTTPURL, over exchange: any HTTPExchange
    ) async throws(SigningFailure) -> Lease<Secret>.Grant {
        var url = base
        url.path = "/computeMetadata/v1/instance/service-accounts/default/token"
        url.query = "scopes=\(HTTPURL.encode(scope))"
        let request = HTTPRequest(method: "GET", url: url, fields: ["metadata-flavor": "Google"])
        return try await grant(request, CredentialRequest(server: "the metadata server \(base)", exchange: exchange))
    }

    /// `access_token` and `expires_in` (RFC 6749, 5.1).
    private func grant(
        _ request: HTTPRequest, _ asking: CredentialRequest
    ) async throws(SigningFailure) -> Lease<Secret>.Grant {
        let members = try await asking.members(of: request)
        guard let token = members["access_token"], !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw asking.nonsense }
        let seconds = members["expires_in"].flatMap { Int64($0) } ?? 300
        return .init(value: Secret(token), lifetime: .seconds(min(max(seconds, 1), 86_400)))
    }
}
