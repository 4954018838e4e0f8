import MQTTTransport
import Records

/// Keeps a message from going round between gateways that feed each other.
///
/// Every message that leaves names the gateway it comes from: a raw one in its CloudEvents `source`, a batch in the
/// user property `millrace-origin`. That property names besides, once each, the gateways that a message has passed
/// before, like the `Via` of HTTP (RFC 9110, 7.6.3). A gateway that finds its own id does not take the message in. MQTT
/// 3.1.1 has no properties: there only different topics for in and out keep a message from coming back.
public enum LoopGuard {
    /// Name of the user property.
    public static let propertyName = "millrace-origin"

    /// Whether a message has passed this gateway before.
    public static func hasPassed(_ gateway: GatewayID, _ properties: MQTTProperties?) -> Bool {
        guard let properties else { return false }
        return properties.userProperties.contains { origin(of: $0) == gateway.rawValue }
    }

    /// The gateway that a user property names as one that was passed.
    private static func origin(of property: MQTTProperties.UserProperty) -> String? {
        origin(name: property.name, value: property.value)
    }

    private static func origin(name: String, value: String) -> String? {
        if name == propertyName { return value }
        guard name == "source", value.hasPrefix(CloudEvents.sourcePrefix) else { return nil }
        return String(value.dropFirst(CloudEvents.sourcePrefix.count))
    }

    /// The gateways that a record passed before it came here, in order; empty for what a device sent itself.
    public static func path(of record: Record) -> [String] {
        guard let properties = record.properties, !properties.userProperties.isEmpty else { return [] }
        return properties.userProperties.compactMap { origin(name: $0.name, value: $0.value) }
    }

    /// Adds the gateways that were passed before, for a message whose `source` names this one.
    static func append(path: [String], before gateway: GatewayID, to properties: inout [MQTTProperties.UserProperty]) {
        for origin in path where origin != gateway.rawValue {
            properties.append(.init(name: propertyName, value: origin))
        }
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
