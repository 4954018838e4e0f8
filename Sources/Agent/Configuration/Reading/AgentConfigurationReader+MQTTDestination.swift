import MQTTTransport
import Records
import StrictTOML
import Uplinks

/// `[uplinks.NAME]` with a broker as its destination.
extension AgentConfigurationReader {
    func readMQTTDestination(_ table: TableReader, name: UplinkName) -> MQTTDestination {
        let preset = table.choice("preset", of: MQTTDestination.Preset.self)
        let broker = readBroker(table, name: name.rawValue)
        let format = table.choice("format", of: MQTTDestination.Format.self) ?? .raw
        var destination = MQTTDestination(broker: broker, topic: readTopic(table, format: format))
        destination.preset = preset
        destination.format = format
        destination.sparkplug = readSparkplug(table, format: format)
        destination.birth = readBirth(table, of: broker)
        var batch = BatchLimits()
        if let preset { batch.sizeMax = preset.limits.batchSize }
        destination.batch = readBatch(table.tableOrEmpty("batch"), defaults: batch)
        destination.compression = readCompression(table)
        destination.passesRetained = table.boolean("retain") ?? false
        destination.window = table.integer("window", in: 1...10_000) ?? destination.window
        destination.acknowledgementTimeout =
            table.duration("acknowledgement_timeout", in: .seconds(5)...(.seconds(600)))
            ?? destination.acknowledgementTimeout
        checkFit(destination, table)
        checkPreset(destination, table)
        return destination
    }

    private func readTopic(_ table: TableReader, format: MQTTDestination.Format) -> String {
        let standard = format.batch == nil ? "gateways/{gateway}/{topic}" : "gateways/{gateway}/{stream}"
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

    /// `group`, `node` and `primary_host`, which name the topics of Sparkplug.
    private func readSparkplug(_ table: TableReader, format: MQTTDestination.Format) -> MQTTDestination.Sparkplug? {
        let names = ["group", "node", "primary_host"]
        let values = names.map { key -> String? in
            guard let text = table.string(key) else { return nil }
            if !SparkplugConfiguration.isName(text) {
                table.fail("\(quoted(text)) is no name in Sparkplug: \(SparkplugConfiguration.nameRule)", at: key)
            }
            return text
        }
        guard format == .sparkplugB else {
            for key in names where table.has(key) {
                table.fail("belongs to format = \"sparkplug-b\"", at: key)
            }
            return nil
        }
        table.require("group", example: "\"plant7\"")
        for key in ["topic", "will", "birth"] where table.has(key) {
            table.fail("Sparkplug has topics and a will of its own, made of \"group\" and \"node\"", at: key)
        }
        return MQTTDestination.Sparkplug(
            group: values[0] ?? "", node: values[1] ?? gateway.rawValue, primaryHost: values[2])
    }

    /// What single keys cannot tell.
    private func checkFit(_ destination: MQTTDestination, _ table: TableReader) {
        if destination.compression != .none, destination.format.batch == nil {
            let reason =
                destination.format == .raw ? "raw payloads travel as they came" : "no host of Sparkplug expects it"
            table.fail(
                "compression needs a format of many records, such as \"cloudevents\"; \(reason)", at: "compression")
        } else if destination.compression != .none, destination.broker.version == .v311 {
            table.fail(
                "compression needs version = \"5\"; MQTT 3.1.1 cannot say that a payload is compressed",
                at: "compression")
        }
        if destination.passesRetained, destination.format != .raw {
            table.fail("retain needs format = \"raw\"; other messages are never retained", at: "retain")
        }
    }
}
