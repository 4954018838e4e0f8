import Records
import StrictTOML
import Uplinks

/// `[uplinks.NAME]` with a Kafka cluster as its destination.
extension AgentConfigurationReader {
    private typealias Preset = KafkaDestination.Preset

    func readKafkaDestination(_ table: TableReader, name: UplinkName) -> KafkaDestination? {
        let preset = table.choice("preset", of: KafkaDestination.Preset.self)
        let format = table.choice("format", of: KafkaDestination.Format.self) ?? .raw
        let connection = readConnectionString(table, preset)
        let cluster = readCluster(table, preset, connection?.string)
        var destination = KafkaDestination(
            cluster: cluster ?? ClusterAddress(brokers: ["unknown:9092"], isEncrypted: true),
            topic: readTopic(table, format, default: connection?.string.entity),
            key: readKey(table, format), clientID: readClientID(table) ?? "millrace-\(gateway)-\(name)")
        destination.preset = preset
        destination.format = format
        destination.batch = readBatch(table.tableOrEmpty("batch"))
        destination.compression = readCompression(table, preset)
        destination.messageSizeMax =
            table.byteCount("message_max", in: .kibibytes(4)...(.mebibytes(64))) ?? destination.messageSizeMax
        destination.requestTimeout =
            table.duration("request_timeout", in: .seconds(1)...(.seconds(300)))
            ?? (preset == .eventHubs ? .seconds(60) : destination.requestTimeout)
        destination.acknowledgementTimeout =
            table.duration("acknowledgement_timeout", in: .seconds(5)...(.seconds(600)))
            ?? max(destination.acknowledgementTimeout, destination.requestTimeout * 2)
        let tls = readTLS(table)
        destination.tls = destination.cluster.isEncrypted ? tls ?? TLSFiles() : nil
        destination.login = readLogin(table, preset)
        if let connection {
            destination.login = .password(.plain, username: "$ConnectionString", file: connection.path)
        }
        guard cluster != nil else { return nil }
        checkFit(destination, hasTLS: tls != nil, table)
        return destination
    }

    /// The cluster's address; nil where it is missing or wrong, which is reported.
    private func readCluster(
        _ table: TableReader, _ preset: KafkaDestination.Preset?, _ connection: ConnectionString?
    ) -> ClusterAddress? {
        if preset == .eventHubs, !table.has("url") {
            return connection.map { ClusterAddress(brokers: ["\($0.host):9093"], isEncrypted: true) }
        }
        table.require("url", example: "\"kafka://k1:9092,k2:9092\"")
        guard let url = table.string("url") else { return nil }
        do {
            let cluster = try ClusterAddress(url: url)
            if let preset, !cluster.isEncrypted {
                table.fail("the preset \(quoted(preset.rawValue)) needs TLS; write kafkas://", at: "url")
            }
            if preset == .msk, cluster.brokers.contains(where: { $0.hasSuffix(":9098") || $0.hasSuffix(":9198") }) {
                table.fail(
                    "port 9098 is for IAM, which is not supported; use 9094 with TLS, or 9096 with SCRAM", at: "url")
            }
            return cluster
        } catch {
            table.fail(error.message, at: "url")
            return nil
        }
    }

    private func readConnectionString(
        _ table: TableReader, _ preset: KafkaDestination.Preset?
    ) -> (string: ConnectionString, path: String)? {
        guard preset == .eventHubs else {
            if table.has("connection_string_file") {
                _ = table.string("connection_string_file")
                table.fail("only preset = \"event-hubs\" has a connection string", at: "connection_string_file")
            }
            return nil
        }
        table.require("connection_string_file", example: "\"event-hubs.connection\"")
        guard let (path, secret) = readSecret(table, "connection_string_file", what: "connection string") else {
            return nil
        }
        guard let string = ConnectionString(secret.exposed) else {
            table.fail(
                "\(path) holds no connection string: Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…",
                at: "connection_string_file")
            return nil
        }
        return (string, path)
    }

    private func readTopic(
        _ table: TableReader, _ format: KafkaDestination.Format, default standard: String?
    ) -> String {
        let standard = standard ?? "{stream}"
        guard let text = table.string("topic") else { return standard }
        if let problem = TopicSyntax.problem(kafkaTopic: text, placeholders: Self.placeholders) {
            table.fail(problem, at: "topic")
            return standard
        }
        checkPlaceholders(text, "topic", format, table)
        return text
    }

    private func readKey(_ table: TableReader, _ format: KafkaDestination.Format) -> String {
        let standard = format == .raw ? "{device}" : "{gateway}"
        guard let text = table.string("key") else { return standard }
        if let problem = TopicSyntax.placeholderProblem(text, allowed: Self.placeholders) {
            table.fail(problem, at: "key")
            return standard
        }
        if text.utf8.count > TopicTemplate.sizeMax {
            table.fail("is longer than \(TopicTemplate.sizeMax) bytes", at: "key")
        }
        checkPlaceholders(text, "key", format, table)
        return text
    }

