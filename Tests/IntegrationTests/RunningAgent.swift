import AgentTestKit
import Glibc
import Records
import Synchronization
import Testing

/// A millrace process as a user runs it, with a configuration, a folder and two brokers of its own: the shop floor's,
/// which it reads, and the centre's, which it forwards to.
///
/// The folder, with the log in it, outlives the process: ``start()`` after ``kill()`` or ``stop()`` is a restart.
final class RunningAgent: Sendable {
    /// What is written into the configuration, and how the program is run.
    struct Options: Sendable {
        /// `[log] capacity`.
        var capacity = "64MiB"
        /// `[log] commit_linger`.
        var commitLinger = "5ms"
        /// Further lines of `[log]`.
        var logLines: [String] = []
        /// Further lines of `[mqtt.floor]`; it subscribes to `sensors/#`.
        var sourceLines: [String] = []
        /// Further lines of `[uplinks.central]`, which forwards to topics below `gateways/`.
        var uplinkLines = ["retry_min = \"100ms\"", "retry_max = \"1s\""]
        /// Whether there is an uplink at all.
        var hasUplink = true
        /// Whether it answers on a unix socket, which lies beside the log: not where every file of that is followed.
        var hasSocket = true
        /// Further tables, as they are.
        var tables: [String] = []
        /// Where the log is kept; nil: in the fixture's folder.
        var logFolder: String?
        /// On a tmpfs: for tests that cut no power.
        var isInMemory = false

        init() {}
    }

    /// The gateway's id.
    static let gateway = "gateway-1"

    /// Holds the configuration, the log and what the process writes.
    let folder: TemporaryFolder
    /// The shop floor's broker.
    let floor: Broker
    /// The centre's broker.
    let centre: Broker
    /// The folder that `[log] path` names.
    let logFolder: String
    /// The path of the configuration.
    let configuration: String

    private struct State {
        var process: ChildProcess?
        var starts = 0
        var text = ""
    }

    private let state = Mutex(State())

    /// Starts the brokers and writes the configuration; the agent does not run yet.
    init(
        _ options: Options = Options(), floor: Broker.Options = Broker.Options(),
        centre: Broker.Options = Broker.Options()
    ) async throws {
        folder = try TemporaryFolder("agent", isInMemory: options.isInMemory)
        var floor = floor
        floor.lines.append("log_type subscribe")
        self.floor = try await Broker(floor)
        self.centre = try await Broker(centre)
        logFolder = options.logFolder ?? folder.file("log")
        configuration = try folder.write(
            "millrace.toml",
            Self.text(options, log: logFolder, floor: self.floor.port, centre: self.centre.port))
    }

    /// The command that runs the agent: the program and its arguments.
    var command: [String] { [Self.program, "run", "--config", configuration] }

    /// The process id of what was started; nil while nothing runs.
    var pid: pid_t? { state.withLock { $0.process?.pid } }

    /// Whether the process is there.
    var isRunning: Bool { state.withLock { $0.process?.isRunning ?? false } }

    /// What all processes so far have written, one after the other.
    var logText: String { state.withLock { $0.text } + currentLogText }

    /// What the process that runs, or ran last, has written.
    var currentLogText: String { folder.read(Self.outputName(state.withLock { $0.starts })) }

    /// Starts the agent. Returns at once: ``waitUntilReceiving()`` says when it is connected.
    ///
    /// - Parameter command: what to run instead of ``command``, for an agent under strace.
    func start(_ command: [String]? = nil) throws {
        let command = command ?? self.command
        let earlier = currentLogText
        try state.withLock { state in
            precondition(state.process == nil, "the agent runs already")
            state.text += earlier
            state.starts += 1
            state.process = try ChildProcess(
                command[0], Array(command.dropFirst()), output: .file(folder.file(Self.outputName(state.starts))))
        }
    }

