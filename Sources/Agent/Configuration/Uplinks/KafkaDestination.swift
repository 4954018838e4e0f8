import Records
import Uplinks

/// What `[uplinks.NAME]` says of a Kafka cluster, or of what speaks its protocol.
public struct KafkaDestination: Equatable, Sendable {
    /// A hosted cluster, whose limits and way to log in are known.
    public enum Preset: String, Hashable, Sendable, CaseIterable {
        /// Confluent Cloud: an API key and its secret.
        case confluent
        /// Aiven for Apache Kafka: a client certificate, or SCRAM.
        case aiven
        /// Azure Event Hubs: a connection string.
        case eventHubs = "event-hubs"
        /// Amazon MSK: TLS, or SCRAM; not IAM.
        case msk
    }

    /// The form in which records travel.
    public enum Format: String, Hashable, Sendable, CaseIterable {
        /// One message per record, the payload as it came, identity in headers.
        case raw
        /// Messages of many records, in the forms of ``/Uplinks/BatchFormat``.
        case cloudevents, json, senml
        case senmlCBOR = "senml-cbor"
        case influx

        /// The form of messages of many records; nil where a message holds one.
        public var batch: BatchFormat? { BatchFormat(rawValue: rawValue) }
    }

    /// How message sets are compressed.
    public enum Compression: String, Hashable, Sendable, CaseIterable { case none, gzip, snappy, lz4, zstd }

    /// Ways to log in.
    public enum Mechanism: String, Hashable, Sendable, CaseIterable {
        case plain
        case scramSHA256 = "scram-sha-256"
        case scramSHA512 = "scram-sha-512"
        case oauthbearer
    }

    /// How to log in. What is secret is in the file, which is read again whenever it has changed.
    public enum Login: Hashable, Sendable {
        /// A name and a password.
        case password(Mechanism, username: String, file: String)
        /// A token.
        case token(file: String)
    }

    /// Where the brokers listen.
    public var cluster: ClusterAddress
    /// The hosted cluster that it is; nil: any.
    public var preset: Preset?
    /// A valid template, such as `telemetry`.
    public var topic: String
    /// A valid template, such as `{device}`.
    public var key: String
    /// The form in which records travel.
    public var format = Format.raw
    /// How many records go together in one message, where it holds many.
    public var batch = BatchLimits()
    /// How message sets are compressed.
    public var compression = Compression.zstd
    /// Bytes of the largest message.
    public var messageSizeMax = ByteCount.bytes(1_000_000)
    /// How long brokers may wait for their replicas.
    public var requestTimeout = Duration.seconds(30)
    /// How long nothing at all may be confirmed before a send is given up.
    public var acknowledgementTimeout = Duration.seconds(60)
    /// What brokers show for us in their logs and quotas.
    public var clientID: String
    /// Set exactly where the url says `kafkas`.
    public var tls: TLSFiles?
    /// Nil: nobody in particular, or whom the client certificate names.
    public var login: Login?

    /// A cluster with the defaults for the rest.
    public init(cluster: ClusterAddress, topic: String, key: String, clientID: String) {
        self.cluster = cluster
        self.topic = topic
        self.key = key
        self.clientID = clientID
        tls = cluster.isEncrypted ? TLSFiles() : nil
    }

    /// What goes there and how, for `millrace check`.
    var summary: String {
        var text = "topic \(topic), key \(key), "
        if format.batch != nil {
            text += "\(format.rawValue), up to \(batch.recordsMax) records or \(batch.sizeMax) per message"
        } else {
            text += "raw, one message per record"
        }
        if compression != .none { text += ", \(compression.rawValue)" }
        switch login {
        case nil: break
        case .password(let mechanism, let username, _): text += ", as \(username) by \(mechanism.rawValue)"
        case .token: text += ", with a token"
        }
        return text
    }
}
