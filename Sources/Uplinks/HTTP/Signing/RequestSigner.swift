/// Puts the proof of who sends it on a request: a header from a file, a signature, a token fetched for the purpose.
///
/// One value serves one uplink, which calls it for one request at a time, after compression, so that a signature can
/// cover the body as it travels.
public protocol RequestSigner: Sendable {
    /// Adds the proof to a request.
    ///
    /// - Parameter exchange: where a token can be fetched over, by the same proxy and with the same limits.
    /// - Throws: ``SigningFailure`` where there is nothing to prove it with now. That is a retry, never a reject.
    func sign(_ request: inout HTTPRequest, over exchange: any HTTPExchange) async throws(SigningFailure)

    /// The destination did not accept the proof: forget what was kept.
    ///
    /// - Returns: whether ``sign(_:over:)`` may give another proof than the last one, so that it is worth asking the
    ///   destination again at once.
    func wasRefused(_ response: HTTPResponse) async -> Bool
}

extension RequestSigner {
    /// Nothing was kept, so nothing will be different.
    public func wasRefused(_ response: HTTPResponse) async -> Bool { false }
}

/// Why a request cannot be signed now.
public struct SigningFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was attempted, on which file or server, and what to do about it; no secrets.
    public let reason: String
    /// Whether a person is needed: a file that cannot be read, a key that is refused.
    public let isAlarm: Bool

    /// A failure that needs a person, unless said otherwise.
    public init(_ reason: String, isAlarm: Bool = true) {
        self.reason = reason
        self.isAlarm = isAlarm
    }

    /// The reason.
    public var description: String { reason }
}

/// No proof is asked for: an endpoint that lets anybody in, or that knows its clients by their certificates.
public struct NoSigner: RequestSigner {
    /// Signs nothing.
    public init() {}
    /// Leaves the request as it is.
    public func sign(_ request: inout HTTPRequest, over exchange: any HTTPExchange) {}
}
