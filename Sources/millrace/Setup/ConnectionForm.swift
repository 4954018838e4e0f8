import Agent
import Glibc
import Records
import StrictTOML
import Uplinks

/// Asks what a kind of connection needs. What is there already, or was answered before, is the answer to an empty line.
struct ConnectionForm {
    let questions: Questions
    let secrets: SecretFiles
    /// The table's own name, by which files with its secrets are called.
    let name: String
    let gateway: String
    /// What the table says, by key; arrays with commas between.
    var values: [String: String]

    /// Asks everything of a kind.
    ///
    /// - Parameter hasAddress: whether the address is not to be asked for.
    /// - Throws: `Questions.Ended` where the answers are over, `NewFile.Failure` where a secret cannot be kept.
    mutating func ask(_ kind: ConnectionKind, hasAddress: Bool) throws {
        for (key, value) in kind.fixed { values[key] = value }
        for item in kind.items {
            if case .address = item, hasAddress { continue }
            try ask(item, kind)
        }
        if !isEncrypted { values = values.filter { !$0.key.hasPrefix("tls.") } }
    }

    /// The keys of a kind and their values in TOML, in order; nil for those that are not to be there.
    func entries(_ kind: ConnectionKind) -> [(key: String, value: String?)] {
        kind.keys.map { key in
            switch key {
            case "tls":
                let files = ["ca", "certificate", "key"].compactMap { file in
                    values["tls.\(file)"].map { "\(file) = \(TOMLText.string($0))" }
                }
                return (key, files.isEmpty ? nil : "{ \(files.joined(separator: ", ")) }")
            case "topics":
                let topics = Self.list(values[key] ?? "").map(TOMLText.string)
                return (key, "[\(topics.joined(separator: ", "))]")
            case "metadata_server": return (key, values[key])
            default: return (key, values[key].map(TOMLText.string))
            }
        }
    }

    private var isEncrypted: Bool {
        let url = values["url"] ?? ""
        return ["mqtts:", "kafkas:", "https:"].contains { url.lowercased().hasPrefix($0) }
    }

    private mutating func ask(_ item: ConnectionKind.Item, _ kind: ConnectionKind) throws {
        switch item {
        case .address(let address): try ask(address, kind)
        case .text(let text): try ask(text)
        case .topics:
            let topics = try questions.ask(
                "Topics to take in, with commas between", default: values["topics"] ?? "sensors/#"
            ) { Self.list($0).isEmpty ? "one topic filter at least, such as sensors/#" : nil }
            values["topics"] = topics
        case .secret(let key, let name, let isNeeded): try askSecret(key, name, isNeeded: isNeeded)
        case .login(let user, let password, let isNeeded):
            let question = isNeeded ? user : "\(user); \(optional("username"))"
            set("username", try askText(question, default: values["username"], isNeeded: isNeeded))
            guard values["username"] != nil else { return set("password_file", "") }
            try askSecret("password_file", password, isNeeded: isNeeded)
        case .file(let key, let name):
            try askFile(key, "File with the \(name)") { Self.problem(file: $0) }
        case .amazonKey: try askAmazonKey()
        case .authority(let isNeeded):
            guard isEncrypted else { return }
            let sign = values["tls.ca"] == nil ? "empty" : "-"
            let question = "File with the CA's certificate" + (isNeeded ? "" : "; \(sign): the system's authorities")
            try askFile("tls.ca", question, isNeeded: isNeeded) { Self.problem(certificate: $0, isAuthority: true) }
        case .certificate(let isNeeded):
            if isEncrypted { try askCertificate(isNeeded: isNeeded) }
        case .choice(let question, let ways): try ask(question, ways, kind)
        }
    }

    // MARK: One answer

    private mutating func ask(_ address: ConnectionKind.Address, _ kind: ConnectionKind) throws {
        let answer = try questions.ask(address.question, default: values["url"] ?? address.usual) { text in
            Self.problem(text, with: kind)
        }
        values["url"] = Self.complete(answer, with: kind)
    }

