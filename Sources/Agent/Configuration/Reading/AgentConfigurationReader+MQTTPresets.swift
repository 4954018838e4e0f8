import MQTTTransport
import Records
import StrictTOML
import Uplinks

/// `[uplinks.NAME]` with a broker as its destination: what each preset needs, and births.
extension AgentConfigurationReader {
    /// `birth`: what is said on each connection.
    func readBirth(_ table: TableReader, of broker: BrokerConfiguration) -> MQTTMessage? {
        guard let birth = table.table("birth") else { return nil }
        defer { birth.finish() }
        if !table.has("will") {
            birth.require("topic", example: "\"gateways/{gateway}/state\"")
            table.note("nothing says when the gateway is gone; set \"will\" as well", at: "birth")
        }
        let payload = birth.string("payload") ?? "online"
        if payload.utf8.count > 65_535 { birth.fail("is longer than 65535 bytes", at: "payload") }
        let isRetained = birth.boolean("retain") ?? true
        let topic = readGatewayTopic(birth) ?? broker.will?.topic
        return topic.map { MQTTMessage(topic: $0, payload: Array(payload.utf8)[...], isRetained: isRetained) }
    }

    /// `topic`, in which the gateway may be named; nil where it is absent or wrong, which is reported.
    func readGatewayTopic(_ table: TableReader) -> String? {
        guard let topic = table.string("topic") else { return nil }
        if let problem = TopicSyntax.problem(template: topic, placeholders: ["gateway"]) {
            table.fail(problem, at: "topic")
            return nil
        }
        return topic.replacing("{gateway}", with: gateway.rawValue)
    }

    /// What the broker is known to refuse is found now, and not by a connection that it ends again and again.
    func checkPreset(_ destination: MQTTDestination, _ table: TableReader) {
        guard let preset = destination.preset else { return }
        let broker = destination.broker
        if preset.needsTLS, !broker.address.isEncrypted, !broker.address.host.isEmpty {
            table.fail("the preset \(quoted(preset.rawValue)) needs TLS; write mqtts://", at: "url")
        }
        let hasCertificate = broker.tls?.certificateFile != nil
        let hasPassword = preset.takesPassword && table.has("username")
        // A certificate that cannot be read has been reported.
        let isWrong = report.issues.contains { $0.path.hasPrefix("\(table.path).tls") }
        if !hasCertificate, !hasPassword, !isWrong { table.fail(preset.loginAdvice, at: "preset") }
        let limits = preset.limits
        if broker.clientID.utf8.count > limits.clientIDSizeMax {
            table.fail(
                "\(quoted(broker.clientID)) has \(broker.clientID.utf8.count) bytes; "
                    + "\(preset.rawValue) takes \(limits.clientIDSizeMax)", at: "client_id")
        }
        if destination.sparkplug == nil { checkTopic(destination.topic, limits.topic, "topic", table) }
        if let topic = broker.will?.topic { checkTopic(topic, limits.topic, "will", table) }
        if let topic = destination.birth?.topic { checkTopic(topic, limits.topic, "birth", table) }
    }

    private func checkTopic(_ template: String, _ limits: TopicLimits, _ key: String, _ table: TableReader) {
        // A placeholder stands for one level and one byte at least.
        var shortest = template.replacing("{gateway}", with: gateway.rawValue)
        for name in ["stream", "topic", "device"] { shortest = shortest.replacing("{\(name)}", with: "x") }
        if let levelsMax = limits.levelsMax, limits.levels(of: shortest) > levelsMax {
            table.fail("\(quoted(template)) has more than the \(levelsMax) levels that are taken there", at: key)
        }
        if shortest.utf8.count > limits.sizeMax {
            table.fail("\(quoted(template)) has more than the \(limits.sizeMax) bytes that are taken there", at: key)
        }
    }
}

extension LinkLimits {
    /// Fills in what a broker takes a second, where the configuration says nothing.
    mutating func fill(from service: MQTTDestination.ServiceLimits) {
        if messages == nil { messages = service.messagesPerSecond.map { max($0, backlogMessages ?? 0) } }
        if bytes == nil { bytes = service.bytesPerSecond.map { max($0, backlogBytes ?? 0) } }
    }
}
