import Glibc
import Records
import Synchronization

/// A Kafka cluster in memory, in a process of its own: librdkafka's mock brokers, which answer as they are told.
///
/// `kcat` is the consumer that reads back what they hold; it knows nothing of Millrace.
public final class KafkaCluster: Sendable {
    /// The requests of Kafka's protocol that tests speak of, by their keys.
    public enum Request: Int, Sendable {
        case produce = 0
        case metadata = 3
        case initProducerID = 22
    }

    /// A message as `kcat` has read it.
    public struct Message: Sendable {
        /// The topic that it is in.
        public let topic: String
        /// The partition of the topic.
        public let partition: Int
        /// Its place in the partition.
        public let offset: Int
        /// Milliseconds since 1970.
        public let timestamp: Int
        /// Nil where it has none.
        public let key: String?
        /// Nil where it has none.
        public let payload: String?
        /// In order; names may repeat.
        public let headers: [(name: String, value: String)]

        /// The value of the first header of that name.
        public func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
    }

    /// Whether this machine has what the cluster and its consumer need.
    public static let isInstalled =
        isInPath("kcat") && isInPath("cc") && access("/usr/include/librdkafka/rdkafka_mock.h", R_OK) == 0

    /// Addresses of the brokers, as `HOST:PORT`.
    public let brokers: [String]
    private let folder: TemporaryFolder
    private let process: ChildProcess
    private let commands = Mutex(0)

    /// Starts the brokers, numbered from 1, and waits until they listen.
    ///
    /// - Throws: ``SimulationError`` where the program cannot be compiled or does not start.
    public init(brokers count: Int = 3) async throws {
        let program = try await Self.program.value
        let folder = try TemporaryFolder("kafka")
        try folder.write("commands", "")
        let process = try ChildProcess(
            program.file("kafka_cluster"), ["\(count)", folder.file("commands"), folder.file("log")],
            output: .file(folder.file("output")))
        let isReady = await eventually { !process.isRunning || folder.read("log").hasSuffix("\n") }
        let line = folder.read("log").split(separator: "\n").first ?? ""
        guard isReady, line.hasPrefix("ready ") else {
            throw SimulationError("there is no Kafka cluster: \(folder.read("output"))")
        }
        brokers = line.dropFirst("ready ".count).split(separator: ",").map(String.init)
        self.folder = folder
        self.process = process
    }

    /// Makes a topic.
    ///
    /// - Throws: ``SimulationError`` where the cluster refuses.
    public func makeTopic(_ name: String, partitions: Int, replicas: Int = 3) async throws {
        try await tell("topic \(name) \(partitions) \(min(replicas, brokers.count))")
    }

    /// The next requests of a kind, at any broker, are answered with these error codes, 0 for none.
    ///
    /// - Throws: ``SimulationError`` where the cluster does not take the command.
    public func answer(_ request: Request, with codes: [Int]) async throws {
        try await tell("errors \(request.rawValue) \(codes.map(String.init).joined(separator: " "))")
    }

    /// Forgets what was said with ``answer(_:with:)``.
    ///
    /// - Throws: ``SimulationError`` where the cluster does not take the command.
    public func answerAgain(_ request: Request) async throws { try await tell("clear \(request.rawValue)") }

    /// Says something else to the cluster: see `Benchmarks/load/kafka_cluster.c`.
    ///
    /// - Throws: ``SimulationError`` where it is not obeyed.
    public func tell(_ command: String) async throws {
        let number = commands.withLock { number in
            number += 1
            return number
        }
        let file = open(folder.file("commands"), O_WRONLY | O_APPEND | O_CLOEXEC)
        guard file >= 0 else { throw SimulationError("cannot command the Kafka cluster", errno: errno) }
        let bytes = Array("\(command)\n".utf8)
        let count = write(file, bytes, bytes.count)
        close(file)
        guard count == bytes.count else { throw SimulationError("cannot command the Kafka cluster", errno: errno) }
        func answers() -> [Substring] { folder.read("log").split(separator: "\n") }
        guard await eventually({ answers().count > number }), answers()[number] == "ok" else {
            throw SimulationError("the Kafka cluster refuses '\(command)': \(answers().last ?? "")")
        }
    }

    /// Lets the whole cluster stand still, with its connections open (SIGSTOP), until ``resume()``.
    public func freeze() { process.kill(SIGSTOP) }

    /// Lets a frozen cluster go on.
    public func resume() { process.kill(SIGCONT) }

    /// Reads all that a topic holds, partition by partition, each in its order.
    ///
    /// - Throws: ``SimulationError`` where `kcat` fails, or writes what is no JSON.
    public func messages(in topic: String) async throws -> [Message] {
        let output = try await ChildProcess.run(
            "kcat", ["-C", "-b", brokers.joined(separator: ","), "-t", topic, "-o", "beginning", "-e", "-q", "-J"])
        let messages = try output.split(separator: "\n").map { line in
            guard let tree = JSONTree(Array(line.utf8)), let message = Message(tree) else {
                throw SimulationError("kcat wrote what is no message: \(line)")
            }
            return message
        }
        return messages.sorted { ($0.partition, $0.offset) < ($1.partition, $1.offset) }
    }

    /// The program is compiled once for all clusters of a process.
    private static let program = Task {
        let source = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
        let folder = try TemporaryFolder("kafka-program")
        try await ChildProcess.run(
            "cc",
            ["-O2", "-o", folder.file("kafka_cluster"), "\(source)/Benchmarks/load/kafka_cluster.c", "-lrdkafka"])
        return folder
    }

    private static func isInPath(_ program: String) -> Bool {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        return path.split(separator: ":").contains { access("\($0)/\(program)", X_OK) == 0 }
    }
}

extension KafkaCluster.Message {
    init?(_ tree: JSONTree) {
        guard let topic = tree["topic"]?.string, let partition = tree["partition"]?.integer,
            let offset = tree["offset"]?.integer, let timestamp = tree["ts"]?.integer
        else { return nil }
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.timestamp = timestamp
        key = tree["key"]?.string
        payload = tree["payload"]?.string
        // Names and values in turn.
        let texts = (tree["headers"]?.elements ?? []).map { $0.string ?? "" }
        headers = stride(from: 0, to: texts.count - texts.count % 2, by: 2).map { (texts[$0], texts[$0 + 1]) }
    }
}
