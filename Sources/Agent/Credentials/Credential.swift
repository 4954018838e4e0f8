import MQTTTransport
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
        for uplink in uplinks {
            let part = "uplinks.\(uplink.name)"
            switch uplink.destination {
            case .mqtt(let destination): all += destination.broker.credentials(of: part)
            case .kafka(let destination):
                all += destination.tls?.credentials(of: part) ?? []
                switch destination.login {
                case .token(let file):
                    all.append(Credential(part: part, key: "token_file", kind: .secret, path: file))
                case .password(_, _, let file):
                    all.append(Credential(part: part, key: "password_file", kind: .secret, path: file))
                case nil: break
                }
            case .http(let destination):
                all += destination.tls.credentials(of: part)
                if let (key, file) = destination.proof.file {
                    all.append(Credential(part: part, key: key, kind: .secret, path: file))
                }
            }
        }
        return all
    }
}

extension AgentConfiguration {
    /// The files that say whom each part trusts and who it is, where it uses TLS, in the order of the configuration.
    public var tlsFiles: [(part: String, files: TLSFiles)] {
        let sources = mqttSources.map { ("mqtt.\($0.name)", $0.broker.files) }
        let destinations = uplinks.map { uplink in
            let files: TLSFiles? =
                switch uplink.destination {
                case .mqtt(let destination): destination.broker.files
                case .kafka(let destination): destination.tls
                case .http(let destination): destination.tls
                }
            return ("uplinks.\(uplink.name)", files ?? TLSFiles())
        }
        return sources + destinations
    }
}

extension BrokerConfiguration {
    fileprivate var files: TLSFiles {
        TLSFiles(authorityFile: tls?.authorityFile, certificateFile: tls?.certificateFile, keyFile: tls?.keyFile)
    }

    fileprivate func credentials(of part: String) -> [Credential] {
        let password = passwordFile.map { Credential(part: part, key: "password_file", kind: .secret, path: $0) }
        return files.credentials(of: part) + (password.map { [$0] } ?? [])
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
