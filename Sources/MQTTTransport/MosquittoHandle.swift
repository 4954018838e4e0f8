import CMosquitto
import Glibc
import Records

/// What a ``MosquittoHandle`` calls while it reads and writes, on the thread that does so.
protocol MosquittoEvents: AnyObject {
    /// CONNACK. `code` 0: accepted.
    func connackArrived(code: Int32, isSessionPresent: Bool, properties: PropertyList)
    /// PUBLISH. The spans end with the call.
    func publishArrived(topic: RawSpan, payload: RawSpan, flags: PublishFlags)
    /// PUBACK; `code` 0x80 and above: refused, and `remark` is what the server says about it.
    func pubackArrived(packetID: Int32, code: Int32, remark: String?)
    /// SUBACK, one code per filter of the SUBSCRIBE.
    func subackArrived(packetID: Int32, codes: [Int32])
    /// UNSUBACK.
    func unsubackArrived(packetID: Int32)
}

/// What a PUBLISH says about itself beside topic and payload.
struct PublishFlags {
    let qos: Int
    let isRetained: Bool
    let isDuplicate: Bool
    let properties: PropertyList
}

/// One `struct mosquitto`: one connection, never reconnected. The next connection gets a new handle, because a used one
/// sends by itself what it still holds.
///
/// With `mosquitto_threaded_set(true)` everything that libmosquitto sends stays in one queue until ``write()``.
/// libmosquitto puts the PUBACK into that queue before it tells of the message, so whoever calls ``write()`` decides
/// when messages are acknowledged.
final class MosquittoHandle: @unchecked Sendable {
    // @unchecked: used by one thread at a time; it changes threads only between connecting and the first read.

    /// What the handle is for.
    enum Role {
        /// Receives, in a session that the broker keeps.
        case subscriber
        /// Sends, at most `window` messages unconfirmed, in a session that ends with the connection, or, where there is
        /// a will that waits (MQTT 5.0, 3.1.3.2.2), with that wait.
        case publisher(window: Int)
    }

    let configuration: MQTTConfiguration
    /// Whether a connection with this configuration was accepted before.
    let isServerKnown: Bool
    var events: (any MosquittoEvents)?

    // What the callbacks have seen.
    var packetsSeen = 0
    var end: (code: Int32, systemError: Int32)?
    var connackCode: Int32?
    /// What the server has said with a CONNACK that is a refusal. What it says with a DISCONNECT libmosquitto keeps to
    /// itself.
    var remark: String?
    var isNextDuplicate = false
    var isLogWanted = true
    var errorLines: [String] = []

    let pointer: OpaquePointer
    /// How long the server keeps the session; a connection without one starts clean.
    private let sessionExpiry: Duration
    private var isLogSet = true

    init(_ configuration: MQTTConfiguration, as role: Role, isServerKnown: Bool) throws(MQTTTransportError) {
        guard Self.isLibraryReady else {
            throw MQTTTransportError(.systemResources, "libmosquitto could not be initialised")
        }
        self.configuration = configuration
        self.isServerKnown = isServerKnown
        switch role {
        case .subscriber: sessionExpiry = configuration.sessionExpiry
        // A will waits no longer than its session, and a clean start would end that, and publish the will after all.
        case .publisher: sessionExpiry = configuration.version == .v5 ? configuration.will?.delay ?? .zero : .zero
        }
        let keepsSession = if case .subscriber = role { true } else { sessionExpiry > .zero }
        guard let pointer = mosquitto_new(configuration.clientID, !keepsSession, nil) else {
            throw MQTTTransportError(
                .systemResources, "cannot make an MQTT client for \(configuration.address): \(systemMessage(errno))")
        }
        self.pointer = pointer
        mosquitto_user_data_set(pointer, Unmanaged.passUnretained(self).toOpaque())
        setCallbacks()
        // All writing waits for write(); must come before connecting.
        try check(mosquitto_threaded_set(pointer, true), "set up")
        try setOptions(role)
        try setCredentials()
        if let tls = configuration.tls { try setTLS(tls) }
        if let will = configuration.will { try setWill(will) }
    }

    deinit {
        mosquitto_destroy(pointer)
    }

    private static let isLibraryReady = mosquitto_lib_init() == MOSQ_ERR_SUCCESS.rawValue

    // MARK: Options

    private func setOptions(_ role: Role) throws(MQTTTransportError) {
        let version = configuration.version == .v5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311
        try set(MOSQ_OPT_PROTOCOL_VERSION, Int32(version))
        try set(MOSQ_OPT_TCP_NODELAY, 1)
        try set(MOSQ_OPT_RECEIVE_MAXIMUM, Int32(configuration.receiveMaximum))
        if case .publisher(let window) = role {
            // Its own limit of 20 would keep messages back in its memory; the window is ours.
            try set(MOSQ_OPT_SEND_MAXIMUM, Int32(window))
        }
    }

