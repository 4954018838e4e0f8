import AsyncHTTPClient
import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// What the HTTP client's errors mean, in words for a person.
extension ExchangeFailure {
    /// - Parameters:
    ///   - error: what the client threw.
    ///   - total: the time that a request has, for the message.
    init(_ error: any Error, url: HTTPURL, total: Duration) {
        switch error {
        case let failure as ExchangeFailure: self = failure
        case is CancellationError: self.init("cancelled")
        case let error as HTTPClientError: self = Self.failure(error, url: url, total: total)
        case let error as NIOConnectionError: self = Self.failure(error, url: url)
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError: self = Self.failureOfTLS(error, url: url)
        case let error as IOError where Self.refusals.contains(error.errnoCode):
            self.init("\(url.host):\(url.port) cannot be reached: \(Self.words(error))")
        case let error as IOError:
            self.init("the connection to \(url) broke: \(Self.words(error))", isCut: true)
        case is ChannelError: self.init("the connection to \(url) broke", isCut: true)
        default:
            let name = "\(type(of: error))"
            guard name == "HTTPParserError" else {
                self.init("\(url): \(name): \(error)", isCut: true)
                return
            }
            self.init("what answers at \(url) does not speak HTTP: \(error)", isAlarm: true)
        }
    }

    private static func failure(_ error: HTTPClientError, url: HTTPURL, total: Duration) -> ExchangeFailure {
        switch error {
        case .cancelled: ExchangeFailure("cancelled")
        case .connectTimeout, .getConnectionFromPoolTimeout:
            ExchangeFailure("\(url) cannot be reached: no answer to the attempt to connect")
        case .tlsHandshakeTimeout: ExchangeFailure("\(url) does not answer the beginning of TLS")
        case .httpProxyHandshakeTimeout: ExchangeFailure("the proxy does not answer")
        case .proxyAuthenticationRequired:
            ExchangeFailure("the proxy wants a user name and a password that it accepts", isAlarm: true)
        case .invalidProxyResponse: ExchangeFailure("the proxy does not connect to \(url)", isAlarm: true)
        case .readTimeout: ExchangeFailure("\(url) did not respond in time", isCut: true)
        case .deadlineExceeded:
            ExchangeFailure("a request to \(url) was not through in \(total.components.seconds) s", isCut: true)
        case .remoteConnectionClosed, .uncleanShutdown:
            ExchangeFailure("\(url) closed the connection before it had responded", isCut: true)
        default: ExchangeFailure("\(url): \(error.shortDescription)", isCut: true)
        }
    }

    private static func failure(_ error: NIOConnectionError, url: HTTPURL) -> ExchangeFailure {
        if error.connectionErrors.isEmpty, error.dnsAError != nil || error.dnsAAAAError != nil {
            return ExchangeFailure("the name \(error.host) cannot be resolved")
        }
        let causes = error.connectionErrors.map { failure in
            (failure.error as? IOError).map(words) ?? "no answer"
        }
        let cause = causes.first.map { ": \($0)" } ?? ""
        return ExchangeFailure("\(error.host):\(error.port) cannot be reached\(cause)")
    }

    private static func failureOfTLS(_ error: any Error, url: HTTPURL) -> ExchangeFailure {
        let text = "\(error)"
        if text.contains("CERTIFICATE_VERIFY_FAILED") || text.contains("failedToValidateHostname")
            || text.contains("unableToValidateCertificate")
        {
            return ExchangeFailure(
                "the certificate of \(url) is not accepted: it is expired or not yet valid, for another name, or of an "
                    + "authority that is not trusted. Is the gateway's clock right, and tls.ca? See: openssl s_client "
                    + "-connect \(url.host):\(url.port) -servername \(url.host)",
                isAlarm: true)
        }
        let demands = [
            "CERTIFICATE_REQUIRED", "BAD_CERTIFICATE", "CERTIFICATE_EXPIRED", "CERTIFICATE_UNKNOWN",
            "CERTIFICATE_REVOKED", "UNKNOWN_CA", "ACCESS_DENIED", "HANDSHAKE_FAILURE",
        ]
        if demands.contains(where: text.contains) {
            return ExchangeFailure(
                "\(url) does not accept our certificate, or wants one; set tls.certificate and tls.key", isAlarm: true)
        }
        if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
            return ExchangeFailure("what answers at \(url) does not speak TLS; is it http://?", isAlarm: true)
        }
        if case NIOSSLError.uncleanShutdown = error {
            return ExchangeFailure("\(url) closed the connection before it had responded", isCut: true)
        }
        return ExchangeFailure("TLS with \(url) failed: \(text)", isCut: true)
    }

    /// What `connect(2)` says where there is no connection to break.
    private static let refusals: Set<CInt> = [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ENETDOWN]

    private static func words(_ error: IOError) -> String { String(cString: strerror(error.errnoCode)) }
}
