import Records
import Synchronization

/// Proves who sends a request by a shared access signature of Azure, made of a key in a file and good for an hour.
public final class SharedAccessSigner: RequestSigner {
    /// Whose signatures.
    public enum Service: Sendable {
        /// Event Hubs: the file holds a connection string.
        case eventHubs
        /// Event Grid: the file holds an access key.
        case eventGrid
    }

    private struct Token {
        let secret: Secret
        let resource: String
        let expiry: Int64
        let text: String
    }

    /// How long a signature is good for, and how long before its end a new one is made, seconds.
    private static let lifetime: Int64 = 3600
    private static let margin: Int64 = 600

    private let service: Service
    private let file: CredentialFile
    private let clock: any GatewayClock
    private let known = Mutex<Token?>(nil)

    /// - Parameters:
    ///   - file: the key, or the connection string.
    ///   - clock: says when a signature ends.
    public init(_ service: Service, file: CredentialFile, clock: any GatewayClock) {
        self.service = service
        self.file = file
        self.clock = clock
    }

    /// Sets the field that the service reads signatures from.
    ///
    /// - Throws: ``SigningFailure`` where the file does not hold what it should, or the clock was never set.
    public func sign(_ request: inout HTTPRequest, over exchange: any HTTPExchange) throws(SigningFailure) {
        let secret = try file.secret()
        let now = try clock.signingSeconds()
        let resource = resource(of: request.url)
        let token: Token
        if let kept = known.withLock({ $0 }), kept.secret == secret, kept.resource == resource,
            (now + Self.margin..<now + Self.lifetime + 1).contains(kept.expiry)
        {
            token = kept
        } else {
            let expiry = now + Self.lifetime
            token = Token(
                secret: secret, resource: resource, expiry: expiry,
                text: try text(secret, resource: resource, expiry: expiry))
            known.withLock { $0 = token }
        }
        request.fields[service == .eventHubs ? "authorization" : "aeg-sas-token"] = token.text
    }

    /// A signature is made anew: the file or the clock may be right by now.
    public func wasRefused(_ response: HTTPResponse) -> Bool {
        let kept = known.withLock { known in
            defer { known = nil }
            return known
        }
        return file.readAgain()
            || kept.map { clock.read().wallMilliseconds / 1000 + Self.lifetime != $0.expiry } ?? true
    }

    private func resource(of url: HTTPURL) -> String {
        switch service {
        case .eventGrid:
            // Microsoft's own clients sign `apiVersion`, although the url has `api-version`.
            return "\(url)\(url.path)?\((url.query ?? "").replacing("api-version=", with: "apiVersion="))"
        case .eventHubs:
            // The hub: a publisher's path ends in `/messages`.
            let suffix = "/messages"
            let path = url.path.hasSuffix(suffix) ? String(url.path.dropLast(suffix.count)) : url.path
            return "\(url)\(path)"
        }
    }

    private func text(_ secret: Secret, resource: String, expiry: Int64) throws(SigningFailure) -> String {
        switch service {
        case .eventGrid:
            guard let text = SharedAccessToken.eventGrid(resource: resource, key: secret.exposed, expiry: expiry)
            else { throw SigningFailure("the file \(file.path) holds no access key of Event Grid, which is Base64") }
            return text
        case .eventHubs:
            guard let string = ConnectionString(secret.exposed) else {
                throw SigningFailure(
                    "the file \(file.path) holds no connection string: "
                        + "Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…")
            }
            return SharedAccessToken.eventHubs(
                resource: resource, keyName: string.keyName, key: string.key, expiry: expiry)
        }
    }
}