    private func setCredentials() throws(MQTTTransportError) {
        guard configuration.username != nil || configuration.password != nil else { return }
        try check(
            mosquitto_username_pw_set(pointer, configuration.username, configuration.password),
            "use the user name and password")
    }

    private func setTLS(_ tls: TLSFiles) throws(MQTTTransportError) {
        let systemDirectory = tls.authorityFile == nil ? "/etc/ssl/certs" : nil
        try check(
            mosquitto_tls_set(pointer, tls.authorityFile, systemDirectory, tls.certificateFile, tls.keyFile, nil),
            "use the TLS files")
        try check(mosquitto_tls_opts_set(pointer, 1, "tlsv1.2", nil), "require TLS 1.2")
        try check(mosquitto_tls_insecure_set(pointer, false), "require the server's name")
        if let name = configuration.applicationProtocol {
            try check(mosquitto_string_option(pointer, MOSQ_OPT_TLS_ALPN, name), "announce the protocol \(name)")
        }
    }

    private func setWill(_ will: MQTTConfiguration.Will) throws(MQTTTransportError) {
        var properties: OpaquePointer?
        let delay = UInt32(clamping: will.delay.components.seconds)
        if configuration.version == .v5, delay > 0 {
            mosquitto_property_add_int32(&properties, Int32(MQTT_PROP_WILL_DELAY_INTERVAL.rawValue), delay)
        }
        let code = mosquitto_will_set_v5(
            pointer, will.topic, Int32(will.payload.count), will.payload, 1, will.isRetained, properties)
        // On success the properties belong to the handle.
        if code != MOSQ_ERR_SUCCESS.rawValue { mosquitto_property_free_all(&properties) }
        try check(code, "set the last will on topic '\(will.topic)'")
    }

    private func set(_ option: mosq_opt_t, _ value: Int32) throws(MQTTTransportError) {
        try check(mosquitto_int_option(pointer, option, value), "set option \(option.rawValue)")
    }

    private func check(_ code: Int32, _ attempt: String) throws(MQTTTransportError) {
        guard code != MOSQ_ERR_SUCCESS.rawValue else { return }
        throw MQTTTransportError(
            .library, "\(configuration.address): cannot \(attempt): \(String(cString: mosquitto_strerror(code)))")
    }

    // MARK: Connection

    /// Looks the host up and opens the TCP connection. Blocks, for minutes if the network says nothing. The handshakes
    /// follow in ``read()`` and ``write()``.
    ///
    /// - Returns: nil, or why there is no connection.
    func connect() -> String? {
        let keepAlive = Int32(configuration.keepAliveSeconds)
        let code: Int32
        if configuration.version == .v5 {
            var properties: OpaquePointer?
            mosquitto_property_add_int32(
                &properties, Int32(MQTT_PROP_MAXIMUM_PACKET_SIZE.rawValue), configuration.packetSizeMax)
            let seconds = UInt32(clamping: sessionExpiry.components.seconds)
            if seconds > 0 {
                mosquitto_property_add_int32(&properties, Int32(MQTT_PROP_SESSION_EXPIRY_INTERVAL.rawValue), seconds)
            }
            code = mosquitto_connect_bind_v5(
                pointer, configuration.host, Int32(configuration.port), keepAlive, nil, properties)
            mosquitto_property_free_all(&properties)
        } else {
            code = mosquitto_connect(pointer, configuration.host, Int32(configuration.port), keepAlive)
        }
        guard code == MOSQ_ERR_SUCCESS.rawValue else { return connectFailure(code: code, systemError: errno) }
        socket.setUserTimeout(configuration.keepAlive / 2)
        return nil
    }

    var socket: SocketOptions { SocketOptions(descriptor: mosquitto_socket(pointer)) }

    /// Whether there is something to send.
    var wantsWrite: Bool { mosquitto_want_write(pointer) }

    /// What one ``read()`` found.
    enum ReadResult {
        /// Something was read; there may be more.
        case progress
        /// Nothing more can be read without waiting.
        case drained
        /// The connection is at its end; see ``endReason()``.
        case ended
    }

