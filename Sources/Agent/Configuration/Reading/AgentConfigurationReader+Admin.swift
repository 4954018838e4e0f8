import Records
import StrictTOML
import Uplinks

/// `[admin]`.
extension AgentConfigurationReader {
    /// - Parameter log: the socket is beside it, unless the table says otherwise.
    func readAdmin(_ table: TableReader, log: LogConfiguration) -> AdminConfiguration {
        defer { table.finish() }
        var admin = AdminConfiguration()
        let socket = table.string("socket", allowsEmpty: true)
        if socket != "" { admin.socket = socket.map(resolved) ?? log.path + "/admin.sock" }
        if let path = admin.socket, path.utf8.count > AdminConfiguration.socketPathSizeMax {
            table.fail(
                "the path of the admin socket, \(path), is longer than \(AdminConfiguration.socketPathSizeMax) bytes; "
                    + "set a shorter one, or \"\" for none", at: "socket")
        }
        admin.socketRole = table.choice("socket_role", of: AdminConfiguration.Role.self) ?? admin.socketRole
        admin.listener = readListener(table)
        return admin
    }

    private func readListener(_ table: TableReader) -> AdminConfiguration.Listener? {
        let text = table.string("listen")
        let readToken = token(table, "token_file")
        let writeToken = token(table, "write_token_file")
        let tls = listenerTLS(table)
        let clientRole = table.choice("client_role", of: AdminConfiguration.Role.self)
        let hosts = table.strings("hosts") ?? []
        guard let text else {
            for key in ["token_file", "write_token_file", "tls", "client_role", "hosts"]
            where table.has(key) && !table.has("listen") {
                table.fail("means nothing without \"listen\", the address and port to listen on", at: key)
            }
            return nil
        }
        guard var listener = Self.listener(text) else {
            table.fail("\(quoted(text)) is no address with a port; for example \"127.0.0.1:8700\"", at: "listen")
            return nil
        }
        listener.readToken = readToken
        listener.writeToken = writeToken
        listener.tls = tls
        listener.clientRole = clientRole ?? .read
        listener.hosts = hosts.map { $0.lowercased() }
        check(listener, table)
        return listener
    }

    private func listenerTLS(_ table: TableReader) -> AdminConfiguration.TLS? {
        guard let files = readTLS(table) else { return nil }
        guard let certificate = files.certificateFile, let key = files.keyFile else {
            table.fail("a server needs its certificate and its key", at: "tls")
            return nil
        }
        return AdminConfiguration.TLS(
            certificateFile: certificate, keyFile: key, clientAuthorityFile: files.authorityFile)
    }

    private func check(_ listener: AdminConfiguration.Listener, _ table: TableReader) {
        if table.has("client_role"), listener.tls?.clientAuthorityFile == nil {
            table.fail("is about client certificates; set tls.ca, whose certificates clients show", at: "client_role")
        }
        let hasProof =
            table.has("token_file") || table.has("write_token_file") || listener.tls?.clientAuthorityFile != nil
        if !hasProof {
            table.fail(
                "who asks over TCP must prove who it is; set token_file or write_token_file, or tls with ca",
                at: "listen")
        }
        if let read = listener.readToken, read == listener.writeToken {
            table.fail("is the same as token_file, so everybody who may read could write", at: "write_token_file")
        }
        let address = BrokerAddress(host: listener.host, port: 1, isEncrypted: false)
        if listener.tls == nil, !address.isLoopback {
            table.note("tokens and records travel unencrypted; tls would encrypt them", at: "listen")
        }
    }

    private func token(_ table: TableReader, _ key: String) -> AdminToken? {
        guard let secret = readSecret(table, key, what: "token")?.secret else { return nil }
        let isPlain = secret.exposed.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        guard isPlain, (AdminConfiguration.tokenSizeMin...256).contains(secret.exposed.utf8.count) else {
            table.fail(
                "a token has \(AdminConfiguration.tokenSizeMin) to 256 visible ASCII characters; "
                    + "`openssl rand -hex 32` makes one", at: key)
            return nil
        }
        return AdminToken(secret.exposed)
    }

    private static func listener(_ text: String) -> AdminConfiguration.Listener? {
        let (host, port) = BrokerAddress.split(text[...])
        guard !host.isEmpty, let port, !port.isEmpty, port.allSatisfy({ $0.isASCII && $0.isNumber }),
            let number = UInt16(port), !host.contains("/"), !host.contains(" ")
        else { return nil }
        return AdminConfiguration.Listener(host: String(host), port: Int(number))
    }
}
