import Agent
import Logging
import MQTTTransport
import Records
import StrictTOML
import Uplinks

/// Makes an uplink of the type that its configuration names.
@Sendable func makeUplink(
    _ configuration: UplinkConfiguration, gateway: GatewayID, clock: any GatewayClock, logger: Logger
) throws -> any Uplink {
    switch configuration.destination {
    case .mqtt(let destination):
        if let sparkplug = destination.sparkplug {
            try SparkplugUplink(
                gateway: gateway,
                configuration: SparkplugConfiguration(
                    group: sparkplug.group, node: sparkplug.node, primaryHost: sparkplug.primaryHost,
                    version: destination.broker.version),
                clock: clock
            ) { conversation in
                try startPublisher(configuration, destination, conversation: conversation, logger: logger)
            }
        } else {
            try makeMQTTUplink(configuration, destination, gateway: gateway, clock: clock, logger: logger)
        }
    case .kafka(let destination):
        try makeKafkaUplink(configuration, destination, gateway: gateway, logger: logger)
    case .http(let destination):
        makeHTTPUplink(destination, gateway: gateway, clock: clock)
    }
}

private func makeMQTTUplink(
    _ configuration: UplinkConfiguration, _ destination: MQTTDestination, gateway: GatewayID, clock: any GatewayClock,
    logger: Logger
) throws -> MQTTUplink {
    let format: MQTTUplinkConfiguration.Format
    if let batch = destination.format.batch {
        format = .batches(
            batch,
            .init(
                recordsMax: destination.batch.recordsMax, sizeTarget: destination.batch.sizeMax,
                compression: destination.compression))
    } else {
        format = .raw(keepsRetained: destination.passesRetained)
    }
    var uplink = try MQTTUplinkConfiguration(
        topic: TopicTemplate(destination.topic), mappings: destination.mappings, format: format,
        version: destination.broker.version)
    uplink.topicLimits = destination.topicLimits
    let presence = destination.birth.map { birth in
        MQTTPresence(birth: birth, farewell: destination.farewell, gateway: gateway)
    }
    return MQTTUplink(
        gateway: gateway, configuration: uplink,
        publisher: try startPublisher(configuration, destination, conversation: presence, logger: logger),
        clock: clock)
}

private func startPublisher(
    _ configuration: UplinkConfiguration, _ destination: MQTTDestination, conversation: (any MQTTConversation)?,
    logger: Logger
) throws -> MQTTPublisher {
    let address = "\(destination.broker.address)"
    let publisher = try MQTTPublisher(
        configuration: destination.mqttConfiguration(of: configuration),
        acknowledgementTimeout: destination.acknowledgementTimeout, windowMax: destination.window,
        conversation: conversation,
        onEvent: { event in
            switch event {
            case .connected: logger.info("connected to \(address)")
            case .disconnected(let reason, let retryIn):
                logger.warning("no connection: \(reason); next try in \(DurationText.format(retryIn))")
            case .sessionTakenOver:
                logger.error("\(address): another client uses our client id; give each a client_id of its own")
            case .subscriptionRefused(let filter, let reason):
                logger.error("\(address) refuses the subscription to '\(filter)': \(reason)")
            case .messageRefused(let topic, let reason):
                logger.error("\(address) refuses the message to '\(topic)' that tells of us: \(reason)")
            // A publisher that subscribes has no session beyond its connection: nothing old is in it.
            case .subscriptionDowngraded, .leftover, .unsubscribed, .unsubscriptionFailed: break
            }
        })
    try publisher.start(isSuspended: true)
    return publisher
}
