import Records
import Uplinks

/// How to reach and enter one Kafka cluster, and how to send to it.
public struct KafkaConfiguration: Sendable {
    /// Gives a password or token when it is needed; asked again for every new connection of the producer, so that a
    /// file that was changed is read again. Throws where there is none.
    public typealias SecretSource = @Sendable () throws -> String

    /// How to log in (RFC 4422).
    public enum Login: Sendable {
        /// RFC 4616: name and password as they are; for encrypted connections.
        case plain(username: String, password: SecretSource)
        /// RFC 5802 with SHA-256 (RFC 7677).
        case scramSHA256(username: String, password: SecretSource)
        /// RFC 5802 with SHA-512.
        case scramSHA512(username: String, password: SecretSource)
        /// RFC 7628: a token that somebody else keeps fresh.
        case bearerToken(SecretSource)
    }

    /// How message sets are compressed; the brokers store them so.
    public enum Compression: String, Hashable, Sendable, CaseIterable {
        case none, gzip, snappy, lz4, zstd
    }

    /// `HOST:PORT` of some brokers; the others are learnt from them. At least one.
    public var brokers: [String]
    /// What brokers show for us in their logs and quotas.
    public var clientID: String
    /// Nil: plain TCP. With TLS the brokers' certificates and names are always verified.
    public var tls: TLSFiles?
    /// Nil: nobody in particular, or whom the client certificate names.
    public var login: Login?
    /// How message sets are compressed. zstd needs brokers of 2.1 or newer.
    public var compression = Compression.zstd
    /// Bytes of the largest message, and of the largest message set before compression.
    public var messageSizeMax = ByteCount.bytes(1_000_000)
    /// How long brokers may wait for their replicas, and an answer may take.
    public var requestTimeout = Duration.seconds(30)
    /// How long nothing at all may be confirmed before a send is given up.
    public var acknowledgementTimeout = Duration.seconds(60)
    /// How long a send waits while no broker lets us in: time for one of them to be only restarting.
    var shutOutWait = Duration.seconds(5)
    /// First and longest wait between attempts to connect.
    public var reconnectDelayMin = Duration.milliseconds(500)
    /// The longest wait; see ``reconnectDelayMin``.
    public var reconnectDelayMax = Duration.seconds(60)
    /// How often the cluster is asked who leads what, unasked; hosted clusters that cut idle connections want it often.
    public var metadataRefresh = Duration.seconds(300)
    /// How long a connection may be idle before it is closed by us; nil: for ever.
    public var idleMax: Duration?

    /// Everything else has its default.
    public init(brokers: [String], clientID: String) {
        precondition(!brokers.isEmpty, "a cluster is reached through a broker")
        self.brokers = brokers
        self.clientID = clientID
    }

    /// `kafka://h1:9092,h2:9092`, for messages.
    public var address: String { (tls == nil ? "kafka://" : "kafkas://") + brokers.joined(separator: ",") }
}

/// What happens to the connection with a cluster; each is worth one line in the log.
public enum KafkaEvent: Sendable, Equatable {
    /// The first record since the last trouble was confirmed. `brokers` are all of the cluster, as `HOST:PORT`.
    case connected(brokers: [String])
    /// No broker can be reached, or none lets us in.
    case disconnected(reason: String)
    /// One broker cannot be reached while others can, or has closed a connection.
    case brokerLost(reason: String)
    /// The producer cannot go on; a new one sends again what is not confirmed.
    case producerReplaced(reason: String)
}
