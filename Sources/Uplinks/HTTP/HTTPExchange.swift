/// Sends one request and reads its response: over sockets in ``HTTPLink``, from a script in tests.
public protocol HTTPExchange: Sendable {
    /// The response, whatever its status.
    ///
    /// - Throws: ``ExchangeFailure`` where there is none; within one second when the task is cancelled.
    func send(_ request: HTTPRequest) async throws(ExchangeFailure) -> HTTPResponse
    /// Bytes on the wire so far, over all connections.
    var traffic: LinkTraffic { get }
    /// Closes the connections until something is sent again. Nothing is under way.
    func disconnect() async
    /// Closes the connections. Nothing is sent afterwards.
    func close() async
}

/// Why a request has no response.
public struct ExchangeFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was attempted and what went wrong; no secrets.
    public let reason: String
    /// Whether a person is needed: a certificate that is not accepted, a proxy that refuses.
    public let isAlarm: Bool
    /// Whether bytes of the request may have reached the other side: a smaller one may get through where a large one is
    /// cut again and again.
    public let isCut: Bool

    /// A failure that passes by itself and that says nothing about sizes, unless said otherwise.
    public init(_ reason: String, isAlarm: Bool = false, isCut: Bool = false) {
        self.reason = reason
        self.isAlarm = isAlarm
        self.isCut = isCut
    }

    /// The reason.
    public var description: String { reason }
}
