import MQTTTransport
import Records
import StrictTOML
import Uplinks

/// `[uplinks.NAME]` with a broker as its destination.
extension AgentConfigurationReader {
    func readMQTTDestination(_ table: TableReader, name: UplinkName) -> MQTTDestination {
        let broker = readBroker(table, name: name.rawValue)
        let format = table.choice("format", of: MQTTDestination.Format.self) ?? .raw
        var destination = MQTTDestination(broker: broker, topic: readTopic(table, format: format))
        destination.format = format
        destination.batch = readBatch(table.tableOrEmpty("batch"))
        destination.compression = readCompression(table)
        destination.passesRetained = table.boolean("retain") ?? false
        destination.window = table.integer("window", in: 1...10_000) ?? destination.window
        destination.acknowledgementTimeout =
            table.duration("acknowledgement_timeout", in: .seconds(5)...(.seconds(600)))
            ?? destination.acknowledgementTimeout
        checkFit(destination, table)
        return destination
    }

    private func readTopic(_ table: TableReader, format: MQTTDestination.Format) -> String {
        let standard = format == .raw ? "gateways/{gateway}/{topic}" : "gateways/{gateway}/{stream}"
        guard let text = table.string("topic") else { return standard }
        let names = ["gateway", "stream", "topic", "device"]
        if let problem = TopicSyntax.problem(template: text, placeholders: names) {
            table.fail(problem, at: "topic")
            return standard
        }
        if format.batch != nil, let name = ["topic", "device"].first(where: { text.contains("{\($0)}") }) {
            table.fail(
                "{\(name)} differs from record to record, but a \(format.rawValue) message holds many; "
                    + "use {gateway} and {stream}, or format = \"raw\"", at: "topic")
        }
        return text
    }

    /// What single keys cannot tell.
    private func checkFit(_ destination: MQTTDestination, _ table: TableReader) {
        if destination.compression != .none, destination.format == .raw {
            table.fail(
                "compression needs a format of many records, such as \"cloudevents\"; raw payloads travel as they came",
                at: "compression")
        } else if destination.compression != .none, destination.broker.version == .v311 {
            table.fail(
                "compression needs version = \"5\"; MQTT 3.1.1 cannot say that a payload is compressed",
                at: "compression")
        }
        if destination.passesRetained, destination.format.batch != nil {
            table.fail("retain needs format = \"raw\"; a message of many records is never retained", at: "retain")
        }
    }
}
