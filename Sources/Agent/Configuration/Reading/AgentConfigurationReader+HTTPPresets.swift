import Records
import StrictTOML
import Uplinks

/// `[uplinks.NAME]` with an HTTP endpoint as its destination: what each preset needs.
extension AgentConfigurationReader {
    /// Where the records go; nil where that is missing or wrong, which is reported.
    func readEndpoint(
        _ table: TableReader, _ preset: HTTPDestination.Preset, _ format: HTTPDestination.Format
    ) -> HTTPDestination.Endpoint? {
        guard let text = table.string("url") else { return nil }
        if preset == .webhook {
            do {
                return .webhook(try URLTemplate(text))
            } catch {
                table.fail(error.message, at: "url")
                return nil
            }
        }
        let url = url(text, table, "url")
        switch preset {
        case .webhook, .eventGrid: return url.map { .eventGrid($0) }
        case .eventHubs:
            let key = readTemplate(table, "key", as: "partition key")
            if let url, url.path == "/" {
                table.fail("the url names no hub; write https://NAMESPACE.servicebus.windows.net/HUB", at: "url")
                return nil
            }
            return url.map { .eventHubs($0, key: key) }
        case .confluentREST:
            table.require("cluster", example: "\"lkc-a1b2c3\"")
            table.require("topic", example: "\"telemetry\"")
            let cluster = table.string("cluster")
            let topic = readTemplate(table, "topic", as: "topic")
            let key = readTemplate(table, "key", as: "key")
            guard let url, let cluster, let topic else { return nil }
            return .confluentREST(url, cluster: cluster, topic: topic, key: key)
        case .solace:
            let standard = format == .raw ? "gateways/{gateway}/{topic}" : "gateways/{gateway}/{stream}"
            let topic = readTemplate(table, "topic", as: "topic", default: standard)
            guard let url, let topic else { return nil }
            return .solace(url, topic: topic)
        case .influx:
            table.require("org", example: "\"plant7\"")
            table.require("bucket", example: "\"sensors\"")
            let organisation = table.string("org")
            let bucket = table.string("bucket")
            guard let url, let organisation, let bucket else { return nil }
            return .influx(url, organisation: organisation, bucket: bucket)
        case .kinesis: return readKinesis(table, url)
        case .pubsub: return readPubSub(table, url)
        }
    }

    /// How the gateway proves who it is. One way at most, and only those that the preset knows.
    func readProof(_ table: TableReader, _ preset: HTTPDestination.Preset) -> HTTPDestination.Proof {
        var proofs: [(key: String, proof: HTTPDestination.Proof)] = []
        if preset.proofs.contains(.password) {
            let username = table.string("username")
            let file = readSecret(table, "password_file")?.path
            if table.has("password_file"), !table.has("username") {
                table.fail("a password needs a user name; set \"username\"", at: "password_file")
            }
            if table.has("username"), !table.has("password_file") {
                table.fail("a user name needs a password; set \"password_file\"", at: "username")
            }
            if let username, let file { proofs.append(("password_file", .password(username: username, file: file))) }
        }
        if preset.proofs.contains(.token) { readToken(table, preset).map { proofs.append(("token_file", $0)) } }
        if preset.proofs.contains(.accessKey), let file = readSecret(table, "key_file", what: "key")?.path {
            proofs.append(("key_file", .field(name: "aeg-sas-key", prefix: "", file: file)))
        }
        if preset.proofs.contains(.signingKey), let file = readSecret(table, "sas_key_file", what: "key")?.path {
            proofs.append(("sas_key_file", .sharedAccess(.eventGrid, file: file)))
        }
        if preset.proofs.contains(.connectionString),
            let file = readSecret(table, "connection_string_file", what: "connection string")?.path
        {
            proofs.append(("connection_string_file", .sharedAccess(.eventHubs, file: file)))
        }
        proofs += readCloudProofs(table, preset)
        if proofs.count > 1 {
            table.fail(
                "\(quotedList(proofs.map(\.key))) are ways to the same end; keep one of them", at: proofs[1].key)
        }
        return proofs.first?.proof ?? .nothing
    }

    private func readToken(_ table: TableReader, _ preset: HTTPDestination.Preset) -> HTTPDestination.Proof? {
        let file = readSecret(table, "token_file", what: "token")?.path
        var name: String?
        if preset == .webhook, let text = table.string("token_header") {
            if text.utf8.allSatisfy({ Self.isTokenByte($0) }) {
                name = text
            } else {
                table.fail("\(quoted(text)) is no name of a header (RFC 9110, 5.6.2)", at: "token_header")
            }
            if !table.has("token_file") { table.fail("there is no token; set \"token_file\"", at: "token_header") }
        }
        let prefix = name != nil ? "" : preset == .influx ? "Token " : "Bearer "
        return file.map { .field(name: name ?? "authorization", prefix: prefix, file: $0) }
    }

    func readTemplate(
        _ table: TableReader, _ key: String, as kind: String, default standard: String? = nil,
        allowing allowed: [TopicTemplate.Placeholder] = TopicTemplate.Placeholder.allCases
    ) -> RecordTemplate? {
        guard let text = table.string(key) ?? (table.has(key) ? nil : standard) else { return nil }
        do {
            return try RecordTemplate(text, as: kind, allowing: allowed)
        } catch {
            table.fail(error.message, at: key)
            return nil
        }
    }
}

extension HTTPDestination.Preset {
    /// Ways to prove who one is.
    enum ProofKind { case password, token, accessKey, signingKey, connectionString, amazon, google }

    /// The ways that it knows.
    var proofs: Set<ProofKind> {
        switch self {
        case .webhook, .confluentREST, .solace: [.password, .token]
        case .eventGrid: [.accessKey, .signingKey, .token]
        case .eventHubs: [.connectionString, .token]
        case .influx: [.token]
        case .kinesis: [.amazon]
        case .pubsub: [.google, .token]
        }
    }
}
