import Agent
import AgentTestKit
import Glibc
import Logging
import Records
import ServiceLifecycle
import Simulation
import Synchronization
import Threads
import Uplinks

@testable import AdminHTTP

/// An agent with a log of its own and an admin server, in this process. Its broker is not there; its uplink takes
/// everything.
final class RunningServer: Sendable {
    let folder: TemporaryFolder
    let agent: MillraceAgent
    let server: AdminServer
    let complaints: RecentEvents
    private let group: ServiceGroup

    /// The path of the unix socket.
    var socket: String { folder.file("admin.sock") }
    /// Asks through it.
    var client: AdminClient { AdminClient(socket: socket) }

    private init(
        _ lines: [String], in folder: TemporaryFolder, tables: String, pages: [String: AdminPage],
        patience: AdminPatience
    ) throws {
        self.folder = folder
        let text = """
            [gateway]
            id = "gw-1"
            [log]
            path = "log"
            capacity = "4MiB"
            commit_linger = "1ms"
            [mqtt.floor]
            url = "mqtt://127.0.0.1:1"
            topics = ["sensors/#"]
            [uplinks.central]
            url = "mqtt://127.0.0.1:1"
            [admin]
            socket = "admin.sock"
            \(lines.joined(separator: "\n"))
            \(tables)
            """
        let configuration = try AgentConfiguration.read(text: text, file: "t", directory: folder.path)
        let complaints = RecentEvents()
        let logger = Logger(label: "test") { _ in complaints.watching(SilentLog()) }
        agent = try MillraceAgent(
            configuration, logger: logger, version: "1.2.3", events: complaints,
            makeUplink: { _, _, _, _ in SwallowingUplink() })
        server = AdminServer(configuration.admin, of: agent, pages: pages, patience: patience, logger: logger)
        self.complaints = complaints
        group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: agent.services + [server], logger: logger))
    }

    /// Runs `body` while the server answers.
    ///
    /// - Parameter lines: of `[admin]`.
    static func with(
        _ lines: [String] = [], in folder: TemporaryFolder? = nil, tables: String = "",
        pages: [String: AdminPage] = [:], patience: AdminPatience = AdminPatience(),
        _ body: @Sendable (RunningServer) async throws -> Void
    ) async throws {
        let running = try RunningServer(
            lines, in: folder ?? TemporaryFolder("admin"), tables: tables, pages: pages, patience: patience)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await running.group.run() }
            let isOpen = await eventually {
                running.server.isSocketOpen
                    && (!lines.contains { $0.hasPrefix("listen") } || running.server.port != nil)
            }
            defer { tasks.addTask { await running.group.triggerGracefulShutdown() } }
            guard isOpen else { throw TestKitError("the server does not open: \(running.complaints.newestFirst)") }
            try await body(running)
        }
    }

    /// Asks through the socket.
    func get(_ target: String) async throws -> AdminClient.Reply { try await client.get(target) }

    /// Writes or acts through the socket.
    func post(_ target: String, _ body: String = "", contentType: String? = nil) async throws -> AdminClient.Reply {
        try await client.post(target, Array(body.utf8), contentType: contentType)
    }

    /// Sends bytes as they are, and gives what comes back until the connection ends.
    func exchange(_ bytes: [UInt8]) async throws -> String {
        let path = socket
        return try await onOwnThread {
            let connection = try RawConnection(to: path)
            try connection.send(bytes)
            var answer: [UInt8] = []
            while case let part = try connection.receive(), !part.isEmpty { answer += part }
            return String(decoding: answer, as: UTF8.self)
        }
    }
}

/// Runs `body`, which blocks, on a thread of its own.
func onOwnThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        let isRunning = OwnThread.start(named: "client") { continuation.resume(with: Result { try body() }) }
        precondition(isRunning, "a thread for a test")
    }
}

/// Takes every line and writes none.
struct SilentLog: LogHandler {
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
    func log(event: LogEvent) {}
}

/// Confirms everything.
struct SwallowingUplink: Uplink {
    var traffic: LinkTraffic { LinkTraffic() }
    func send(_ batch: RecordBatch) async -> DeliveryOutcome { .acknowledged(through: batch.last) }
    func send(_ loss: LostRange) async -> DeliveryOutcome { .acknowledged(through: loss.last) }
    func close() async {}
}
