import Records
import StrictTOML
import Uplinks

/// Files that the configuration names: passwords, certificates, keys. They are opened now, so that a mistake is found
/// at the start and not at night.
extension AgentConfigurationReader {
    /// A file that the configuration names, and what is in it.
    struct NamedFile {
        let path: String
        let bytes: [UInt8]
        let isWorldReadable: Bool
    }

    /// A file with text that is secret, one line such as a password or a token unless said otherwise; nil where it is
    /// absent, or is none, which is reported.
    func readSecret(
        _ table: TableReader, _ key: String, what: String = "password", isLine: Bool = true
    ) -> (path: String, secret: Secret)? {
        guard let contents = readFile(table, key, sizeMax: .kibibytes(64)) else { return nil }
        if contents.isWorldReadable { noteWorldReadable(table, key) }
        var bytes = contents.bytes[...]
        if bytes.last == 0x0A { bytes.removeLast() }
        if bytes.last == 0x0D { bytes.removeLast() }
        guard let text = String(validating: bytes, as: UTF8.self), !bytes.isEmpty, !bytes.contains(0) else {
            let problem = bytes.isEmpty ? "holds no \(what)" : "holds no text in UTF-8"
            table.fail("\(contents.path) \(problem)", at: key)
            return nil
        }
        if isLine, text.utf8.contains(0x0A) {
            table.fail("\(contents.path) has more than one line; a \(what) is one line", at: key)
        }
        return (contents.path, Secret(text))
    }

    /// `tls`: whom to trust and who we are; nil where there is no such table.
    func readTLS(_ table: TableReader) -> TLSFiles? {
        guard let tls = table.table("tls") else { return nil }
        defer { tls.finish() }
        let authority = readPEM(tls, "ca", mark: "CERTIFICATE-----", what: "certificate")
        let certificate = readPEM(tls, "certificate", mark: "CERTIFICATE-----", what: "certificate")
        let key = readPEM(tls, "key", mark: "PRIVATE KEY-----", what: "private key")
        if key?.isWorldReadable == true { noteWorldReadable(tls, "key") }
        if tls.has("certificate"), !tls.has("key") {
            tls.fail("a client certificate needs its private key; set \"key\"", at: "certificate")
        }
        if tls.has("key"), !tls.has("certificate") {
            tls.fail("a private key needs its certificate; set \"certificate\"", at: "key")
        }
        return TLSFiles(authorityFile: authority?.path, certificateFile: certificate?.path, keyFile: key?.path)
    }

    /// The path that a key names: a file, absolute or beside the configuration, or `credential:NAME`, which systemd has
    /// put where only this service reads it (`LoadCredential=`, systemd.exec(5)).
    private func path(_ text: String, _ table: TableReader, _ key: String) -> String? {
        let mark = "credential:"
        guard text.hasPrefix(mark) else { return resolved(text) }
        let name = text.dropFirst(mark.count)
        guard !name.isEmpty, !name.contains("/"), name != ".", name != ".." else {
            table.fail("\(quoted(text)) names no credential; write \"credential:NAME\"", at: key)
            return nil
        }
        guard let credentialsDirectory else {
            table.fail(
                "\(quoted(text)) is a credential of systemd, and there are none here: $CREDENTIALS_DIRECTORY is not "
                    + "set. The unit needs LoadCredential=\(name):FILE", at: key)
            return nil
        }
        return "\(credentialsDirectory)/\(name)"
    }

    private func readFile(_ table: TableReader, _ key: String, sizeMax: ByteCount) -> NamedFile? {
        guard let text = table.string(key), let path = path(text, table, key) else { return nil }
        do {
            let contents = try FileContents(path: path, sizeMax: sizeMax)
            guard !contents.bytes.isEmpty else {
                table.fail("\(path) is empty", at: key)
                return nil
            }
            return NamedFile(path: path, bytes: contents.bytes, isWorldReadable: contents.isWorldReadable)
        } catch {
            table.fail(error.description, at: key)
            return nil
        }
    }

    private func readPEM(_ table: TableReader, _ key: String, mark: String, what: String) -> NamedFile? {
        guard let file = readFile(table, key, sizeMax: .mebibytes(4)) else { return nil }
        let text = String(decoding: file.bytes, as: UTF8.self)
        guard text.contains("-----BEGIN "), text.contains(mark) else {
            table.fail("\(file.path) holds no \(what) in PEM form", at: key)
            return nil
        }
        return file
    }

    private func noteWorldReadable(_ table: TableReader, _ key: String) {
        table.note("every user of this machine can read this file; chmod 640 it, with the agent's group", at: key)
    }
}
