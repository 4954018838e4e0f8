import CRdKafka
import Records
import Synchronization
import Threads

/// Reads topics of a cluster from their oldest message on, for an audit: it joins no group, commits no offset, and
/// leaves nothing behind.
public final class KafkaReader: Sendable {
    /// One message. What it points to is its own.
    public struct Message: Sendable {
        /// Where it was.
        public let topic: String
        /// Empty for a tombstone.
        public let payload: [UInt8]
        /// In their order; values that are no UTF-8 are mended.
        public let headers: [(name: String, value: String)]
    }

    private let configuration: KafkaConfiguration
    private let topics: [String]
    private let onMessage: @Sendable (Message) -> Void
    private let onProblem: @Sendable (String?) -> Void
    private let isStopping = Atomic(false)
    private let ended = Gate(false)
    /// How long a poll waits before the thread looks whether it is still wanted.
    private static let pollMilliseconds: Int32 = 100
    private static let metadataMilliseconds: Int32 = 5000

    /// A reader that does nothing until ``start()``.
    ///
    /// - Parameters:
    ///   - onMessage: called on the reader's thread.
    ///   - onProblem: called there when something keeps it from reading, and with nil when all partitions are being
    ///     read.
    public init(
        _ configuration: KafkaConfiguration, topics: [String], onMessage: @escaping @Sendable (Message) -> Void,
        onProblem: @escaping @Sendable (String?) -> Void
    ) {
        self.configuration = configuration
        self.topics = topics
        self.onMessage = onMessage
        self.onProblem = onProblem
    }

    /// Begins to read, on a thread of its own.
    ///
    /// - Throws: ``KafkaError`` where a value cannot be used, or the system gives no thread.
    public func start() throws(KafkaError) {
        let consumer = try KafkaConsumer(configuration)
        let isStarted = OwnThread.start(named: "kafka-in") { [self] in
            run(consumer)
            consumer.end()
            ended.change { $0 = true }
        }
        guard isStarted else {
            consumer.end()
            throw KafkaError(.setting, "no thread to read from \(configuration.address) on")
        }
    }

    /// Ends it, after a second at most.
    public func stop() async {
        isStopping.store(true, ordering: .relaxed)
        while !ended.withLock(\.self) {
            // Cancellation does not shorten it: the thread ends by itself.
            try? await Task.sleep(for: .milliseconds(20))
            if Task.isCancelled { break }
        }
    }

    private func run(_ consumer: KafkaConsumer) {
        var isAssigned = false
        while !isStopping.load(ordering: .relaxed) {
            if !isAssigned {
                do throws(KafkaError) {
                    try consumer.readAll(of: topics, within: Self.metadataMilliseconds)
                    isAssigned = true
                    onProblem(nil)
                } catch {
                    onProblem(error.message)
                }
            }
            switch consumer.poll(Self.pollMilliseconds) {
            case .message(let message): onMessage(message)
            case .problem(let reason): onProblem(reason)
            case nil: break
            }
        }
    }
}

/// One `rd_kafka_t` that reads. Made on one thread, then used by another.
private final class KafkaConsumer: @unchecked Sendable {
    // @unchecked: the thread that made it gives it to the one that reads, and never uses it again.

    enum Event {
        case message(KafkaReader.Message)
        case problem(String)
    }

    private let configuration: KafkaConfiguration
    private let pointer: OpaquePointer

    init(_ configuration: KafkaConfiguration) throws(KafkaError) {
        self.configuration = configuration
        let own = [
            // The library wants a name even of who joins no group.
            KafkaSetting(name: "group.id", value: configuration.clientID),
            KafkaSetting(name: "enable.auto.commit", value: "false"),
            KafkaSetting(name: "auto.offset.reset", value: "earliest"),
            KafkaSetting(name: "fetch.wait.max.ms", value: "100"),
            // No partition is read far ahead of the others: what is missing in between would look like a hole.
            KafkaSetting(name: "fetch.message.max.bytes", value: "65536"),
            KafkaSetting(name: "queued.min.messages", value: "100"),
        ]
        let settings = try KafkaHandle.settings(
            configuration, batchSize: configuration.messageSizeMax.rawValue, and: own)
        // Without this librdkafka would write to standard error.
        rd_kafka_conf_set_log_cb(settings) { _, _, _, _ in }
        pointer = try KafkaHandle.make(settings, configuration, RD_KAFKA_CONSUMER)
        rd_kafka_poll_set_consumer(pointer)
    }

    func end() { rd_kafka_destroy_flags(pointer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE) }

    /// Reads all partitions of the topics from their beginning.
    func readAll(of topics: [String], within milliseconds: Int32) throws(KafkaError) {
        guard let list = rd_kafka_topic_partition_list_new(Int32(topics.count)) else { return }
        defer { rd_kafka_topic_partition_list_destroy(list) }
        for name in topics {
            let topic = rd_kafka_topic_new(pointer, name, nil)
            defer { rd_kafka_topic_destroy(topic) }
            var answer: UnsafePointer<rd_kafka_metadata>?
            let code = KafkaCode(rd_kafka_metadata(pointer, 0, topic, &answer, milliseconds))
            guard code == KafkaCode(RD_KAFKA_RESP_ERR_NO_ERROR), let answer else {
                throw KafkaError(.unreachable, "\(configuration.address): \(code.text)")
            }
            defer { rd_kafka_metadata_destroy(answer) }
            let found = answer.pointee.topics[0]
            let problem = KafkaCode(found.err)
            guard problem == KafkaCode(RD_KAFKA_RESP_ERR_NO_ERROR), found.partition_cnt > 0 else {
                throw KafkaError(.unreachable, "topic \(name): \(problem.text)")
            }
            for index in 0..<Int(found.partition_cnt) {
                let place = rd_kafka_topic_partition_list_add(list, name, found.partitions[index].id)
                place?.pointee.offset = Int64(RD_KAFKA_OFFSET_BEGINNING)
            }
        }
        let code = KafkaCode(rd_kafka_assign(pointer, list))
        guard code == KafkaCode(RD_KAFKA_RESP_ERR_NO_ERROR) else {
            throw KafkaError(.unreachable, "\(configuration.address): \(code.text)")
        }
    }

    /// What comes next; nil where nothing does for so long.
    func poll(_ milliseconds: Int32) -> Event? {
        guard let message = rd_kafka_consumer_poll(pointer, milliseconds) else { return nil }
        defer { rd_kafka_message_destroy(message) }
        guard message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
            return .problem(KafkaCode(message.pointee.err).text)
        }
        let topic = rd_kafka_topic_name(message.pointee.rkt).map { String(cString: $0) } ?? ""
        let payload = UnsafeRawBufferPointer(start: message.pointee.payload, count: message.pointee.len)
        return .message(KafkaReader.Message(topic: topic, payload: Array(payload), headers: Self.headers(of: message)))
    }

    private static func headers(of message: UnsafeMutablePointer<rd_kafka_message_t>) -> [(name: String, value: String)]
    {
        var list: OpaquePointer?
        guard rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR else { return [] }
        var headers: [(name: String, value: String)] = []
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        while rd_kafka_header_get_all(list, headers.count, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR {
            let bytes = UnsafeRawBufferPointer(start: value, count: size)
            headers.append((name.map { String(cString: $0) } ?? "", String(decoding: bytes, as: UTF8.self)))
        }
        return headers
    }
}
