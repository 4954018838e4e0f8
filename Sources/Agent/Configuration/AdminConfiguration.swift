/// `[admin]`: who may ask the agent, and how.
public struct AdminConfiguration: Equatable, Sendable {
    /// What somebody may do.
    public enum Role: String, Hashable, Sendable, CaseIterable {
        /// See everything but secrets.
        case read
        /// Also write records and perform actions.
        case write
    }

    /// How a listener proves who it is, and who must prove what. Files in PEM form.
    public struct TLS: Hashable, Sendable {
        /// Its certificate, with what leads from it to an authority.
        public var certificateFile: String
        /// The private key of it.
        public var keyFile: String
        /// Clients must show a certificate of one of these authorities; nil: they need none.
        public var clientAuthorityFile: String?

        /// A listener with a certificate.
        public init(certificateFile: String, keyFile: String, clientAuthorityFile: String? = nil) {
            self.certificateFile = certificateFile
            self.keyFile = keyFile
            self.clientAuthorityFile = clientAuthorityFile
        }
    }

    /// An address and a port to listen on.
    public struct Listener: Hashable, Sendable, CustomStringConvertible {
        /// An address, or `localhost`; IPv6 without brackets.
        public var host: String
        /// 1...65535; 0 lets the system choose.
        public var port: Int
        /// Encryption; nil: none.
        public var tls: TLS?
        /// What somebody may do who shows a certificate of ``TLS/clientAuthorityFile``.
        public var clientRole = Role.read
        /// Grants ``Role/read``; nil: no token does.
        public var readToken: AdminToken?
        /// Grants ``Role/write``; nil: no token does.
        public var writeToken: AdminToken?
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

/// A secret that whoever asks must show.
public struct AdminToken: Hashable, Sendable, CustomStringConvertible {
    private let bytes: [UInt8]

    /// A token of at least one character.
    public init(_ text: String) {
        precondition(!text.isEmpty, "an empty token would let everybody in")
        bytes = Array(text.utf8)
    }

    /// Whether it is this one, found out in a time that depends on the length of what is given only.
    public func matches(_ given: String) -> Bool {
        var difference = given.utf8.count ^ bytes.count
        for (index, byte) in given.utf8.enumerated() { difference |= Int(byte ^ bytes[index % bytes.count]) }
        return difference == 0
    }

    /// Three asterisks, whatever the token.
    public var description: String { "***" }
}
