import Records
import Uplinks

/// A file by which a part of the agent proves who it is, or knows whom to trust, and whose content may end some day.
public struct Credential: Hashable, Sendable {
    /// What the file holds.
    public enum Kind: Hashable, Sendable {
        /// Whom to trust.
        case authority
        /// Who we are.
        case certificate
        /// A password, a token or a key: it may say itself when it ends, or have no end.
        case secret
    }

    /// Whose it is, such as `uplinks.central`.
    public let part: String
    /// The key of the configuration that names it, such as `tls.certificate`.
    public let key: String
    /// What it holds.
    public let kind: Kind
    /// Where it is.
    public let path: String

    /// The file that a key names.
    public init(part: String, key: String, kind: Kind, path: String) {
        self.part = part
        self.key = key
        self.kind = kind
        self.path = path
    }

    /// How long what is in it is good; nil where it does not say. Blocks on the disk.
    ///
    /// - Throws: `SigningFailure` where it cannot be read.
    public func validity() throws(SigningFailure) -> Validity? {
        switch kind {
        case .authority: try Validity.ofCertificates(in: path, isAuthority: true)
        case .certificate: try Validity.ofCertificates(in: path, isAuthority: false)
        case .secret: try Validity.ofSecret(in: path)
        }
    }
}

extension AgentConfiguration {
    /// All files with credentials, in the order of the configuration.
    public var credentials: [Credential] {
        var all: [Credential] = []
        for source in mqttSources { all += source.broker.credentials(of: "mqtt.\(source.name)") }
        for uplink in uplinks { all += uplink.credentials }
        return all
    }

    /// The files that say whom each part trusts and who it is, where it uses TLS, in the order of the configuration.
    public var tlsFiles: [(part: String, files: TLSFiles)] {
        mqttSources.map { ("mqtt.\($0.name)", $0.broker.tls ?? TLSFiles()) }
            + uplinks.map { ("uplinks.\($0.name)", $0.tlsFiles ?? TLSFiles()) }
    }
}

extension UplinkConfiguration {
    fileprivate var credentials: [Credential] {
        let part = "uplinks.\(name)"
        func secret(_ key: String, _ file: String) -> Credential {
            Credential(part: part, key: key, kind: .secret, path: file)
        }
        switch destination {
        case .mqtt(let destination): return destination.broker.credentials(of: part)
        case .kafka(let destination):
            let files = destination.tls?.credentials(of: part) ?? []
            switch destination.login {
            case .token(let file): return files + [secret("token_file", file)]
            case .password(_, _, let file): return files + [secret("password_file", file)]
            case nil: return files
            }
        case .http(let destination):
            let proof = destination.proof.file.map { secret($0.key, $0.path) }
            let proxy = destination.proxy?.passwordFile.map { secret("proxy_password_file", $0) }
            return destination.tls.credentials(of: part) + [proof, proxy].compactMap(\.self)
        }
    }

    fileprivate var tlsFiles: TLSFiles? {
        switch destination {
        case .mqtt(let destination): destination.broker.tls
        case .kafka(let destination): destination.tls
        case .http(let destination): destination.tls
        }
    }

    /// All files by which it proves who it is, or knows whom to trust.
    var credentialFiles: [String] { credentials.map(\.path) + (tlsFiles?.keyFile.map { [$0] } ?? []) }
}

extension BrokerConfiguration {
    fileprivate func credentials(of part: String) -> [Credential] {
        let password = passwordFile.map { Credential(part: part, key: "password_file", kind: .secret, path: $0) }
        return (tls?.credentials(of: part) ?? []) + (password.map { [$0] } ?? [])
    }
}

extension TLSFiles {
    fileprivate func credentials(of part: String) -> [Credential] {
        let authority = authorityFile.map { Credential(part: part, key: "tls.ca", kind: .authority, path: $0) }
        let certificate = certificateFile.map {
            Credential(part: part, key: "tls.certificate", kind: .certificate, path: $0)
        }
        return [authority, certificate].compactMap { $0 }
    }
}

extension HTTPDestination.Proof {
    /// The key that names its file, and the file.
    fileprivate var file: (key: String, path: String)? {
        switch self {
        case .nothing, .amazonRole, .amazonInstance, .googleMachine: nil
        case .password(_, let file): ("password_file", file)
        case .field(_, _, let file): ("token_file", file)
        case .sharedAccess(.eventGrid, let file): ("sas_key_file", file)
        case .sharedAccess(.eventHubs, let file): ("connection_string_file", file)
        case .amazonKey(let file): ("credentials_file", file)
        case .serviceAccount(let file): ("service_account_file", file)
        }
    }
}