    /// Waits until the shop floor's broker has the subscription; what is published from then on reaches the agent.
    func waitUntilReceiving(within limit: Duration = .seconds(30)) async throws {
        let isReceiving = await eventually(within: limit) {
            !isRunning || floor.log.contains("sensors/#") && currentLogText.contains("floor: connected to")
        }
        guard isReceiving, isRunning else { throw TestKitError("the agent does not subscribe: \(logText)") }
    }

    /// Waits until the process that runs now has written a text.
    func hasLogged(_ text: String, within limit: Duration = .seconds(30)) async -> Bool {
        await eventually(within: limit) { currentLogText.contains(text) }
    }

    /// Waits until it has so many records of `telemetry` on its disk, by its own status.
    func waitUntilAccepted(_ count: Int) async throws {
        let isAccepted = try await eventually {
            let status = try await Command.run("status", "--config", configuration, "--json").output
            let streams = JSONTree(Array(status.utf8))?["log"]?["streams"]?.elements ?? []
            return streams.contains { $0["name"]?.string == "telemetry" && $0["accepted"]?.integer == count }
        }
        guard isAccepted else { throw TestKitError("the agent has not \(count) records: \(logText)") }
    }

    /// Ends the process at once (SIGKILL), and waits for its end.
    func kill() async throws {
        try await end(SIGKILL)
    }

    /// Ends the agent in order (SIGTERM) and gives how it ended.
    @discardableResult
    func stop() async throws -> ChildProcess.Ending? {
        try await end(SIGTERM)
    }

    /// Sends a signal to the process.
    func signal(_ number: Int32) {
        state.withLock { $0.process?.kill(number) }
    }

    /// Sends a signal to the agent that a tracer has started, and waits for the tracer's end.
    ///
    /// - Parameter recording: its ``TraceRecording/command`` was given to ``start(_:)``.
    @discardableResult
    func endTraced(by recording: TraceRecording, with number: Int32 = SIGTERM) async throws -> ChildProcess.Ending? {
        guard let tracer = pid, let traced = recording.tracedProcess(of: tracer) else { return try await end(0) }
        Glibc.kill(traced, number)
        return try await end(0)
    }

    @discardableResult
    private func end(_ number: Int32) async throws -> ChildProcess.Ending? {
        guard let process = state.withLock({ $0.process }) else { return nil }
        if number != 0 { process.kill(number) }
        guard let ending = await process.wait(within: .seconds(60)) else {
            throw TestKitError("the agent does not end after signal \(number): \(currentLogText)")
        }
        state.withLock { $0.process = nil }
        return ending
    }

    private static func outputName(_ start: Int) -> String { "output-\(start)" }

    /// The program is built beside the test bundle.
    static let program: String = {
        var bytes = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &bytes, bytes.count)
        let bundle = String(decoding: bytes.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
        let beside = bundle.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/millrace"
        if access(beside, X_OK) == 0 { return beside }
        // Where a helper of the toolchain runs the bundle: the build folder of the package.
        let package = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
        return package + "/.build/debug/millrace"
    }()

    private static func text(_ options: Options, log: String, floor: UInt16, centre: UInt16) -> String {
        var lines = [
            "[gateway]", "id = \"\(gateway)\"",
            "[log]", "path = \"\(log)\"", "capacity = \"\(options.capacity)\"",
            "commit_linger = \"\(options.commitLinger)\"",
        ]
        lines += options.logLines
        if !options.hasSocket { lines += ["[admin]", "socket = \"\""] }
        lines += ["[mqtt.floor]", "url = \"mqtt://127.0.0.1:\(floor)\"", "topics = [\"sensors/#\"]"]
        lines += options.sourceLines
        if options.hasUplink {
            lines += ["[uplinks.central]", "url = \"mqtt://127.0.0.1:\(centre)\""] + options.uplinkLines
        }
        return (lines + options.tables).joined(separator: "\n") + "\n"
    }
}
