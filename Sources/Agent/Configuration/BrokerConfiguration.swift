import MQTTTransport
import Records
import Uplinks

/// How to reach and enter one MQTT broker: what `[mqtt.NAME]` and `[uplinks.NAME]` have in common.
public struct BrokerConfiguration: Equatable, Sendable {
    /// Where the broker listens.
    public var address: BrokerAddress
    /// Stable over restarts: the broker keeps the session under it.
    public var clientID: String
    /// The protocol version spoken.
    public var version = MQTTConfiguration.ProtocolVersion.v5
    /// The user to log in as; nil: nobody in particular.
    public var username: String?
    /// What the password file held at the start; never shown.
    public var password: Secret?
    /// Where the password is; read again before each attempt to connect, where it has changed.
    public var passwordFile: String?
    /// Set exactly where the address says `mqtts`.
    public var tls: TLSFiles?
    /// What the broker publishes when the connection dies.
    public var will: MQTTConfiguration.Will?
    /// Longest silence on the connection, 30 s to 10 min.
    public var keepAlive = Duration.seconds(60)

    /// A broker with the defaults; TLS with the system's authorities where the address says so.
    public init(address: BrokerAddress, clientID: String) {
        self.address = address
        self.clientID = clientID
        tls = address.isEncrypted ? TLSFiles() : nil
    }

    /// The transport's form of it.
    public func mqttConfiguration() -> MQTTConfiguration {
        var configuration = MQTTConfiguration(host: address.host, port: address.port, clientID: clientID)
        configuration.version = version
        configuration.username = username
        configuration.password = password?.exposed
        configuration.passwordSource = passwordFile.map { path in
            let file = CredentialFile(path: path)
            return { try file.secret().exposed }
        }
        configuration.tls = tls
        configuration.will = will
        configuration.keepAlive = keepAlive
        return configuration
    }
}
