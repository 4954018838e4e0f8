import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

/// Why an agent could not be asked.
public struct AdminClientError: Error, Hashable, CustomStringConvertible {
    /// What is the matter, and the next step.
    public let description: String
    /// Whether there is nobody at the socket: the agent does not run.
    public let isAbsent: Bool

    init(_ description: String, isAbsent: Bool = false) {
        self.description = description
        self.isAbsent = isAbsent
    }

    /// What the HTTP client's errors mean, in words for a person.
    ///
    /// - Parameters:
    ///   - path: of the socket.
    ///   - timeout: how long was waited at most.
    init(_ error: any Error, at path: String, within timeout: Duration) {
        switch error {
        case let error as IOError: self.init(error, at: path)
        case let error as HTTPClientError: self.init(error, at: path, within: timeout)
        case SocketAddressError.unixDomainSocketPathTooLong:
            self.init("\(path) is too long for the path of a socket, which has 107 bytes at most")
        case HTTPParserError.invalidEOFState, is ChannelError:
            self.init("the agent at \(path) has closed the connection")
        case is HTTPParserError: self.init("what answers at \(path) does not speak HTTP: \(error)")
        case is CancellationError: self.init("cancelled")
        default: self.init("\(path): \(error)")
        }
    }

    private init(_ error: HTTPClientError, at path: String, within timeout: Duration) {
        switch error {
        case .connectTimeout, .readTimeout, .writeTimeout, .deadlineExceeded:
            self.init(
                "the agent at \(path) does not answer within \(timeout); is it stopped, or the machine overloaded?")
        case .remoteConnectionClosed: self.init("the agent at \(path) has closed the connection")
        case .cancelled: self.init("cancelled")
        default: self.init("\(path): \(error.shortDescription)")
        }
    }

    private init(_ error: IOError, at path: String) {
        switch error.errnoCode {
        case ENOENT, ECONNREFUSED:
            self.init(
                "no agent answers at \(path); is it running, and is [admin] socket what it runs with?", isAbsent: true)
        case EACCES:
            self.init(
                "this user may not open \(path), which is for the agent's user and group: sudo -u millrace …, or join "
                    + "the group")
        case EAGAIN:
            self.init("as many wait at \(path) as it has room for, and none is answered; is the agent stopped?")
        case ECONNRESET, EPIPE: self.init("the agent at \(path) has closed the connection")
        default: self.init("\(path): \(String(cString: strerror(error.errnoCode)))")
        }
    }
}