    /// Reads about one packet.
    func read() -> ReadResult {
        let seen = packetsSeen
        errno = 0
        let code = mosquitto_loop_read(pointer, 1)
        let error = errno
        if isLogSet, !isLogWanted {
            // Formatting a line per packet costs more than reading the packet.
            mosquitto_log_callback_set(pointer, nil)
            isLogSet = false
        }
        if end != nil { return .ended }
        if code != MOSQ_ERR_SUCCESS.rawValue {
            end = (code, error)
            return .ended
        }
        // The callbacks leave errno at 0, so EAGAIN comes from the last read of the socket, or, for the few packets
        // without a callback, from libmosquitto's full wake-up pipe; then the next call tells.
        let isHandshaking = connackCode == nil && configuration.tls != nil
        let wouldBlock = isHandshaking || error == EAGAIN || error == EWOULDBLOCK
        return wouldBlock && packetsSeen == seen ? .drained : .progress
    }

    /// Sends what is queued, acknowledgements included, as far as the socket takes it.
    ///
    /// - Returns: whether the connection is still there.
    func write() -> Bool {
        let socket = socket
        socket.cork()
        let code = mosquitto_loop_write(pointer, 1)
        let error = errno
        if end == nil, code != MOSQ_ERR_SUCCESS.rawValue { end = (code, error) }
        guard end == nil else { return false }
        socket.uncork()
        return true
    }

    /// Queues a ping when one is due; to be called at least once a second.
    ///
    /// - Returns: whether the connection is still there.
    func keepAlive() -> Bool {
        let code = mosquitto_loop_misc(pointer)
        if end == nil, code != MOSQ_ERR_SUCCESS.rawValue { end = (code, 0) }
        return end == nil
    }

    /// Queues a SUBSCRIBE at QoS 1 and gives its packet identifier, or why it cannot be sent.
    func subscribe(_ subscription: MQTTSubscription) -> Result<Int32, MosquittoCode> {
        var options: UInt32 = 0
        if configuration.version == .v5 {
            switch subscription.retained {
            case .always: options = MQTT_SUB_OPT_SEND_RETAIN_ALWAYS.rawValue
            case .once: options = MQTT_SUB_OPT_SEND_RETAIN_NEW.rawValue
            case .ignore: options = MQTT_SUB_OPT_SEND_RETAIN_NEVER.rawValue
            }
            if subscription.isRetainAsPublished { options |= MQTT_SUB_OPT_RETAIN_AS_PUBLISHED.rawValue }
            // No Local on a shared subscription is a protocol error (MQTT 5.0, 3.8.3.1).
            if subscription.isNoLocal, !subscription.filter.hasPrefix("$share/") {
                options |= MQTT_SUB_OPT_NO_LOCAL.rawValue
            }
        }
        var packetID: Int32 = 0
        let code = mosquitto_subscribe_v5(pointer, &packetID, subscription.filter, 1, Int32(options), nil)
        return code == MOSQ_ERR_SUCCESS.rawValue ? .success(packetID) : .failure(MosquittoCode(code))
    }

    /// Queues an UNSUBSCRIBE and gives its packet identifier, or why it cannot be sent.
    func unsubscribe(_ filter: String) -> Result<Int32, MosquittoCode> {
        var packetID: Int32 = 0
        let code = mosquitto_unsubscribe_v5(pointer, &packetID, filter, nil)
        return code == MOSQ_ERR_SUCCESS.rawValue ? .success(packetID) : .failure(MosquittoCode(code))
    }

    /// Queues a PUBLISH at QoS 1 and gives its packet identifier, or why it cannot be sent. Only while connected:
    /// otherwise libmosquitto would keep the message and send it later by itself.
    func publish(_ message: MQTTMessage, topicAs choice: TopicAliases.Choice = .plain) -> Result<Int32, MosquittoCode> {
        var topic = message.topic
        var alias: UInt16?
        switch choice {
        case .plain: break
        case .assign(let number): alias = number
        case .use(let number): (topic, alias) = ("", number)
        }
        let properties = OwnedProperties(configuration.version == .v5 ? message.properties : nil, topicAlias: alias)
        if let code = properties.code { return .failure(code) }
        var packetID: Int32 = 0
        let isRetained = message.isRetained
        let code = topic.withCString { topic in
            message.payload.withUnsafeBytes { payload in
                mosquitto_publish_v5(
                    pointer, &packetID, topic, Int32(clamping: payload.count), payload.baseAddress, 1, isRetained,
                    properties.pointer)
            }
        }
        return code == MOSQ_ERR_SUCCESS.rawValue ? .success(packetID) : .failure(MosquittoCode(code))
    }

    /// Queues the DISCONNECT. The next ``write()`` that reaches it closes the socket.
    func disconnect() {
        mosquitto_disconnect_v5(pointer, 0, nil)
    }
}

/// The version of the libmosquitto that is loaded, such as `2.0.11`.
public func mosquittoVersion() -> String {
    var major: Int32 = 0
    var minor: Int32 = 0
    var revision: Int32 = 0
    mosquitto_lib_version(&major, &minor, &revision)
    return "\(major).\(minor).\(revision)"
}
