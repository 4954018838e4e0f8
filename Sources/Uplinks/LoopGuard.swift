import MQTTTransport
import Records

/// Keeps a message from going round between gateways that feed each other.
///
/// Every message that leaves carries the user property `millrace-origin`, once per gateway that it has passed, like
/// the `Via` of HTTP (RFC 9110, 7.6.3). A gateway that finds its own id among them does not take the message in. MQTT
/// 3.1.1 has no properties: there only different topics for in and out keep a message from coming back.
public enum LoopGuard {
    /// Name of the user property.
    public static let propertyName = "millrace-origin"

    /// Whether a message has passed this gateway before.
    public static func hasPassed(_ gateway: GatewayID, _ properties: MQTTProperties?) -> Bool {
        guard let properties else { return false }
        return properties.userProperties.contains { $0.name == propertyName && $0.value == gateway.rawValue }
    }

    /// The gateways that a record passed before it came here, in order; empty for what a device sent itself.
    static func path(of record: Record) -> [String] {
        guard let properties = record.properties, !properties.userProperties.isEmpty else { return [] }
        return properties.userProperties.filter { $0.name == propertyName }.map(\.value)
    }

    /// Adds the gateways that were passed and this one.
    static func append(
        path: [String], gateway: GatewayID, to properties: inout [MQTTProperties.UserProperty]
    ) {
        for origin in path where origin != gateway.rawValue {
            properties.append(.init(name: propertyName, value: origin))
        }
        properties.append(.init(name: propertyName, value: gateway.rawValue))
    }
}
