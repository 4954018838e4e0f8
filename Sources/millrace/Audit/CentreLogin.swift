import Agent
import ArgumentParser
import KafkaUplink
import MQTTTransport
import Records
import StrictTOML
import Uplinks

/// How to enter the centre's broker or cluster.
struct CentreLogin: ParsableArguments {
    /// How a name and a password are shown to a cluster.
    enum Mechanism: String, CaseIterable, ExpressibleByArgument {
        case plain = "plain"
        case scramSHA256 = "scram-sha-256"
        case scramSHA512 = "scram-sha-512"
    }

    @Option(name: .customLong("login"), help: "How to log in to a Kafka cluster.") var mechanism = Mechanism.plain
    @Option(help: "The user name.") var username: String?
    @Option(help: Self.file("The file that holds the password."), completion: .file()) var passwordFile: String?
    @Option(
        help: Self.file("The authorities that are trusted, PEM; the system's without it."), completion: .file())
    var ca: String?
    @Option(help: Self.file("Our certificate, PEM."), completion: .file()) var certificate: String?
    @Option(help: Self.file("The private key of our certificate, PEM."), completion: .file()) var key: String?
    @Option(help: ArgumentHelp("The client id; a random one without it.", valueName: "name")) var clientID: String?

    private static func file(_ abstract: String) -> ArgumentHelp { ArgumentHelp(abstract, valueName: "file") }

    func validate() throws {
        if passwordFile != nil, username == nil { throw ValidationError("A password needs --username.") }
        if (certificate == nil) != (key == nil) { throw ValidationError("--certificate and --key need each other.") }
    }

    /// How to reach the cluster at a url.
    func cluster(at url: String) throws -> KafkaConfiguration {
        let address = try ClusterAddress.reading(url: url, option: "--url")
        try checkEncryption(address.isEncrypted, "kafkas://")
        var configuration = KafkaConfiguration(brokers: address.brokers, clientID: clientID ?? Self.randomClientID)
        if address.isEncrypted {
            configuration.tls = TLSFiles(authorityFile: ca, certificateFile: certificate, keyFile: key)
        }
        if let username, let passwordFile {
            let password: KafkaConfiguration.SecretSource = { try CredentialFile(path: passwordFile).secret().exposed }
            configuration.login =
                switch mechanism {
                case .plain: .plain(username: username, password: password)
                case .scramSHA256: .scramSHA256(username: username, password: password)
                case .scramSHA512: .scramSHA512(username: username, password: password)
                }
        }
        return configuration
    }

    private static var randomClientID: String {
        "millrace-audit-" + String(UInt32.random(in: 0 ... .max), radix: 16)
    }

    private func checkEncryption(_ isEncrypted: Bool, _ scheme: String) throws {
        guard isEncrypted || ca == nil && certificate == nil else {
            throw ConfigurationError(option: "--url", "--ca and --certificate need \(scheme)")
        }
    }

    /// How to reach the broker at a url.
    func configuration(of url: String) throws -> MQTTConfiguration {
        let address = try BrokerAddress.reading(url: url, option: "--url")
        try checkEncryption(address.isEncrypted, "mqtts://")
        var configuration = MQTTConfiguration(
            host: address.host, port: address.port, clientID: clientID ?? Self.randomClientID)
        configuration.sessionExpiry = .zero
        configuration.username = username
        if let passwordFile {
            do throws(SigningFailure) {
                configuration.password = try CredentialFile(path: passwordFile).secret().exposed
            } catch {
                throw ConfigurationError(option: "--password-file", "\(error)")
            }
        }
        if address.isEncrypted {
            configuration.tls = TLSFiles(authorityFile: ca, certificateFile: certificate, keyFile: key)
        }
        return configuration
    }
}
