import CRdKafka
import Glibc
import Records
import Uplinks

/// One `rd_kafka_t`: one producer with one producer id, used until something goes wrong, then replaced.
///
/// Everything but ``sockets`` is used by one thread, on which the callbacks come too: while it polls, flushes or ends.
final class KafkaHandle {
    private let configuration: KafkaConfiguration
    let sockets: OpenSockets
    /// The reports of the messages under way.
    var board = DeliveryBoard()
    /// What else was told.
    var events = ProducerEvents()

    private var pointer: OpaquePointer?
    private var topics: [[UInt8]: OpaquePointer] = [:]
    private var lastTopic: (name: [UInt8], pointer: OpaquePointer)?
    private let values = UnsafeMutablePointer<rd_kafka_vu_t>.allocate(capacity: KafkaHandle.valuesMax)
    private let onWork: Unmanaged<Signal>

    /// Topics whose handles are kept; more begin anew, so that a topic per device stays bounded.
    private static let topicsMax = 1000
    private static let valuesMax = 8

    /// What librdkafka calls, on any of its threads, when a poll would find something.
    final class Signal: Sendable {
        let call: @Sendable () -> Void

        init(_ call: @escaping @Sendable () -> Void) { self.call = call }
    }

    /// Makes the producer; it connects by itself.
    ///
    /// - Parameters:
    ///   - batchSize: bytes of a message set.
    ///   - onWork: called from other threads when ``serve()`` would find something.
    /// - Throws: ``KafkaError`` where a value cannot be used, a file cannot be read, or the system gives no threads.
    init(
        _ configuration: KafkaConfiguration, batchSize: Int, sockets: OpenSockets,
        onWork: @escaping @Sendable () -> Void
    ) throws(KafkaError) {
        self.configuration = configuration
        self.sockets = sockets
        self.onWork = Unmanaged.passRetained(Signal(onWork))
        let settings = try Self.settings(configuration, batchSize: batchSize)
        setCallbacks(settings)
        let pointer = try Self.make(settings, configuration)
        self.pointer = pointer
        let queue = rd_kafka_queue_get_main(pointer)
        rd_kafka_queue_cb_event_enable(
            queue, { _, signal in Unmanaged<Signal>.fromOpaque(signal!).takeUnretainedValue().call() },
            self.onWork.toOpaque())
        rd_kafka_queue_destroy(queue)
    }

    deinit {
        precondition(pointer == nil, "a handle is ended before it goes: its last callbacks need it")
        values.deallocate()
        onWork.release()
    }

    /// Throws away what is not sent, closes the connections, and waits for librdkafka's threads. To be called once, at
    /// last.
    func end() {
        guard let pointer else { return }
        self.pointer = nil
        _ = rd_kafka_purge(
            pointer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING)
        forgetTopics()
        rd_kafka_destroy(pointer)
    }

    /// Whether we log in by SCRAM.
    var isScram: Bool {
        switch configuration.login {
        case .scramSHA256, .scramSHA512: true
        case .plain, .bearerToken, nil: false
        }
    }

    // MARK: Messages

    /// Hands over one message as number `index` of those under way.
    ///
    /// - Returns: nil when librdkafka has taken it.
    func produce(_ message: borrowing KafkaMessage, index: Int) -> KafkaCode? {
        guard let pointer, let topic = topic(message.topic) else {
            return KafkaCode(RD_KAFKA_RESP_ERR__INVALID_ARG)
        }
        let headers = rd_kafka_headers_new(message.headers.count)
        message.headers.forEach { name, value in
            rd_kafka_header_add(
                headers, name.baseAddress?.assumingMemoryBound(to: CChar.self), name.count, value.baseAddress,
                value.count)
        }
        let code = message.key.withUnsafeBytes { key in
            message.payload.withUnsafeBytes { payload in
                fillValues(
                    topic: topic, key: key, payload: payload, headers: headers, milliseconds: message.milliseconds,
                    index: index)
                guard let failure = rd_kafka_produceva(pointer, values, Self.valuesMax) else {
                    return nil as KafkaCode?
                }
                defer { rd_kafka_error_destroy(failure) }
                return KafkaCode(rd_kafka_error_code(failure))
            }
        }
        // With success they belong to the message.
        if code != nil { rd_kafka_headers_destroy(headers) }
        return code
    }

