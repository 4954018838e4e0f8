import Records
import StrictTOML
import Uplinks

/// What `[uplinks.NAME]` says of an HTTP endpoint.
public struct HTTPDestination: Equatable, Sendable {
    /// What stands at the url.
    public enum Preset: String, Hashable, Sendable, CaseIterable {
        /// Anything that takes a POST.
        case webhook
        /// A topic of Azure Event Grid.
        case eventGrid = "event-grid"
        /// Azure Event Hubs over HTTPS.
        case eventHubs = "event-hubs"
        /// Confluent's REST API for Kafka, version 3.
        case confluentREST = "confluent-rest"
        /// REST messaging of Solace PubSub+.
        case solace
        /// The write API of InfluxDB 2.
        case influx
        /// Amazon Kinesis Data Streams.
        case kinesis
        /// Google Cloud Pub/Sub.
        case pubsub
    }

    /// The form in which records travel.
    public enum Format: String, Hashable, Sendable, CaseIterable {
        /// Batches of CloudEvents in JSON.
        case cloudevents
        /// One CloudEvent in JSON in each request.
        case cloudeventsStructured = "cloudevents-structured"
        /// The payload as it came, identity beside it.
        case raw
        case json, senml
        case senmlCBOR = "senml-cbor"
        case influx

        /// The form of requests or messages of many records; nil where they hold one.
        public var batch: BatchFormat? { BatchFormat(rawValue: rawValue) }
    }

    /// What a preset needs beside its url.
    public enum Endpoint: Equatable, Sendable {
        case webhook(URLTemplate)
        case eventGrid(HTTPURL)
        case eventHubs(HTTPURL, key: RecordTemplate?)
        case confluentREST(HTTPURL, cluster: String, topic: RecordTemplate, key: RecordTemplate?)
        case solace(HTTPURL, topic: RecordTemplate)
        case influx(HTTPURL, organisation: String, bucket: String)
        case kinesis(HTTPURL, region: String, stream: RecordTemplate, key: RecordTemplate)
        case pubsub(HTTPURL, project: String, topic: RecordTemplate, key: RecordTemplate?)
    }

    /// How the gateway proves who it is, beside TLS.
    public enum Proof: Hashable, Sendable {
        case nothing
        /// Basic, with a password from a file.
        case password(username: String, file: String)
        /// A field that holds what is in a file, behind a prefix.
        case field(name: String, prefix: String, file: String)
        /// A signature of Azure, made with what is in a file.
        case sharedAccess(SharedAccessSigner.Service, file: String)
        /// A signature of AWS, made with the access key in a file.
        case amazonKey(file: String)
        /// A signature of AWS, made with a temporary key for who shows the gateway's certificate.
        case amazonRole(HTTPURL)
        /// A signature of AWS, made with the temporary key of the EC2 instance.
        case amazonInstance
        /// A token of Google's, for the service account whose key is in a file.
        case serviceAccount(file: String)
        /// A token of Google's, for the account of the machine.
        case googleMachine
    }

    /// A proxy, and the file with its password.
    public struct Proxy: Hashable, Sendable {
        /// Name or address.
        public var host: String
        /// 1...65535.
        public var port: UInt16
        /// Nil: nobody in particular.
        public var username: String?
        /// The file with the password; nil: there is none.
        public var passwordFile: String?
    }

    /// What stands at the url.
    public var preset: Preset
    /// Where, and what the preset needs.
    public var endpoint: Endpoint
    /// The form in which records travel.
    public var format: Format
    /// How many records go together.
    public var batch: BatchLimits
    /// How bodies are compressed.
    public var compression = BodyCompression.none
    /// Sent with each request.
    public var headers: HTTPFields = [:]
    /// How the gateway proves who it is.
    public var proof = Proof.nothing
    /// Nil: straight to the endpoint.
    public var proxy: Proxy?
    /// Whom to trust and who we are, for `https://`.
    public var tls = TLSFiles()
    /// How long a connection may take.
    public var connectTimeout = Duration.seconds(10)
    /// How long nothing may come after a request was sent.
    public var responseTimeout = Duration.seconds(30)
    /// How long a request may take as a whole.
    public var totalTimeout = Duration.seconds(300)

    /// Batches that fit into a mebibyte, what many servers take at most, also after the form has grown a little.
    public static let batch: BatchLimits = {
        var limits = BatchLimits()
        limits.recordsMax = 1000
        limits.sizeMax = .kibibytes(512)
        return limits
    }()

    /// An endpoint with the defaults for the rest.
    public init(preset: Preset, endpoint: Endpoint, format: Format) {
        self.preset = preset
        self.endpoint = endpoint
        self.format = format
        batch = Self.batch
    }

    /// Scheme, host and port.
    public var address: String {
        switch endpoint {
        case .webhook(let url): "\(url)"
        case .eventGrid(let url), .eventHubs(let url, _), .confluentREST(let url, _, _, _), .solace(let url, _),
            .influx(let url, _, _), .kinesis(let url, _, _, _), .pubsub(let url, _, _, _):
            "\(url)"
        }
    }

    /// What goes there and how, for `millrace check`.
    var summary: String {
        var text = "\(format.rawValue), "
        if format == .raw || format == .cloudeventsStructured, preset == .webhook || preset == .solace {
            text += "one record per request"
        } else {
            text += "up to \(batch.recordsMax) records or \(batch.sizeMax) per request"
        }
        if compression != .none { text += ", \(compression)" }
        switch proof {
        case .nothing: break
        case .password(let username, _): text += ", as \(username)"
        case .field(let name, _, _): text += ", with \(name) from a file"
        case .sharedAccess: text += ", with a shared access signature"
        case .amazonKey: text += ", signed with an access key from a file"
        case .amazonRole(let url): text += ", signed with a key from \(url)"
        case .amazonInstance: text += ", signed with the key of the instance"
        case .serviceAccount: text += ", as a service account from a file"
        case .googleMachine: text += ", as the account of the machine"
        }
        if let proxy { text += ", through the proxy \(proxy.host):\(proxy.port)" }
        return text
    }
}
