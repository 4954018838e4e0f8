import Glibc
import NIOCore

/// Who is at the other end of a connection, as far as the system knows.
enum ConnectionPeer {
    /// `struct ucred` of unix(7).
    private struct Credentials: Sendable {
        let process: Int32
        let user: UInt32
        let group: UInt32
    }

    /// For the log: `10.0.0.5:52341`, or `process 1234 of user 1000` at a unix socket.
    static func name(of channel: any Channel) async -> String {
        if let address = channel.remoteAddress, let host = address.ipAddress, let port = address.port {
            return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
        guard let options = channel as? any SocketOptionProvider else { return "somebody" }
        let question: EventLoopFuture<Credentials> = options.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
        // One that has just ended has nobody at its end any more, and a process of another container has no number.
        guard let peer = try? await question.get(), peer.process > 0 else { return "a local program" }
        return "process \(peer.process) of user \(peer.user)"
    }
}