    private func fillValues(
        topic: OpaquePointer, key: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer, headers: OpaquePointer?,
        milliseconds: Int64?, index: Int
    ) {
        values[0].vtype = RD_KAFKA_VTYPE_RKT
        values[0].u.rkt = topic
        values[1].vtype = RD_KAFKA_VTYPE_PARTITION
        values[1].u.i32 = RD_KAFKA_PARTITION_UA
        values[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS
        values[2].u.i = RD_KAFKA_MSG_F_COPY
        values[3].vtype = RD_KAFKA_VTYPE_KEY
        values[3].u.mem.ptr = UnsafeMutableRawPointer(mutating: key.baseAddress)
        values[3].u.mem.size = key.count
        values[4].vtype = RD_KAFKA_VTYPE_VALUE
        // NULL would be a tombstone, which is something else than an empty payload.
        values[4].u.mem.ptr = payload.baseAddress.map { UnsafeMutableRawPointer(mutating: $0) } ?? .init(values)
        values[4].u.mem.size = payload.count
        values[5].vtype = RD_KAFKA_VTYPE_TIMESTAMP
        // 0 is "now".
        values[5].u.i64 = milliseconds ?? 0
        values[6].vtype = RD_KAFKA_VTYPE_HEADERS
        values[6].u.headers = headers
        values[7].vtype = RD_KAFKA_VTYPE_OPAQUE
        values[7].u.ptr = UnsafeMutableRawPointer(bitPattern: index + 1)
    }

    /// Takes what librdkafka has to tell; callbacks come during the call.
    ///
    /// - Parameter milliseconds: how long to wait for something to tell.
    func serve(waiting milliseconds: Int32 = 0) {
        if let pointer { rd_kafka_poll(pointer, milliseconds) }
    }

    /// Sends what is in the queue without waiting for more, and takes the reports, for as long as there are messages
    /// under way and `milliseconds` at most.
    func flush(_ milliseconds: Int32) {
        if let pointer { rd_kafka_flush(pointer, milliseconds) }
    }

    /// `HOST:PORT` of all brokers, as the cluster names them; empty where it does not answer within a second.
    func brokerNames() -> [String] {
        withMetadata { metadata in
            (0..<Int(metadata.broker_cnt)).map { index in
                "\(String(cString: metadata.brokers[index].host)):\(metadata.brokers[index].port)"
            }.sorted()
        } ?? []
    }

    /// All topics that the cluster lets us see; nil where it does not answer. Asked for by name, a topic might be made.
    func topicNames() -> Set<String>? {
        withMetadata(ofAllTopics: true) { metadata in
            Set((0..<Int(metadata.topic_cnt)).map { String(cString: metadata.topics[$0].topic) })
        }
    }

    /// Asks the cluster what is wrong with the topics in use: librdkafka waits for ever for one that we may not see.
    func askForTopicProblem() {
        let found: (KafkaCode, String)? =
            withMetadata { metadata in
                for index in 0..<Int(metadata.topic_cnt) {
                    let topic = metadata.topics[index]
                    let code = KafkaCode(topic.err)
                    if code.isAlarm { return (code, "topic \(String(cString: topic.topic)): \(code.text)") }
                }
                return nil
            } ?? nil
        if let (code, reason) = found { events.shutOut(code, reason) }
    }

    /// What the cluster says of itself and of the topics in use; nil where it does not answer within a second.
    private func withMetadata<Value>(ofAllTopics: Bool = false, _ body: (rd_kafka_metadata) -> Value) -> Value? {
        guard let pointer else { return nil }
        var answer: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(pointer, ofAllTopics ? 1 : 0, nil, &answer, Self.metadataMilliseconds)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let answer else { return nil }
        defer { rd_kafka_metadata_destroy(answer) }
        return body(answer.pointee)
    }

    /// Less than the time within which a cancelled send must return.
    private static let metadataMilliseconds: Int32 = 700

    // MARK: Topics

    /// librdkafka's object for a topic; nil where it does not take the name.
    private func topic(_ name: [UInt8]) -> OpaquePointer? {
        if let lastTopic, lastTopic.name == name { return lastTopic.pointer }
        if let known = topics[name] {
            lastTopic = (name, known)
            return known
        }
        if topics.count >= Self.topicsMax { forgetTopics() }
        guard let made = rd_kafka_topic_new(pointer, String(decoding: name, as: UTF8.self), nil) else { return nil }
        topics[name] = made
        lastTopic = (name, made)
        return made
    }

    /// Messages under way keep theirs for themselves.
    private func forgetTopics() {
        for topic in topics.values { rd_kafka_topic_destroy(topic) }
        topics = [:]
        lastTopic = nil
    }

    // MARK: Settings

    /// Makes a producer that knows no broker, and ends it: whatever librdkafka has against the configuration shows.
    ///
    /// - Throws: ``KafkaError`` where a value cannot be used, a file cannot be read, or the system gives no threads.
    static func check(_ configuration: KafkaConfiguration) throws(KafkaError) {
        let settings = try settings(configuration, batchSize: configuration.messageSizeMax.rawValue, isAlone: true)
        rd_kafka_conf_set_log_cb(settings) { _, _, _, _ in }
        rd_kafka_destroy(try make(settings, configuration))
    }

    /// - Parameters:
    ///   - isAlone: leaves out where the brokers are.
    ///   - more: what comes on top.
    static func settings(
        _ configuration: KafkaConfiguration, batchSize: Int, isAlone: Bool = false, and more: [KafkaSetting] = []
    ) throws(KafkaError) -> OpaquePointer? {
        try checkFiles(of: configuration)
        let settings = rd_kafka_conf_new()
        do {
            for setting in try configuration.settings(batchSize: batchSize) + more
            where !isAlone || setting.name != KafkaSetting.brokers {
                try set(setting, settings)
            }
        } catch {
            rd_kafka_conf_destroy(settings)
            throw error
        }
        return settings
    }

    /// Takes the settings.
    static func make(
        _ settings: OpaquePointer?, _ configuration: KafkaConfiguration,
        _ kind: rd_kafka_type_t = RD_KAFKA_PRODUCER
    ) throws(KafkaError) -> OpaquePointer {
        var text = [CChar](repeating: 0, count: 512)
        guard let pointer = rd_kafka_new(kind, settings, &text, text.count) else {
            rd_kafka_conf_destroy(settings)
            throw KafkaError(.setting, "cannot make a client for \(configuration.address): \(string(text))")
        }
        return pointer
    }

    private static func set(_ setting: KafkaSetting, _ settings: OpaquePointer?) throws(KafkaError) {
        var text = [CChar](repeating: 0, count: 512)
        guard rd_kafka_conf_set(settings, setting.name, setting.value, &text, text.count) == RD_KAFKA_CONF_OK else {
            // librdkafka repeats the value.
            let reason = setting.isSecret ? "it is not usable" : string(text)
            throw KafkaError(.setting, "librdkafka refuses \(setting.name): \(reason)")
        }
    }

    /// librdkafka's own words do not say which file it is.
    private static func checkFiles(of configuration: KafkaConfiguration) throws(KafkaError) {
        let files = [configuration.tls?.authorityFile, configuration.tls?.certificateFile, configuration.tls?.keyFile]
        for file in files.compactMap({ $0 }) where access(file, R_OK) != 0 {
            throw KafkaError(.setting, "cannot read \(file): \(String(cString: strerror(errno)))")
        }
    }

    static func string(_ text: [CChar]) -> String {
        String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Gives librdkafka a token to log in with, or why there is none: then it asks again after ten seconds.
    func refreshToken(of pointer: OpaquePointer?) {
        guard case .bearerToken(let source) = configuration.login else { return }
        do {
            guard let token = BearerToken(try KafkaConfiguration.secret(source, "token")) else {
                throw KafkaError(.secret, "the token holds characters that no token has")
            }
            var now = timespec()
            clock_gettime(CLOCK_REALTIME, &now)
            // librdkafka asks again when four fifths of the time have passed.
            let expiry = token.expiryMilliseconds ?? (Int64(now.tv_sec) + Self.tokenLifetimeSeconds) * 1000
            var text = [CChar](repeating: 0, count: 512)
            let code = rd_kafka_oauthbearer_set_token(
                pointer, token.text, expiry, token.principal, nil, 0, &text, text.count)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(.secret, Self.string(text)) }
        } catch {
            rd_kafka_oauthbearer_set_token_failure(pointer, "\(error)")
        }
    }

    /// For tokens that do not say when they end.
    private static let tokenLifetimeSeconds: Int64 = 300
}

/// The version of librdkafka that runs, such as `2.0.2`.
public func kafkaLibraryVersion() -> String { String(cString: rd_kafka_version_str()) }
