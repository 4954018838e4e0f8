import CMosquitto
import Glibc

/// MQTT 5 properties in libmosquitto's memory, valid during a callback.
struct PropertyList {
    fileprivate let pointer: OpaquePointer?

    init(pointer: OpaquePointer?) {
        self.pointer = pointer
    }

    /// The properties of a PUBLISH that we keep; nil where there are none.
    func publishProperties() -> MQTTProperties? {
        guard pointer != nil else { return nil }
        var result = MQTTProperties()
        var isEmpty = true
        forEach { property, identifier in
            switch mqtt5_property(UInt32(identifier)) {
            case MQTT_PROP_PAYLOAD_FORMAT_INDICATOR:
                var value: UInt8 = 0
                mosquitto_property_read_byte(property, identifier, &value, false)
                result.isPayloadUTF8 = value == 1
            case MQTT_PROP_MESSAGE_EXPIRY_INTERVAL:
                var value: UInt32 = 0
                mosquitto_property_read_int32(property, identifier, &value, false)
                result.messageExpirySeconds = value
            case MQTT_PROP_CONTENT_TYPE:
                result.contentType = Self.string(property, identifier)
            case MQTT_PROP_RESPONSE_TOPIC:
                result.responseTopic = Self.string(property, identifier)
            case MQTT_PROP_CORRELATION_DATA:
                result.correlationData = Self.binary(property, identifier)
            case MQTT_PROP_USER_PROPERTY:
                if let pair = Self.pair(property, identifier) { result.userProperties.append(pair) }
            default:
                return
            }
            isEmpty = false
        }
        return isEmpty ? nil : result
    }

    /// What a server allows, out of its CONNACK.
    func serverLimits() -> ServerLimits {
        var limits = ServerLimits()
        mosquitto_property_read_int16(
            pointer, Int32(MQTT_PROP_RECEIVE_MAXIMUM.rawValue), &limits.receiveMaximum, false)
        var size: UInt32 = 0
        if mosquitto_property_read_int32(pointer, Int32(MQTT_PROP_MAXIMUM_PACKET_SIZE.rawValue), &size, false) != nil {
            limits.packetSizeMax = size
        }
        mosquitto_property_read_byte(pointer, Int32(MQTT_PROP_MAXIMUM_QOS.rawValue), &limits.maximumQoS, false)
        mosquitto_property_read_int16(
            pointer, Int32(MQTT_PROP_TOPIC_ALIAS_MAXIMUM.rawValue), &limits.topicAliasMaximum, false)
        return limits
    }

    /// What the server says about its answer, for people (MQTT 5.0, 3.2.2.3.9): one line of a bounded length; nil where
    /// it says nothing. Where it names another server, that too (3.2.2.3.16).
    func remark() -> String? {
        guard let pointer else { return nil }
        let reason = Self.string(pointer, Int32(MQTT_PROP_REASON_STRING.rawValue)).flatMap(Self.line)
        let other = Self.string(pointer, Int32(MQTT_PROP_SERVER_REFERENCE.rawValue)).flatMap(Self.line)
        let parts = [reason.map { "it says '\($0)'" }, other.map { "it names the server '\($0)'" }].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    /// A text of the server as it may stand in a log: not endless. libmosquitto takes no control characters.
    private static func line(_ text: String) -> String? {
        guard !text.isEmpty else { return nil }
        return text.count > 200 ? text.prefix(200) + "…" : text
    }

    private func forEach(_ body: (OpaquePointer, Int32) -> Void) {
        var property = pointer
        while let current = property {
            body(current, mosquitto_property_identifier(current))
            property = mosquitto_property_next(current)
        }
    }

    private static func string(_ property: OpaquePointer, _ identifier: Int32) -> String? {
        var value: UnsafeMutablePointer<CChar>?
        mosquitto_property_read_string(property, identifier, &value, false)
        defer { free(value) }
        return value.map { String(cString: $0) }
    }

    private static func binary(_ property: OpaquePointer, _ identifier: Int32) -> [UInt8]? {
        var value: UnsafeMutableRawPointer?
        var length: UInt16 = 0
        mosquitto_property_read_binary(property, identifier, &value, &length, false)
        defer { free(value) }
        return Array(UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : Int(length)))
    }