    private static let placeholders = ["gateway", "stream", "topic", "device"]

    private func checkPlaceholders(
        _ text: String, _ key: String, _ format: KafkaDestination.Format, _ table: TableReader
    ) {
        guard format.batch != nil, let name = ["topic", "device"].first(where: { text.contains("{\($0)}") }) else {
            return
        }
        table.fail(
            "{\(name)} differs from record to record, but a \(format.rawValue) message holds many; "
                + "use {gateway} and {stream}, or format = \"raw\"", at: key)
    }

    private func readCompression(
        _ table: TableReader, _ preset: KafkaDestination.Preset?
    ) -> KafkaDestination.Compression {
        let standard: KafkaDestination.Compression = preset == .eventHubs ? .none : .zstd
        let compression = table.choice("compression", of: KafkaDestination.Compression.self) ?? standard
        if preset == .eventHubs, compression != .none, compression != .gzip {
            table.fail("Event Hubs takes \"gzip\" and \"none\" only", at: "compression")
        }
        return compression
    }

    // MARK: Logging in

    private func readLogin(_ table: TableReader, _ preset: KafkaDestination.Preset?) -> KafkaDestination.Login? {
        let mechanism = table.choice("login", of: KafkaDestination.Mechanism.self)
        let username = table.string("username")
        let password = readSecret(table, "password_file")?.path
        let token = readSecret(table, "token_file", what: "token")?.path
        if preset == .eventHubs {
            for key in ["login", "username", "password_file", "token_file"] where table.has(key) {
                table.fail("the connection string says how to log in; leave \(quoted(key)) out", at: key)
            }
            return nil
        }
        if mechanism == .oauthbearer || (mechanism == nil && table.has("token_file")) {
            if !table.has("token_file") {
                table.fail("a token comes from a file that somebody keeps fresh; set \"token_file\"", at: "login")
            }
            for key in ["username", "password_file"] where table.has(key) {
                table.fail("a token says who we are; leave \(quoted(key)) out", at: key)
            }
            return token.map { .token(file: $0) }
        }
        if table.has("token_file") {
            table.fail("a token needs login = \"oauthbearer\"", at: "token_file")
        }
        guard table.has("username") || table.has("password_file") || mechanism != nil else { return nil }
        if !table.has("username") {
            table.fail(
                "logging in needs a user name; set \"username\"", at: mechanism == nil ? "password_file" : "login")
        }
        if !table.has("password_file") {
            table.fail(
                "a user name needs a password; set \"password_file\"", at: table.has("username") ? "username" : "login")
        }
        guard let username, let password else { return nil }
        return .password(mechanism ?? preset?.mechanism ?? .plain, username: username, file: password)
    }

    /// What single keys cannot tell.
    private func checkFit(_ destination: KafkaDestination, hasTLS: Bool, _ table: TableReader) {
        let cluster = destination.cluster
        if hasTLS, !cluster.isEncrypted {
            table.fail("tls is set, but the url says kafka://; write kafkas:// for encrypted connections", at: "url")
        }
        if !cluster.isEncrypted, !cluster.isLoopback {
            if case .password(.plain, _, _) = destination.login {
                table.note(
                    "the password travels unencrypted to \(cluster.brokers[0]); kafkas:// would encrypt it", at: "url")
            }
            if case .token = destination.login {
                table.note(
                    "the token travels unencrypted to \(cluster.brokers[0]); kafkas:// would encrypt it", at: "url")
            }
        }
        if destination.acknowledgementTimeout < destination.requestTimeout {
            table.fail(
                "is shorter than request_timeout, which is \(quoted(DurationText.format(destination.requestTimeout)))",
                at: "acknowledgement_timeout")
        }
        if destination.format.batch == nil, table.has("batch") {
            table.fail(
                "raw sends one message per record; batch is for formats of many, such as \"cloudevents\"", at: "batch")
        }
        let hasIdentity = destination.login != nil || destination.tls?.certificateFile != nil
        switch destination.preset {
        case .confluent where destination.login == nil && !table.has("username") && !table.has("password_file"):
            table.fail(
                "Confluent Cloud needs the API key as \"username\" and its secret in \"password_file\"", at: "preset")
        case .aiven:
            if destination.tls?.authorityFile == nil, !table.has("tls") {
                table.fail(
                    "Aiven's certificate comes from an authority of the project; set tls = { ca = \"ca.pem\" }",
                    at: "preset")
            }
            if !hasIdentity, !table.has("username"), !table.has("password_file") {
                table.fail(
                    "Aiven needs tls.certificate and tls.key, or \"username\" and \"password_file\" for SCRAM",
                    at: "preset")
            }
        default: break
        }
    }
}

extension KafkaDestination.Preset {
    /// How one logs in with a password, unless said otherwise.
    fileprivate var mechanism: KafkaDestination.Mechanism {
        switch self {
        case .confluent, .eventHubs: .plain
        case .aiven: .scramSHA256
        case .msk: .scramSHA512
        }
    }
}
