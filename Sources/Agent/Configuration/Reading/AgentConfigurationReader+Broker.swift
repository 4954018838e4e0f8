import MQTTTransport
import Records
import StrictTOML
import Uplinks

/// The keys that `[mqtt.NAME]` and `[uplinks.NAME]` have in common.
extension AgentConfigurationReader {
    private enum Version: String, CaseIterable {
        case v5 = "5"
        case v311 = "3.1.1"
    }

    /// Reads everything that says how to reach and enter a broker. Always returns one, so that reading goes on: where
    /// the url is missing or wrong, that has been reported.
    func readBroker(_ table: TableReader, name: String) -> BrokerConfiguration {
        let address = readAddress(table)
        var broker = BrokerConfiguration(
            address: address ?? BrokerAddress(host: "", port: 1883, isEncrypted: false),
            clientID: readClientID(table) ?? "millrace-\(gateway)-\(name)")
        broker.version = table.choice("version", of: Version.self) == .v311 ? .v311 : .v5
        broker.username = table.string("username")
        let password = readSecret(table, "password_file")
        broker.password = password?.secret
        broker.passwordFile = password?.path
        broker.keepAlive = table.duration("keepalive", in: .seconds(30)...(.seconds(600))) ?? broker.keepAlive
        broker.will = readWill(table, broker.version)
        let tls = readTLS(table)
        if let address {
            broker.tls = address.isEncrypted ? tls ?? broker.tls : nil
            if table.has("tls"), !address.isEncrypted {
                table.fail(
                    "tls is set, but the url says mqtt://; write mqtts:// for an encrypted connection", at: "url")
            }
            if table.has("password_file"), !address.isEncrypted, !address.isLoopback {
                table.note("the password travels unencrypted to \(address.host); mqtts:// would encrypt it", at: "url")
            }
        }
        if table.has("password_file"), !table.has("username") {
            table.fail("a password needs a user name; set \"username\"", at: "password_file")
        }
        return broker
    }

    private func readAddress(_ table: TableReader) -> BrokerAddress? {
        table.require("url", example: "\"mqtt://127.0.0.1:1883\"")
        guard let url = table.string("url") else { return nil }
        do {
            return try BrokerAddress(url: url)
        } catch {
            table.fail(error.message, at: "url")
            return nil
        }
    }

    func readClientID(_ table: TableReader) -> String? {
        guard let text = table.string("client_id") else { return nil }
        let isPlain = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
        guard isPlain, text.utf8.count <= 256 else {
            table.fail("must have at most 256 bytes and no control characters", at: "client_id")
            return nil
        }
        return text
    }

    private func readWill(
        _ table: TableReader, _ version: MQTTConfiguration.ProtocolVersion
    ) -> MQTTConfiguration.Will? {
        guard let will = table.table("will") else { return nil }
        defer { will.finish() }
        will.require("topic", example: "\"gateways/{gateway}/state\"")
        let payload = will.string("payload", allowsEmpty: true) ?? ""
        let isRetained = will.boolean("retain") ?? false
        if payload.utf8.count > 65_535 { will.fail("is longer than 65535 bytes", at: "payload") }
        let delay = will.duration("delay", in: .zero...(.seconds(3600)))
        if delay != nil, version == .v311 {
            will.note("has no effect in MQTT 3.1.1, where a will is published at once", at: "delay")
        }
        guard let topic = readGatewayTopic(will) else { return nil }
        var result = MQTTConfiguration.Will(topic: topic, payload: Array(payload.utf8), isRetained: isRetained)
        result.delay = delay ?? result.delay
        return result
    }
}