    private mutating func ask(_ text: ConnectionKind.Text) throws {
        guard text.isAsked(values) else { return set(text.key, "") }
        let usual = text.usual.replacing("{GATEWAY}", with: gateway)
        let isNeeded = !text.example.isEmpty
        set(
            text.key,
            try askText(
                text.question, default: values[text.key] ?? usual, isNeeded: isNeeded,
                example: isNeeded ? ", such as \(text.example)" : ""))
    }

    private mutating func ask(
        _ question: String, _ ways: [ConnectionKind.Way], _ kind: ConnectionKind
    ) throws {
        let fits = ways.map { $0.fit(values) ?? -1 }
        let usual = fits.max().flatMap { fits.firstIndex(of: $0) } ?? 0
        let way = ways[try questions.pick(question, among: ways.map(\.title), default: usual)]
        for key in ways.flatMap(\.keys) where !way.keys.contains(key) {
            for key in key == "tls" ? ["tls.certificate", "tls.key"] : [key] { values[key] = nil }
        }
        for (key, value) in way.fixed { values[key] = value }
        for item in way.items { try ask(item, kind) }
    }

    /// An answer that may be empty; `-` empties one that is there.
    private func askText(_ question: String, default usual: String?, isNeeded: Bool, example: String = "") throws
        -> String
    {
        let text = try questions.ask(question, default: usual ?? "") { text in
            isNeeded && text.isEmpty ? "an answer is needed" + example : nil
        }
        return !isNeeded && text == "-" ? "" : text
    }

    private mutating func set(_ key: String, _ text: String) { values[key] = text.isEmpty ? nil : text }

    private func optional(_ key: String) -> String { values[key] == nil ? "empty: none" : "-: none" }

    // MARK: Files

    private mutating func askFile(
        _ key: String, _ question: String, isNeeded: Bool = true, problem: (String) -> String?
    ) throws {
        let file = try questions.ask(question, default: values[key] ?? "") { text in
            if text.isEmpty || text == "-" { return isNeeded ? "a file is needed" : nil }
            return problem(resolved(text))
        }
        set(key, file == "-" ? "" : file)
        if let file = values[key] { advise(on: file) }
    }

    /// A secret that is typed, or in a file that is named.
    private mutating func askSecret(_ key: String, _ name: String, isNeeded: Bool) throws {
        let hint = "not shown; empty: it is in a file" + (isNeeded ? "" : ", or there is none")
        let secret = try questions.secret("\(name.prefix(1).uppercased())\(name.dropFirst()) (\(hint))")
        guard secret.isEmpty else {
            let ending = key.hasSuffix("_file") ? key.dropLast(5).split(separator: "_").joined(separator: "-") : key
            values[key] = try secrets.keep(secret, as: "\(self.name).\(ending)")
            return questions.tell("  it is kept in \(resolved(values[key] ?? ""))")
        }
        let question = "File with the \(name)" + (isNeeded ? "" : "; \(optional(key))")
        try askFile(key, question, isNeeded: isNeeded) { Self.problem(file: $0) }
    }

    /// The two halves of an access key, as AWS shows them, or a file as its own tools write it.
    private mutating func askAmazonKey() throws {
        let id = try questions.ask("Access key id; empty: it is in a file")
        guard !id.isEmpty else {
            return try askFile("credentials_file", "File with the access key, as ~/.aws/credentials") {
                Self.problem(file: $0)
            }
        }
        let secret = try questions.secret("Secret access key (not shown)")
        let text = "[default]\naws_access_key_id = \(id)\naws_secret_access_key = \(secret)"
        values["credentials_file"] = try secrets.keep(text, as: "\(name).credentials")
        questions.tell("  it is kept in \(resolved(values["credentials_file"] ?? ""))")
    }

