import Records

/// An access key of AWS.
public struct AmazonKey: Hashable, Sendable {
    /// Its public half.
    public let id: String
    let secret: Secret
    /// Set where the key is a temporary one.
    let sessionToken: Secret?
    /// When it ends, milliseconds since 1970; nil: it does not, or does not say.
    public let expiry: Int64?

    init(id: String, secret: Secret, sessionToken: Secret? = nil, expiry: Int64? = nil) {
        self.id = id
        self.secret = secret
        self.sessionToken = sessionToken
        self.expiry = expiry
    }

    /// Reads a key as AWS's own tools write it: JSON, as `aws sts assume-role` and services that hand out temporary
    /// keys give it, or the credentials file of the command line, whose profile `default` counts, or else the first.
    /// Nil where it is neither.
    public init?(reading text: String) {
        if let members = JSONMembers(Array(text.utf8)) {
            self.init(
                id: members["AccessKeyId"] ?? members["accessKeyId"],
                secret: members["SecretAccessKey"] ?? members["secretAccessKey"],
                sessionToken: members["SessionToken"] ?? members["sessionToken"] ?? members["Token"],
                expiry: members["Expiration"] ?? members["expiration"])
        } else {
            let lines = Self.profile(in: text)
            self.init(
                id: lines["aws_access_key_id"], secret: lines["aws_secret_access_key"],
                sessionToken: lines["aws_session_token"], expiry: nil)
        }
    }

    private init?(id: String?, secret: String?, sessionToken: String?, expiry: String?) {
        guard let id, let secret, !id.isEmpty, !secret.isEmpty, id.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        self.id = id
        self.secret = Secret(secret)
        self.sessionToken = sessionToken.flatMap { $0.isEmpty ? nil : Secret($0) }
        self.expiry = expiry.flatMap { TimestampReader.milliseconds($0.utf8) }
    }

    /// The keys and values of one profile.
    private static func profile(in text: String) -> [String: String] {
        var profiles: [(name: String, lines: [String: String])] = []
        for line in text.split(whereSeparator: \.isNewline) {
            let line = trimmed(line)
            if line.first == "[", line.last == "]" {
                profiles.append((trimmed(line.dropFirst().dropLast()), [:]))
            } else if let equals = line.firstIndex(of: "="), line.first != "#", line.first != ";", !profiles.isEmpty {
                let name = trimmed(line[..<equals]).lowercased()
                profiles[profiles.count - 1].lines[name] = trimmed(line[line.index(after: equals)...])
            }
        }
        return (profiles.first { $0.name == "default" } ?? profiles.first)?.lines ?? [:]
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        var text = text[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
