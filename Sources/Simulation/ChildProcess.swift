import Glibc
import Synchronization

/// A program that runs beside this one; killed when this object goes.
public final class ChildProcess: Sendable {
    /// Where standard output and standard error go.
    public enum Output: Sendable {
        /// Both into one file, which is made or emptied.
        case file(String)
        /// To `/dev/null`.
        case discarded
        /// To this program's own.
        case inherited
    }

    /// How the program ended.
    public enum Ending: Sendable, Equatable {
        case exited(Int32)
        case signalled(Int32)
    }

    /// The process id, valid until ``wait(within:)`` has given an ending.
    public let pid: pid_t
    private let ending = Mutex<Ending?>(nil)

    /// Starts `executable`, looked up in `PATH` where it has no slash.
    ///
    /// - Parameters:
    ///   - environment: the whole environment of the program; nil: this program's.
    ///   - isInOwnGroup: whether it has a process group of its own: Control-C in the terminal does not reach it then.
    /// - Throws: ``SimulationError`` where it cannot be started.
    public init(
        _ executable: String, _ arguments: [String] = [], environment: [String: String]? = nil,
        output: Output = .discarded, isInOwnGroup: Bool = false
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        switch output {
        case .file(let path):
            posix_spawn_file_actions_addopen(&actions, 1, path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
            posix_spawn_file_actions_adddup2(&actions, 1, 2)
        case .discarded:
            posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
            posix_spawn_file_actions_adddup2(&actions, 1, 2)
        case .inherited:
            break
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // This process ignores SIGPIPE once libmosquitto is in use; the program gets the signals' defaults.
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        let group = isInOwnGroup ? POSIX_SPAWN_SETPGROUP : 0
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | group))

        var pid = pid_t()
        let code = Self.withCStrings([executable] + arguments) { argumentPointers in
            guard let environment else {
                return posix_spawnp(&pid, executable, &actions, &attributes, argumentPointers, environ)
            }
            return Self.withCStrings(environment.map { "\($0)=\($1)" }) { environmentPointers in
                posix_spawnp(&pid, executable, &actions, &attributes, argumentPointers, environmentPointers)
            }
        }
        guard code == 0 else { throw SimulationError("cannot start \(executable)", errno: code) }
        self.pid = pid
    }

    deinit {
        if ending.withLock({ $0 == nil }) {
            Glibc.kill(pid, SIGKILL)
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        }
    }

    /// Whether the program still runs.
    public var isRunning: Bool { collect() == nil }

    /// Sends a signal; nothing happens when the program has ended.
    public func kill(_ signal: Int32 = SIGKILL) {
        ending.withLock { ending in
            // While nobody has waited for it, the id cannot belong to another process.
            if ending == nil { Glibc.kill(pid, signal) }
        }
    }

    /// Waits for the end; nil when it has not come within `limit`.
    public func wait(within limit: Duration = .seconds(30)) async -> Ending? {
        _ = await eventually(within: limit) { collect() != nil }
        return collect()
    }

    /// Starts a program, waits for its end, and gives what it wrote; for tools that are soon over.
    ///
    /// - Throws: ``SimulationError`` unless it exits with 0 in time; the error shows what it wrote.
    @discardableResult
    public static func run(
        _ executable: String, _ arguments: [String], within limit: Duration = .seconds(30)
    ) async throws -> String {
        let folder = try TemporaryFolder("run")
        let process = try ChildProcess(executable, arguments, output: .file(folder.file("output")))
        let ending = await process.wait(within: limit)
        let output = folder.read("output")
        guard ending == .exited(0) else {
            throw SimulationError("\(executable) ended with \(ending.map { "\($0)" } ?? "nothing"): \(output)")
        }
        return output
    }

    private func collect() -> Ending? {
        ending.withLock { ending in
            if let ending { return ending }
            var status: Int32 = 0
            guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
            // WIFEXITED and its like are macros that Swift does not see.
            let signal = status & 0x7F
            ending = signal == 0 ? .exited((status >> 8) & 0xFF) : .signalled(signal)
            return ending
        }
    }

    private static func withCStrings(
        _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32
    ) -> Int32 {
        var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        return pointers.withUnsafeMutableBufferPointer { body($0.baseAddress!) }
    }
}
