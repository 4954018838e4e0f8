extension MQTTMessage {
    /// Bytes of the PUBLISH packet at QoS 1, fixed header included (MQTT 5.0, 3.3; MQTT 3.1.1, 3.3).
    ///
    /// libmosquitto's own check against the server's Maximum Packet Size is a few bytes off.
    func packetSize(version: MQTTConfiguration.ProtocolVersion) -> Int {
        var remaining = 2 + topic.utf8.count + 2 + payload.count
        if version == .v5 {
            let size = properties?.encodedSize ?? 0
            remaining += Self.variableByteIntegerSize(size) + size
        }
        return 1 + Self.variableByteIntegerSize(remaining) + remaining
    }

    /// Bytes of a Variable Byte Integer (MQTT 5.0, 1.5.5).
    private static func variableByteIntegerSize(_ value: Int) -> Int {
        switch value {
        case ..<128: 1
        case ..<16_384: 2
        case ..<2_097_152: 3
        default: 4
        }
    }
}

extension MQTTProperties {
    /// Bytes of the properties in a PUBLISH, without their length (MQTT 5.0, 2.2.2.2).
    fileprivate var encodedSize: Int {
        var size = isPayloadUTF8 ? 2 : 0
        if messageExpirySeconds != nil { size += 5 }
        if let contentType { size += 3 + contentType.utf8.count }
        if let responseTopic { size += 3 + responseTopic.utf8.count }
        if let correlationData { size += 3 + correlationData.count }
        for property in userProperties { size += 5 + property.name.utf8.count + property.value.utf8.count }
        return size
    }
}
