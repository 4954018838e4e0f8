import AgentTestKit
import Foundation
import Simulation
import Synchronization
import Threads

/// A real browser without a window, driven by the Chrome DevTools Protocol over a pair of pipes. It ends with this
/// object, or with this process.
final class Chromium: Sendable {
    /// Whether Debian's package `chromium` is here.
    static let isInstalled = access("/usr/bin/chromium", X_OK) == 0

    /// Something that the browser tells without being asked.
    struct Event: Sendable {
        let session: String?
        let method: String
        let parameters: JSONValue
    }

    private struct State {
        var lastID = 0
        var waiting: [Int: CheckedContinuation<JSONValue, any Error>] = [:]
        var events: [Event] = []
        var isGone = false
    }

    private let folder: TemporaryFolder
    private let process: ChildProcess
    private let commands: Int32
    private let state: Shared

    /// What the reading thread and the callers both touch.
    private final class Shared: Sendable {
        let state = Mutex(State())
    }

    init() throws {
        folder = try TemporaryFolder("chromium")
        let (toBrowser, fromBrowser) = (folder.file("commands"), folder.file("answers"))
        guard mkfifo(toBrowser, 0o600) == 0, mkfifo(fromBrowser, 0o600) == 0 else {
            throw SimulationError("cannot make a pipe", errno: errno)
        }
        // Both ends open here, so that neither open waits for the other side.
        commands = open(toBrowser, O_RDWR | O_CLOEXEC)
        let answers = open(fromBrowser, O_RDWR | O_CLOEXEC)
        let arguments = [
            "--headless", "--remote-debugging-pipe", "--user-data-dir=\(folder.file("profile"))", "--disable-gpu",
            "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--no-first-run", "--no-default-browser-check", "--hide-scrollbars",
            "--force-device-scale-factor=1", "--lang=en",
        ]
        // Chromium's sandbox refuses to run as root, as CI does; the only page that it sees is ours.
        let asRoot = geteuid() == 0 ? ["--no-sandbox"] : []
        process = try ChildProcess(
            "/bin/sh",
            ["-c", "in=$1 out=$2; shift 2; exec chromium \"$@\" 3<\"$in\" 4>\"$out\"", "sh", toBrowser, fromBrowser]
                + arguments + asRoot + ["about:blank"], isInOwnGroup: true)
        let shared = Shared()
        state = shared
        let isStarted = OwnThread.start(named: "chromium") { Self.read(answers, into: shared) }
        guard isStarted else { throw SimulationError("no thread to be had", errno: EAGAIN) }
    }

    deinit {
        // Its helpers are of its group. The reading thread ends with the pipe's last writer, which is its own end.
        kill(-process.pid, SIGKILL)
        state.state.withLock { $0.isGone = true }
        close(commands)
    }

    /// Asks for something, and gives the answer.
    func call(
        _ method: String, _ parameters: JSONValue = [:], session: String? = nil
    ) async throws -> JSONValue {
        let id = state.state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        var command: [String: JSONValue] = [
            "id": .number(Double(id)), "method": .string(method), "params": parameters,
        ]
        if let session { command["sessionId"] = .string(session) }
        let bytes = try Array(JSONEncoder().encode(command)) + [0]
        let answer = try await withCheckedThrowingContinuation { continuation in
            state.state.withLock { $0.waiting[id] = continuation }
            if write(commands, bytes, bytes.count) != bytes.count {
                state.state.withLock { $0.waiting.removeValue(forKey: id) }?
                    .resume(throwing: SimulationError("the browser takes nothing", errno: errno))
            }
        }
        if let problem = answer["error"]?["message"]?.text { throw BrowserFailure("\(method): \(problem)") }
        return answer["result"] ?? .null
    }

    /// What the browser has told of one tab.
    func events(of session: String) -> [Event] {
        state.state.withLock { state in state.events.filter { $0.session == session } }
    }

    /// Reads messages, each with a zero at its end, until the browser is gone.
    private static func read(_ descriptor: Int32, into shared: Shared) {
        var pending: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while !shared.state.withLock({ $0.isGone }) {
            var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, 200) > 0 else { continue }
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            pending += buffer[..<count]
            while let end = pending.firstIndex(of: 0) {
                take(Array(pending[..<end]), into: shared)
                pending.removeFirst(end + 1)
            }
        }
        close(descriptor)
    }

    private static func take(_ bytes: [UInt8], into shared: Shared) {
        guard let message = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes)) else { return }
        if let id = message["id"]?.number {
            shared.state.withLock { $0.waiting.removeValue(forKey: Int(id)) }?.resume(returning: message)
        } else if let method = message["method"]?.text {
            let event = Event(
                session: message["sessionId"]?.text, method: method, parameters: message["params"] ?? .null)
            shared.state.withLock { $0.events.append(event) }
        }
    }
}

/// Something that the browser, or the script that it was given, refuses.
struct BrowserFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    /// Whether the page that was asked has just given way to another.
    var isOfLoading: Bool { description.contains("navigated") || description.contains("context") }
}
