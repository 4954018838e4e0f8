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
        try makeMQTTUplink(configuration, destination, gateway: gateway, clock: clock, logger: logger)
    }
}

private func makeMQTTUplink(
    _ configuration: UplinkConfiguration, _ destination: MQTTDestination, gateway: GatewayID, clock: any GatewayClock,
    logger: Logger
) throws -> MQTTUplink {
    let address = "\(destination.broker.address)"
    let publisher = try MQTTPublisher(
        configuration: destination.mqttConfiguration(of: configuration),
        acknowledgementTimeout: destination.acknowledgementTimeout, windowMax: destination.window,
        onEvent: { event in
            switch event {
            case .connected: logger.info("connected to \(address)")
            case .disconnected(let reason, let retryIn):
                logger.warning("no connection: \(reason); next try in \(DurationText.format(retryIn))")
            case .sessionTakenOver:
                logger.error("\(address): another client uses our client id; give each a client_id of its own")
            case .subscriptionRefused, .subscriptionDowngraded, .messageRefused: break
            }
        })
    try publisher.start(isSuspended: true)
    let format: MQTTUplinkConfiguration.Format
    switch destination.format {
    case .raw: format = .raw(keepsRetained: destination.passesRetained)
    case .cloudevents:
        format = .cloudEvents(
            .init(
                recordsMax: destination.batch.recordsMax, sizeTarget: destination.batch.sizeMax,
                isCompressed: destination.compression == .zstd))
    }
    return MQTTUplink(
        gateway: gateway,
        configuration: try MQTTUplinkConfiguration(
            topic: TopicTemplate(destination.topic), format: format, version: destination.broker.version),
        publisher: publisher, clock: clock)
}
