import Records
import Uplinks

/// `[admin]`: who may ask the agent, and how.
public struct AdminConfiguration: Sendable {
    /// What somebody may do.
    public enum Role: String, Hashable, Sendable, CaseIterable {
        /// See everything but secrets.
        case read
        /// Also write records and perform actions.
        case write
    }

    /// An address and a port to listen on.
    public struct Listener: Hashable, Sendable, CustomStringConvertible {
        /// An address, or `localhost`; IPv6 without brackets.
        public var host: String
        /// 1...65535; 0 lets the system choose.
        public var port: Int
        /// Who proves to be whom.
        public var tls: TLSFiles?
        /// What somebody may do who shows a certificate of one of ``TLSFiles/authorityFile``.
        public var clientRole = Role.read
        /// Grants ``Role/read``; nil: no token does.
        public var readToken: Secret?
        /// Grants ``Role/write``; nil: no token does.
        public var writeToken: Secret?
        /// Names by which it may be asked, beside its address and `localhost`.
        public var hosts: [String] = []

        /// A listener whom nobody may ask anything yet.
        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }

        /// `127.0.0.1:8700`, `[::1]:8700`
        public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }

    /// The path of the unix socket; nil: there is none.
    public var socket: String?
    /// What somebody may do who may open the socket.
    public var socketRole = Role.write
    /// Where it listens on the network; nil: nowhere.
    public var listener: Listener?

    /// No way in.
    public init() {}

    /// Bytes of a unix socket's path (unix(7): 108 with the zero at the end).
    public static let socketPathSizeMax = 107
    /// Characters of a token: what `openssl rand -hex 16` prints.
    static let tokenSizeMin = 16
}