    private static func pair(_ property: OpaquePointer, _ identifier: Int32) -> MQTTProperties.UserProperty? {
        var name: UnsafeMutablePointer<CChar>?
        var value: UnsafeMutablePointer<CChar>?
        mosquitto_property_read_string_pair(property, identifier, &name, &value, false)
        defer {
            free(name)
            free(value)
        }
        guard let name, let value else { return nil }
        return MQTTProperties.UserProperty(name: String(cString: name), value: String(cString: value))
    }
}

/// What a server allows us to send (MQTT 5.0, 3.2.2.3); the defaults are the standard's.
struct ServerLimits {
    var receiveMaximum: UInt16 = 65_535
    var packetSizeMax: UInt32?
    var maximumQoS: UInt8 = 2
    var topicAliasMaximum: UInt16 = 0
}

/// Properties for a PUBLISH, built in libmosquitto's memory and freed with this value.
struct OwnedProperties: ~Copyable {
    private(set) var pointer: OpaquePointer?
    /// Why the properties cannot be encoded, nil when they can.
    private(set) var code: MosquittoCode?

    init(_ properties: MQTTProperties?, topicAlias: UInt16? = nil) {
        if let topicAlias {
            note(mosquitto_property_add_int16(&pointer, Int32(MQTT_PROP_TOPIC_ALIAS.rawValue), topicAlias))
        }
        guard let properties else { return }
        if properties.isPayloadUTF8 {
            note(mosquitto_property_add_byte(&pointer, Int32(MQTT_PROP_PAYLOAD_FORMAT_INDICATOR.rawValue), 1))
        }
        if let seconds = properties.messageExpirySeconds {
            note(mosquitto_property_add_int32(&pointer, Int32(MQTT_PROP_MESSAGE_EXPIRY_INTERVAL.rawValue), seconds))
        }
        if let contentType = properties.contentType {
            add(contentType, as: MQTT_PROP_CONTENT_TYPE)
        }
        if let responseTopic = properties.responseTopic {
            add(responseTopic, as: MQTT_PROP_RESPONSE_TOPIC)
        }
        if let data = properties.correlationData {
            guard let length = UInt16(exactly: data.count) else {
                code = MosquittoCode(MOSQ_ERR_PAYLOAD_SIZE.rawValue)
                return
            }
            note(
                mosquitto_property_add_binary(
                    &pointer, Int32(MQTT_PROP_CORRELATION_DATA.rawValue), data, length))
        }
        for property in properties.userProperties {
            note(
                Self.withCString(property.name) { name in
                    Self.withCString(property.value) { value in
                        mosquitto_property_add_string_pair(
                            &pointer, Int32(MQTT_PROP_USER_PROPERTY.rawValue), name, value)
                    }
                })
        }
    }

    deinit {
        var pointer = pointer
        mosquitto_property_free_all(&pointer)
    }

    private mutating func add(_ text: String, as identifier: mqtt5_property) {
        note(Self.withCString(text) { mosquitto_property_add_string(&pointer, Int32(identifier.rawValue), $0) })
    }

    private mutating func note(_ result: Int32) {
        if result != MOSQ_ERR_SUCCESS.rawValue, code == nil { code = MosquittoCode(result) }
    }

    /// Calls `body` with the text, or says that it cannot be encoded: a C string ends at U+0000, and the length field
    /// has 16 bits. A String that is passed as an argument to C is copied to the heap each time; this is not.
    private static func withCString(_ text: String, _ body: (UnsafePointer<CChar>) -> Int32) -> Int32 {
        let length = text.utf8.count
        guard length <= 65_535 else { return MOSQ_ERR_MALFORMED_UTF8.rawValue }
        return text.withCString { strlen($0) == length ? body($0) : MOSQ_ERR_MALFORMED_UTF8.rawValue }
    }
}