    private mutating func askCertificate(isNeeded: Bool) throws {
        while true {
            let empty = isNeeded ? "" : "; \(optional("tls.certificate"))"
            try askFile("tls.certificate", "File with our certificate\(empty)", isNeeded: isNeeded) {
                Self.problem(certificate: $0, isAuthority: false)
            }
            guard let certificate = values["tls.certificate"] else { return set("tls.key", "") }
            tellEnd(of: resolved(certificate))
            let key = try questions.ask(
                "File with its private key; -: another certificate", default: values["tls.key"] ?? ""
            ) { text in
                if text == "-" { return nil }
                return text.isEmpty ? "a file is needed" : keyProblem(resolved(text), of: resolved(certificate))
            }
            guard key != "-" else { continue }
            values["tls.key"] = key
            return advise(on: key)
        }
    }

    private func keyProblem(_ key: String, of certificate: String) -> String? {
        do throws(SigningFailure) {
            try TLSFiles(certificateFile: certificate, keyFile: key).checkIdentity()
            return nil
        } catch {
            return error.reason
        }
    }

    /// Until when a certificate is good.
    private func tellEnd(of path: String) {
        // One that cannot be read was refused before.
        guard let validity = try? Validity.ofCertificates(in: path, isAuthority: false) else { return }
        let credential = Credential(part: "certificate", key: "tls.certificate", kind: .certificate, path: path)
        let now = SystemClock().read().wallMilliseconds / 1000
        _ = questions.tell(SelfTest.finding(credential, validity, at: now))
    }

    private func advise(on file: String) {
        if let advice = FileReader(of: secrets.configuration).advice(on: resolved(file)) {
            questions.tell("  \(advice)")
        }
    }

    /// As the configuration takes it: relative to its folder.
    private func resolved(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(AgentPlace.directory(of: secrets.configuration))/\(path)"
    }

    // MARK: What is wrong with an answer

    private static func problem(file: String) -> String? {
        do {
            let contents = try FileContents(path: file, sizeMax: .kibibytes(64))
            return contents.bytes.isEmpty ? "\(file) is empty" : nil
        } catch {
            return error.description
        }
    }

    private static func problem(certificate file: String, isAuthority: Bool) -> String? {
        if access(file, R_OK) != 0 { return "cannot read \(file): \(String(cString: strerror(errno)))" }
        do throws(SigningFailure) {
            _ = try Validity.ofCertificates(in: file, isAuthority: isAuthority)
            return nil
        } catch {
            return error.reason
        }
    }

    /// What is wrong with an address, for a kind that asks for one; nil where nothing is.
    static func problem(_ text: String, with kind: ConnectionKind) -> String? {
        guard let address = kind.address, !text.isEmpty else { return "an address is needed" }
        let url = complete(text, with: kind)
        let scheme = url.prefix { $0 != ":" }.lowercased()
        guard address.schemes.contains(scheme) else {
            let wanted = address.schemes.map { "\($0)://" }.joined(separator: " or ")
            return "it begins with \(scheme)://; wanted is \(wanted)"
        }
        do {
            switch kind.family {
            case .mqtt: _ = try BrokerAddress.reading(url: url, option: "url")
            case .kafka: _ = try ClusterAddress.reading(url: url, option: "url")
            case .http: _ = try URLTemplate(url)
            }
            return nil
        } catch let error as ConfigurationError {
            return error.issues.first?.message
        } catch let error as UplinkError {
            return error.message
        } catch {
            return "\(error)"
        }
    }

    /// An address as the configuration has it, of what a person types.
    static func complete(_ text: String, with kind: ConnectionKind) -> String {
        guard let address = kind.address, !text.contains("://") else { return text }
        if let around = address.around, !text.contains(".") { return around.before + text + around.after }
        return "\(address.schemes[0])://\(text)"
    }

    private static func list(_ text: String) -> [String] {
        text.split(separator: ",").map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }.filter { !$0.isEmpty }
    }
}
