import Glibc
import Synchronization

/// A server of somebody else in a folder of its own, as a process that can be killed and started again.
public final class PeerProcess: Sendable {
    private let program: String
    private let arguments: [String]
    private let environment: [String: String]?
    private let folder: TemporaryFolder
    private let mark: String
    private let process = Mutex<ChildProcess?>(nil)

    /// Does not start it.
    ///
    /// - Parameters:
    ///   - folder: where what it writes is kept, as `output`.
    ///   - mark: what it writes when it is ready.
    public init(
        _ program: String, _ arguments: [String], environment: [String: String]? = nil, in folder: TemporaryFolder,
        readyWith mark: String
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.folder = folder
        self.mark = mark
    }

    /// What it has written since its last start.
    public var log: String { folder.read("output") }

    /// Starts it, with what it has on disk, and waits until it is ready.
    ///
    /// - Throws: ``SimulationError`` where it does not start; the error shows what it wrote.
    public func start() async throws {
        let started = try ChildProcess(
            program, arguments, environment: environment, output: .file(folder.file("output")))
        let isOver = await eventually(within: .seconds(120)) { !started.isRunning || log.contains(mark) }
        guard isOver, started.isRunning else { throw SimulationError("\(program) does not start: \(log)") }
        process.withLock { $0 = started }
    }

    /// Ends it at once (SIGKILL).
    public func kill() async {
        let running = process.withLock { process in
            defer { process = nil }
            return process
        }
        running?.kill(SIGKILL)
        _ = await running?.wait()
    }
}
