import Agent
import Glibc
import Records
import StrictTOML

/// Brokers that are read, and destinations.
extension SetupConversation {
    mutating func askBrokers() async throws {
        for name in names(in: "mqtt") {
            try await review("mqtt.\(name)") { configuration in
                await configuration.mqttSources.first { $0.name.rawValue == name }.map { BrokerProbe($0) }?.finding()
            }
        }
        var usual = names(in: "mqtt").isEmpty ? "mqtt://127.0.0.1:1883" : "none"
        while true {
            let url = try questions.ask("MQTT broker to read, or none", default: usual)
            if url == "none" { return }
            let topics = try questions.ask("Topics to take in, with commas between", default: "sensors/#")
            let list = topics.split(separator: ",").map { TOMLText.string(Self.trimmed(String($0))) }
            let name = freeName("mqtt", "local")
            let table = "mqtt.\(name)"
            var body = ["url = \(TOMLText.string(url))", "topics = [\(list.joined(separator: ", "))]"]
            body += try askAccess(url, name: name)
            if let configuration = take(table, body),
                let source = configuration.mqttSources.first(where: { $0.name.rawValue == name }),
                try keeps(await BrokerProbe(source).finding(), table)
            {
                usual = "none"
            } else {
                dropSecrets(of: name)
            }
        }
    }

    mutating func askUplinks() async throws {
        for name in names(in: "uplinks") {
            try await review("uplinks.\(name)") { configuration in
                await Self.probe(name, configuration)?.finding()
            }
        }
        var usual = "none"
        while true {
            let url = try questions.ask(
                "Destination (mqtts://, kafkas:// or https://HOST:PORT; docs/configuration.md has presets), or none",
                default: usual)
            usual = "none"
            if url == "none" { return }
            let name = freeName("uplinks", "central")
            let table = "uplinks.\(name)"
            var body = ["url = \(TOMLText.string(url))"]
            if !url.hasPrefix("http") {
                let topic = try questions.ask(
                    "Topic", default: url.hasPrefix("kafka") ? "telemetry" : "gateways/{gateway}/{topic}")
                body.append("topic = \(TOMLText.string(topic))")
            }
            body += try askAccess(url, name: name)
            guard let configuration = take(table, body), let probe = Self.probe(name, configuration),
                try keeps(await probe.finding(), table)
            else {
                dropSecrets(of: name)
                continue
            }
        }
    }

    private static func probe(_ name: String, _ configuration: AgentConfiguration) -> DestinationProbe? {
        configuration.uplinks.first { $0.name.rawValue == name }.map {
            DestinationProbe(uplink: $0, gateway: configuration.gateway)
        }
    }

    // MARK: One table

    /// Tries what is there already, and asks whether it stays.
    private mutating func review(
        _ table: String, _ probe: (AgentConfiguration) async -> Finding?
    ) async throws {
        var isGood = false
        do throws(ConfigurationError) {
            if let finding = await probe(try configuration()) { isGood = tell(finding) }
        } catch {
            for issue in error.issues { questions.tell("  \(issue)") }
        }
        if !(try questions.confirm("Keep [\(table)]", default: true)) {
            text.remove(table)
        } else if !isGood {
            questions.tell("  [\(table)] stays as it is")
        }
    }

    /// Whether a table stays that was tried; takes it out where not.
    private mutating func keeps(_ finding: Finding, _ table: String) throws -> Bool {
        if tell(finding) { return true }
        if try questions.confirm("Keep it all the same", default: false) { return true }
        text.remove(table)
        return false
    }

    /// Whom to trust, and who we are.
    private mutating func askAccess(_ url: String, name: String) throws -> [String] {
        var lines: [String] = []
        if ["mqtts:", "kafkas:", "https:"].contains(where: { url.hasPrefix($0) }) {
            let file = try questions.ask("File with the CA's certificate; empty: the system's authorities") { path in
                path.isEmpty || access(path.hasPrefix("/") ? path : "\(directory)/\(path)", R_OK) == 0
                    ? nil : "\(path): \(String(cString: strerror(errno)))"
            }
            if !file.isEmpty { lines.append("tls = { ca = \(TOMLText.string(file)) }") }
        }
        guard !url.hasPrefix("http") else {
            let token = try questions.secret("Bearer token; empty for none")
            if !token.isEmpty { lines.append("token_file = \(TOMLText.string(try keep(token, "\(name).token")))") }
            return lines
        }
        let user = try questions.ask("User name; empty for none")
        guard !user.isEmpty else { return lines }
        lines.append("username = \(TOMLText.string(user))")
        let password = try questions.secret("Password")
        if !password.isEmpty {
            lines.append("password_file = \(TOMLText.string(try keep(password, "\(name).password")))")
        }
        return lines
    }

    // MARK: Secrets

    /// Puts a secret into a file beside the configuration that only its owner and group read; gives the file's name.
    private mutating func keep(_ secret: String, _ name: String) throws -> String {
        let name = (0...).lazy.map { $0 == 0 ? name : "\(name)-\($0)" }.first {
            access("\(directory)/\($0)", F_OK) != 0
        }
        guard let name else { preconditionFailure("there is always a name that is free") }
        let file = "\(directory)/\(name)"
        try NewFile.write(secret + "\n", to: file, mode: 0o640)
        secretFiles.append(file)
        questions.tell("  it is kept in \(file)")
        return name
    }

    private mutating func dropSecrets(of name: String) {
        let beginning = "\(directory)/\(name)."
        for file in secretFiles where file.hasPrefix(beginning) { unlink(file) }
        secretFiles.removeAll { $0.hasPrefix(beginning) }
    }

    // MARK: Names

    /// The name, or the name with a number, that no table has.
    func freeName(_ table: String, _ name: String) -> String {
        let taken = names(in: table) + names(in: "mqtt") + names(in: "serial") + names(in: "uplinks")
        guard taken.contains(name) else { return name }
        return (2...).lazy.map { "\(name)-\($0)" }.first { !taken.contains($0) } ?? name
    }

    private static func trimmed(_ text: String) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
