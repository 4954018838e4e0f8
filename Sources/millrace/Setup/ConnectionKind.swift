/// A kind of broker, cluster or service, and what `millrace setup` asks for it: what its portal shows, and no more.
struct ConnectionKind: Sendable {
    /// What its `url` begins with, and so who reads its table.
    enum Family: Sendable { case mqtt, kafka, http }

    /// One thing that is asked. It sets a key, or a few that belong together.
    enum Item: Sendable {
        /// `url`
        case address(Address)
        /// A line of text.
        case text(Text)
        /// `topics` of a source.
        case topics
        /// A secret of one line, in a file of its own.
        case secret(key: String, name: String, isNeeded: Bool)
        /// `username` and `password_file`, by the names that they have there.
        case login(user: String, password: String, isNeeded: Bool)
        /// A file that is there already.
        case file(key: String, name: String)
        /// `credentials_file` of AWS, which is made of the two halves of a key.
        case amazonKey
        /// `tls.ca`, where the address has TLS.
        case authority(isNeeded: Bool)
        /// `tls.certificate` and `tls.key`, where the address has TLS.
        case certificate(isNeeded: Bool)
        /// One of several ways to the same end, the usual one first.
        case choice(String, [Way])
    }

    struct Address: Sendable {
        var question = "Address, HOST or HOST:PORT"
        /// The first is put before a bare host.
        var schemes: [String]
        var usual = ""
        /// What is put before and behind a word that is no host, such as the name of a region.
        var around: (before: String, after: String)?
    }

    struct Text: Sendable {
        var key: String
        var question: String
        /// `{GATEWAY}` stands for the gateway's id.
        var usual = ""
        /// Empty: an answer is no must.
        var example = ""
        /// Whether it is asked at all, by what was answered before.
        var isAsked: @Sendable ([String: String]) -> Bool = { _ in true }
    }

    struct Way: Sendable {
        var title: String
        /// Keys that it sets.
        var fixed: [String: String] = [:]
        var items: [Item] = []
    }

    /// What a person types to have it.
    let name: String
    /// What it is.
    let title: String
    let family: Family
    /// Keys that it sets.
    var fixed: [String: String] = [:]
    /// Ends of host names by which it is known.
    var hosts: [String] = []
    let items: [Item]

    /// The kind of a table that is there: the one whose own keys it has.
    ///
    /// - Parameter values: of the table, by key; texts without quotes.
    init?(of values: [String: String]) {
        // Without a url it can only be a cluster, whose connection string says where it is.
        let family = values["url"].map { Self.family(of: $0) } ?? .kafka
        let preset = values["preset"] == "webhook" ? nil : values["preset"]
        let fitting = Self.destinations.filter { kind in
            kind.family == family && kind.fixed["preset"] == preset
                && kind.fixed.allSatisfy { values[$0.key] == $0.value }
        }
        guard let kind = fitting.max(by: { $0.fixed.count < $1.fixed.count }) else { return nil }
        self = kind
    }

    /// The kind that a person means: its number in the list, its name, or the plain one of a url.
    init?(answer: String) {
        let kinds = Self.destinations
        if let number = Int(answer) {
            guard kinds.indices.contains(number - 1) else { return nil }
            self = kinds[number - 1]
        } else if let kind = kinds.first(where: { $0.name == answer.lowercased() }) {
            self = kind
        } else if let family = Self.family(of: answer),
            let kind = kinds.first(where: { $0.family == family && $0.fixed.isEmpty })
        {
            self = kind
        } else {
            return nil
        }
    }

    init(
        _ name: String, _ title: String, _ family: Family, preset: String? = nil, fixed: [String: String] = [:],
        hosts: [String] = [], _ items: [Item]
    ) {
        self.name = name
        self.title = title
        self.family = family
        self.fixed = fixed
        self.fixed["preset"] = preset
        self.hosts = hosts
        self.items = items
    }

    /// The hosted service that a url leads to, by its host; nil where that tells nothing.
    static func hosted(at url: String) -> ConnectionKind? {
        guard let family = family(of: url) else { return nil }
        let host = url.drop { $0 != "/" }.drop { $0 == "/" }.prefix { !":/?,".contains($0) }.lowercased()
        return destinations.first { kind in
            kind.family == family
                && kind.hosts.contains { end in
                    // A star stands for the region.
                    let parts = end.split(separator: "*", omittingEmptySubsequences: false)
                    guard parts.count == 2 else { return host == end || host.hasSuffix(".\(end)") }
                    return host.hasSuffix(parts[1]) && (host.hasPrefix(parts[0]) || host.contains(".\(parts[0])"))
                }
        }
    }

    /// What it asks of its address; nil where it has none.
    var address: Address? {
        for case .address(let address) in items { return address }
        return nil
    }

    /// The family that a url belongs to; nil where it is none of a known one.
    static func family(of url: String) -> Family? {
        switch url.prefix(while: { $0 != ":" }).lowercased() {
        case _ where !url.contains("://"): nil
        case "mqtt", "mqtts": .mqtt
        case "kafka", "kafkas": .kafka
        case "http", "https": .http
        default: nil
        }
    }

    /// All keys that its questions may set, each once; `tls` for those within it.
    var keys: [String] {
        (fixed.keys.sorted() + Self.keys(of: items)).reduce(into: []) { keys, key in
            if !keys.contains(key) { keys.append(key) }
        }
    }

    private static func keys(of items: [Item]) -> [String] {
        items.flatMap { item -> [String] in
            switch item {
            case .address: ["url"]
            case .text(let text): [text.key]
            case .topics: ["topics"]
            case .secret(let key, _, _), .file(let key, _): [key]
            case .login: ["username", "password_file"]
            case .amazonKey: ["credentials_file"]
            case .authority, .certificate: ["tls"]
            case .choice(_, let ways): ways.flatMap { $0.fixed.keys.sorted() + keys(of: $0.items) }
            }
        }
    }
}

extension ConnectionKind.Way {
    /// All keys that it may set.
    var keys: [String] { ConnectionKind("", title, .http, fixed: fixed, items).keys }

    /// How many of its keys a table has; nil where one of them is missing or another one.
    func fit(_ values: [String: String]) -> Int? {
        let isThere = keys.allSatisfy { key in
            if let value = fixed[key] { return values[key] == value }
            return values[key == "tls" ? "tls.certificate" : key] != nil
        }
        return isThere ? keys.count : nil
    }
}
