import Agent
import HTTPTypes

/// Says who somebody is, by how the question came in and what it carries. Pure.
struct Gatekeeper: Sendable {
    /// The way in.
    enum Door: Sendable {
        /// Who may open the socket's file.
        case socket(AdminConfiguration.Role)
        /// The network.
        case network(AdminConfiguration.Listener)
    }

    /// Why somebody is not let in.
    enum Refusal: Hashable, Sendable {
        /// The request names no host, or several.
        case noHost
        /// The request was meant for another host: a name that somebody points here (DNS rebinding).
        case strangeHost
        /// It carries no proof, or a wrong one.
        case unproven
        /// A page of another site sends it.
        case strangeOrigin
        /// What it asks for needs a higher role.
        case forbidden
    }

    let door: Door

    /// Nil where the request may do what needs `role`.
    func refusal(of request: HTTPRequest, needing role: AdminConfiguration.Role?) -> Refusal? {
        guard let host = request.authority, !host.isEmpty else { return .noHost }
        guard isOurs(host) else { return .strangeHost }
        // A browser tells where a page is from that sends something; a program has no reason to.
        if let origin = request.headerFields[.origin], role == .write, !isSame(origin, as: host) {
            return .strangeOrigin
        }
        guard let needed = role else { return nil }
        guard let granted = self.role(of: request) else { return .unproven }
        return needed == .write && granted == .read ? .forbidden : nil
    }

    /// What the request may do; nil where it has not proved anything.
    func role(of request: HTTPRequest) -> AdminConfiguration.Role? {
        switch door {
        case .socket(let role): return role
        case .network(let listener):
            // Who shows no certificate of the authority does not get as far as a request.
            let shown = listener.tls?.clientAuthorityFile == nil ? nil : listener.clientRole
            guard let token = Self.token(of: request) else { return shown }
            // Both are compared, whatever the first says.
            let isWriter = listener.writeToken?.matches(token) ?? false
            let isReader = listener.readToken?.matches(token) ?? false
            if isWriter { return .write }
            return isReader ? shown ?? .read : nil
        }
    }

    /// What the request says that it is, for the log; never the token.
    func name(of request: HTTPRequest) -> String {
        switch door {
        case .socket: "the admin socket"
        case .network(let listener): "\(listener)"
        }
    }

    private static func token(of request: HTTPRequest) -> String? {
        guard let field = request.headerFields[.authorization] else { return nil }
        let parts = field.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return "" }
        return String(parts[1])
    }

    /// An address cannot be pointed elsewhere, a name can.
    private func isOurs(_ authority: String) -> Bool {
        guard case .network(let listener) = door else { return true }
        let host = Self.host(of: authority)
        return host == "localhost" || host == listener.host.lowercased() || listener.hosts.contains(host)
            || Self.isAddress(host)
    }

    private static func isAddress(_ host: String) -> Bool {
        if host.contains(":") { return host.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." } }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }

    /// The host of `host:port` or `[address]:port`, in lower case.
    private static func host(of authority: String) -> String {
        let text = authority.lowercased()
        if text.first == "[", let end = text.firstIndex(of: "]") {
            return String(text[text.index(after: text.startIndex)..<end])
        }
        return String(text.prefix { $0 != ":" })
    }

    private func isSame(_ origin: String, as authority: String) -> Bool {
        guard let scheme = origin.firstRange(of: "://") else { return false }
        return origin[scheme.upperBound...].lowercased() == authority.lowercased()
    }
}
