import MQTTTransport
import Records
import StrictTOML
import Uplinks

/// The keys that `[mqtt.NAME]` and `[uplinks.NAME]` have in common.
extension AgentConfigurationReader {
    private enum Version: String, CaseIterable {
        case v5 = "5"
        case v311 = "3.1.1"
    }

    /// Reads everything that says how to reach and enter a broker. Always returns one, so that reading goes on: where
    /// the url is missing or wrong, that has been reported.
    func readBroker(_ table: TableReader, name: String) -> BrokerConfiguration {
        let address = readAddress(table)
        var broker = BrokerConfiguration(
            address: address ?? BrokerAddress(host: "", port: 1883, isEncrypted: false),
            clientID: readClientID(table) ?? "millrace-\(gateway)-\(name)")
        broker.version = table.choice("version", of: Version.self) == .v311 ? .v311 : .v5
        broker.username = table.string("username")
        broker.password = readPassword(table)
        broker.keepAlive = table.duration("keepalive", in: .seconds(30)...(.seconds(600))) ?? broker.keepAlive
        broker.will = readWill(table)
        let tls = readTLS(table)
        if let address {
            broker.tls = address.isEncrypted ? tls ?? broker.tls : nil
            if table.has("tls"), !address.isEncrypted {
                table.fail(
                    "tls is set, but the url says mqtt://; write mqtts:// for an encrypted connection", at: "url")
            }
            if table.has("password_file"), !address.isEncrypted, !address.isLoopback {
                table.note("the password travels unencrypted to \(address.host); mqtts:// would encrypt it", at: "url")
            }
        }
        if table.has("password_file"), !table.has("username") {
            table.fail("a password needs a user name; set \"username\"", at: "password_file")
        }
        return broker
    }

    private func readAddress(_ table: TableReader) -> BrokerAddress? {
        table.require("url", example: "\"mqtt://127.0.0.1:1883\"")
        guard let url = table.string("url") else { return nil }
        do {
            return try BrokerAddress(url: url)
        } catch {
            table.fail(error.message, at: "url")
            return nil
        }
    }

    private func readClientID(_ table: TableReader) -> String? {
        guard let text = table.string("client_id") else { return nil }
        let isPlain = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
        guard isPlain, text.utf8.count <= 256 else {
            table.fail("must have at most 256 bytes and no control characters", at: "client_id")
            return nil
        }
        return text
    }

    /// The content of the password file without the newline at its end.
    private func readPassword(_ table: TableReader) -> Secret? {
        guard let contents = readFile(table, "password_file") else { return nil }
        if contents.isWorldReadable { noteWorldReadable(table, "password_file") }
        var bytes = contents.bytes[...]
        if bytes.last == 0x0A { bytes.removeLast() }
        if bytes.last == 0x0D { bytes.removeLast() }
        guard let text = String(validating: bytes, as: UTF8.self), !bytes.isEmpty, !bytes.contains(0) else {
            let problem = bytes.isEmpty ? "holds no password" : "holds no text in UTF-8"
            table.fail("\(contents.path) \(problem)", at: "password_file")
            return nil
        }
        if text.utf8.contains(0x0A) {
            table.fail("\(contents.path) has more than one line; a password is one line", at: "password_file")
        }
        return Secret(text)
    }

    private func readTLS(_ table: TableReader) -> MQTTConfiguration.TLS? {
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
        return MQTTConfiguration.TLS(
            authorityFile: authority?.path, certificateFile: certificate?.path, keyFile: key?.path)
    }

    private func readWill(_ table: TableReader) -> MQTTConfiguration.Will? {
        guard let will = table.table("will") else { return nil }
        defer { will.finish() }
        will.require("topic", example: "\"gateways/{gateway}/state\"")
        let payload = will.string("payload", allowsEmpty: true) ?? ""
        let isRetained = will.boolean("retain") ?? false
        if payload.utf8.count > 65_535 { will.fail("is longer than 65535 bytes", at: "payload") }
        guard let topic = will.string("topic") else { return nil }
        if let problem = TopicSyntax.problem(template: topic, placeholders: ["gateway"]) {
            will.fail(problem, at: "topic")
            return nil
        }
        return MQTTConfiguration.Will(
            topic: topic.replacing("{gateway}", with: gateway.rawValue), payload: Array(payload.utf8),
            isRetained: isRetained)
    }

    /// A file that the configuration names, and what is in it.
    private struct NamedFile {
        let path: String
        let bytes: [UInt8]
        let isWorldReadable: Bool
    }

    private func readFile(_ table: TableReader, _ key: String) -> NamedFile? {
        guard let text = table.string(key) else { return nil }
        let path = resolved(text)
        do {
            let contents = try FileContents(
                path: path, sizeMax: key == "password_file" ? .kibibytes(64) : .mebibytes(4))
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
        guard let file = readFile(table, key) else { return nil }
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
