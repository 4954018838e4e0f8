import Records
import Uplinks

/// One of librdkafka's settings, by its name in CONFIGURATION.md.
struct KafkaSetting: Hashable, Sendable {
    let name: String
    let value: String
    /// What went into it may not be shown.
    var isSecret = false

    /// The name of the one that says where the brokers are.
    static let brokers = "bootstrap.servers"
}

extension KafkaConfiguration {
    /// What of the configuration librdkafka is told, and what is the same for every producer.
    ///
    /// - Parameter batchSize: bytes of a message set; less than ``messageSizeMax`` where brokers refused larger ones.
    /// - Throws: ``KafkaError`` where a secret cannot be had.
    func settings(batchSize: Int) throws(KafkaError) -> [KafkaSetting] {
        var list = Self.promises
        func set(_ name: String, _ value: some CustomStringConvertible, isSecret: Bool = false) {
            list.append(KafkaSetting(name: name, value: value.description, isSecret: isSecret))
        }
        set(KafkaSetting.brokers, brokers.joined(separator: ","))
        set("client.id", clientID)
        set("compression.codec", compression.rawValue)
        // What repeats are whole headers: a higher level takes more time and finds hardly more.
        if compression == .zstd { set("compression.level", 1) }
        set("message.max.bytes", messageSizeMax.rawValue)
        set("batch.size", min(batchSize, messageSizeMax.rawValue))
        set("request.timeout.ms", requestTimeout.wholeMilliseconds)
        // A broker that has waited for its replicas until the end still gets its answer through.
        set("socket.timeout.ms", (requestTimeout + .seconds(5)).wholeMilliseconds)
        set("reconnect.backoff.ms", reconnectDelayMin.wholeMilliseconds)
        set("reconnect.backoff.max.ms", max(reconnectDelayMin, reconnectDelayMax).wholeMilliseconds)
        set("topic.metadata.refresh.interval.ms", metadataRefresh.wholeMilliseconds)
        set("metadata.max.age.ms", (metadataRefresh * 3).wholeMilliseconds)
        if let idleMax { set("connections.max.idle.ms", idleMax.wholeMilliseconds) }
        if let tls {
            set("enable.ssl.certificate.verification", true)
            set("ssl.endpoint.identification.algorithm", "https")
            if let file = tls.authorityFile { set("ssl.ca.location", file) }
            if let file = tls.certificateFile { set("ssl.certificate.location", file) }
            if let file = tls.keyFile { set("ssl.key.location", file) }
        }
        list += try loginSettings()
        return list
    }

    /// What makes "confirmed" mean what the uplink promises.
    private static let promises: [KafkaSetting] = [
        // Confirmed by all replicas that are in sync, once each, in the order of the partition.
        KafkaSetting(name: "enable.idempotence", value: "true"),
        KafkaSetting(name: "acks", value: "all"),
        // A record that fails ends the producer, so that none behind it can overtake it.
        KafkaSetting(name: "enable.gapless.guarantee", value: "true"),
        // librdkafka never gives a record up by itself, for the same reason: whoever waits for it does.
        KafkaSetting(name: "message.timeout.ms", value: "0"),
        // Records of one key go to one partition, the same that Java's producer would choose.
        KafkaSetting(name: "partitioner", value: "murmur2_random"),
        // A send ends with a flush, which does not wait: until then full message sets go out, not single records.
        KafkaSetting(name: "linger.ms", value: "100"),
        // The queue holds what one send hands over; it waits when the queue is full.
        KafkaSetting(name: "queue.buffering.max.messages", value: "16384"),
        KafkaSetting(name: "queue.buffering.max.kbytes", value: "16384"),
        KafkaSetting(name: "socket.keepalive.enable", value: "true"),
        KafkaSetting(name: "statistics.interval.ms", value: "0"),
    ]

    private func loginSettings() throws(KafkaError) -> [KafkaSetting] {
        let protocolName = (login == nil ? "" : "sasl_") + (tls == nil ? "plaintext" : "ssl")
        var list = [KafkaSetting(name: "security.protocol", value: protocolName)]
        func add(_ mechanism: String, _ username: String, _ password: SecretSource) throws(KafkaError) {
            list.append(KafkaSetting(name: "sasl.mechanism", value: mechanism))
            list.append(KafkaSetting(name: "sasl.username", value: username))
            list.append(
                KafkaSetting(
                    name: "sasl.password", value: try Self.secret(password, "password of \(username)"), isSecret: true))
        }
        switch login {
        case nil: break
        case .plain(let username, let password): try add("PLAIN", username, password)
        case .scramSHA256(let username, let password): try add("SCRAM-SHA-256", username, password)
        case .scramSHA512(let username, let password): try add("SCRAM-SHA-512", username, password)
        case .bearerToken: list.append(KafkaSetting(name: "sasl.mechanism", value: "OAUTHBEARER"))
        }
        return list
    }

    static func secret(_ source: SecretSource, _ what: String) throws(KafkaError) -> String {
        do {
            return try source()
        } catch {
            throw KafkaError(.secret, "cannot read the \(what): \(error)")
        }
    }
}
