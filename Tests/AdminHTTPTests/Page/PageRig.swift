import AdminHTTP
import Agent
import Logging
import Records
import ServiceLifecycle
import Simulation
import Synchronization

/// A real admin server of an agent whose status a test sets, a link to it that can be cut, and a browser before it.
final class PageRig: Sendable {
    static let token = "0123456789abcdef0123456789abcdef"

    let agent = StandIn(.plant())
    let relay: Relay
    let tab: BrowserTab

    private let task: Task<Void, any Error>

    /// - Parameter isUnlocked: the token is in the tab's storage already.
    init(_ status: AgentStatus = .plant(), isUnlocked: Bool = true) async throws {
        agent.status = status
        var configuration = AdminConfiguration()
        var listener = AdminConfiguration.Listener(host: "127.0.0.1", port: 0)
        listener.readToken = AdminToken(Self.token)
        configuration.listener = listener
        let server = AdminServer(
            configuration, of: agent, pages: AdminPage.all,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        task = Task { try await server.run() }
        guard await eventually({ server.port != nil }), let port = server.port else {
            throw SimulationError("the admin server does not open")
        }
        relay = try Relay(to: UInt16(port))
        tab = try await BrowserTab(in: Chromium())
        guard isUnlocked else { return }
        try await tab.open("\(address)page/icon.svg")
        guard try await tab.shows("location.pathname === '/page/icon.svg'") else {
            throw SimulationError("the page's icon is not shown")
        }
        try await tab.evaluate("sessionStorage.setItem('millrace-token', '\(Self.token)')")
    }

    deinit { task.cancel() }

    var address: String { "http://127.0.0.1:\(relay.port)/" }

    /// Opens the page, and waits until it shows a status.
    func open() async throws -> Bool {
        try await tab.open(address)
        return try await tab.shows("document.getElementById('content')?.hidden === false")
    }
}

/// An agent that is only a status.
final class StandIn: AgentAccess {
    private let state: Mutex<(status: AgentStatus, asked: Int)>

    init(_ status: AgentStatus) { state = Mutex((status, 0)) }

    /// What is told. A test may set it at any time.
    var status: AgentStatus {
        get {
            state.withLock { state in
                state.asked += 1
                return state.status
            }
        }
        set { state.withLock { $0.status = newValue } }
    }

    /// How often somebody has asked.
    var asked: Int { state.withLock { $0.asked } }

    var commits: UInt64 { 0 }

    func maskedConfiguration() -> [UInt8] { Array("{}".utf8) }

    func records(
        of stream: StreamName, from start: RecordStart, recordsMax: Int, bytesMax: Int
    ) async throws -> RecordPage {
        throw AccessFailure(.notFound, "there are no records here")
    }

    func waitForCommit(after seen: UInt64) async {
        // Until the task is cancelled, which is all that ends it.
        try? await Task.sleep(for: .seconds(3600))
    }

    func append(_ record: LocalRecord) async throws -> RecordIdentity {
        throw AccessFailure(.unavailable, "nothing is kept here")
    }

    func perform(_ action: AdminAction) async throws -> ActionOutcome {
        throw AccessFailure(.conflict, "nothing is done here")
    }
}
