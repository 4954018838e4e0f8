import Glibc

/// One connection to a unix socket, with calls that block: for commands, which have nothing else to do.
final class UnixConnection {
    private let descriptor: Int32

    /// - Parameter timeout: how long one call waits at most.
    /// - Throws: ``AdminClientError`` where nobody answers.
    init(to path: String, timeout: Duration) throws(AdminClientError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw AdminClientError("\(path) is too long for the path of a socket")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw AdminClientError("no socket is to be had: \(Self.reason)") }
        var time = timeval()
        time.tv_sec = Int(timeout.components.seconds)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard code == 0 else {
            let isAbsent = errno == ENOENT || errno == ECONNREFUSED
            if isAbsent {
                throw AdminClientError(
                    "no agent answers at \(path); is it running, and is [admin] socket what it runs with?",
                    isAbsent: true)
            }
            let advice = errno == EACCES ? "; it is for root and for the group of the agent, often millrace" : ""
            throw AdminClientError("cannot ask the agent at \(path): \(Self.reason)\(advice)", isAbsent: false)
        }
    }

    deinit { close(descriptor) }

    /// Sends all of it.
    ///
    /// - Throws: ``AdminClientError`` where the other end does not take it.
    func send(_ bytes: [UInt8]) throws(AdminClientError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw AdminClientError("the agent does not take the request: \(Self.reason)") }
            rest = rest.dropFirst(count)
        }
    }

    /// What has come; empty at the end.
    ///
    /// - Throws: ``AdminClientError`` where nothing comes in time.
    func receive() throws(AdminClientError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw AdminClientError("the agent does not answer: \(Self.reason)") }
            return Array(buffer[..<count])
        }
    }

    private static var reason: String { String(cString: strerror(errno)) }
}

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
}
