import Agent
import KafkaUplink
import Logging
import Records
import Uplinks

/// Makes an uplink to a Kafka cluster.
func makeKafkaUplink(
    _ uplink: UplinkConfiguration, _ destination: KafkaDestination, gateway: GatewayID, logger: Logger
) throws -> KafkaProducerUplink {
    let address = "\(destination.cluster)"
    let producer = try KafkaProducer(configuration: kafkaConfiguration(uplink, destination)) { event in
        switch event {
        case .connected(let brokers):
            let names = brokers.isEmpty ? "" : ", brokers \(brokers.joined(separator: ", "))"
            logger.info("connected to \(address)\(names)")
        case .disconnected(let reason): logger.warning("no connection: \(reason)")
        case .brokerLost(let reason): logger.warning("a broker is away: \(reason)")
        case .producerReplaced(let reason):
            logger.warning("a new producer sends again what is not confirmed; the last one ended: \(reason)")
        }
    }
    let format: KafkaUplinkConfiguration.Format
    if let batch = destination.format.batch {
        let size = destination.batch.sizeMax
        format = .batched(
            .init(recordsMax: destination.batch.recordsMax, sizeTarget: size) {
                batch.makeEncoder(reservingCapacity: size.rawValue)
            })
    } else {
        format = .raw
    }
    return KafkaProducerUplink(
        gateway: gateway,
        configuration: try KafkaUplinkConfiguration(
            topic: KafkaTemplate(destination.topic, for: .topic), key: KafkaTemplate(destination.key, for: .key),
            format: format),
        producer: producer)
}

/// How the cluster is reached.
func kafkaConfiguration(_ uplink: UplinkConfiguration, _ destination: KafkaDestination) -> KafkaConfiguration {
    var configuration = KafkaConfiguration(brokers: destination.cluster.brokers, clientID: destination.clientID)
    configuration.tls = destination.tls
    configuration.login = destination.login.map(kafkaLogin)
    configuration.compression =
        switch destination.compression {
        case .none: .none
        case .gzip: .gzip
        case .snappy: .snappy
        case .lz4: .lz4
        case .zstd: .zstd
        }
    configuration.messageSizeMax = destination.messageSizeMax
    configuration.requestTimeout = destination.requestTimeout
    configuration.acknowledgementTimeout = destination.acknowledgementTimeout
    configuration.reconnectDelayMin = uplink.retryMin
    configuration.reconnectDelayMax = uplink.retryMax
    if destination.preset == .eventHubs {
        // Azure cuts connections that are idle for four minutes, and says so to nobody.
        configuration.metadataRefresh = .seconds(180)
        configuration.idleMax = .seconds(180)
    }
    return configuration
}

private func kafkaLogin(_ login: KafkaDestination.Login) -> KafkaConfiguration.Login {
    func source(_ path: String) -> KafkaConfiguration.SecretSource {
        let file = CredentialFile(path: path)
        return { try file.secret().exposed }
    }
    switch login {
    case .token(let file): return .bearerToken(source(file))
    case .password(let mechanism, let username, let file):
        switch mechanism {
        case .scramSHA256: return .scramSHA256(username: username, password: source(file))
        case .scramSHA512: return .scramSHA512(username: username, password: source(file))
        case .plain, .oauthbearer: return .plain(username: username, password: source(file))
        }
    }
}
