import AdminHTTP
import Agent
import ArgumentParser
import Glibc
import LogStore
import Records
import UnixSignals

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show how the agent stands: sources, log, destinations, devices, and what is wrong.",
        discussion: """
            Asks the running agent through its socket. Where none runs it says so, and shows what the log on the disk \
            says. --json prints the object that docs/admin.md describes; with --watch, one line a second.

            Exits with 0 where the agent runs and does all that it should, else with 1.
            """)

    @OptionGroup var place: AgentPlace
    @Flag(help: "Show it again every second, until q or Control-C.") var watch = false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let paths = try place.paths()
        let client = paths.socket.map { AdminClient(socket: $0, timeout: .seconds(10)) }
        if watch {
            signal(SIGPIPE, SIG_IGN)
            return await StatusWatch(client: client, isJSON: json, absence: absence(paths)).run()
        }
        switch await StatusAnswer(client) {
        case .status(let body, let tree):
            if json {
                writeLine(String(decoding: body, as: UTF8.self), to: 1)
            } else {
                for line in Self.lines(tree) { writeLine(line, to: 1) }
            }
            if tree["ready"]?.boolean != true { throw ExitCode.failure }
        case .absent:
            try showLog(paths)
            throw ExitCode.failure
        case .failed(let reason):
            printError("millrace: \(reason)")
            throw ExitCode.failure
        }
    }

    private func absence(_ paths: AgentPlace.Paths) -> String {
        paths.socket.map { "no agent answers at \($0)" } ?? "[admin] socket is empty, so the agent cannot be asked here"
    }

    /// As a terminal shows it, or as a file takes it.
    private static func lines(_ tree: JSONTree) -> [String] {
        let isTerminal = isatty(1) == 1
        let glyphs = Terminal.isUnicode ? Glyphs() : .ascii
        return StatusScreen(status: tree, glyphs: glyphs, columns: Terminal.columns).lines.map {
            $0.rendered(columns: .max, isColoured: isTerminal && Terminal.wantsColour)
        }
    }

    /// What can be said without an agent.
    private func showLog(_ paths: AgentPlace.Paths) throws {
        printError("millrace: \(absence(paths))")
        let log = try reportingFailures { try RingLog(inspecting: paths.log, clock: SystemClock()) }
        defer { log.close() }
        let statistics = log.statistics()
        guard !json else { return writeLine(LogReport.json(statistics, of: log.gateway), to: 1) }
        writeLine("the log in \(paths.log), while no agent runs:", to: 1)
        writeLine(LogReport.text(statistics, of: log.gateway), to: 1)
    }
}

/// What an agent says of itself.
enum StatusAnswer {
    case status([UInt8], JSONTree)
    /// Nobody is there.
    case absent
    case failed(String)

    /// Asks.
    init(_ client: AdminClient?) async {
        guard let client else {
            self = .absent
            return
        }
        do throws(AdminClientError) {
            let reply = try await client.get("/status")
            if reply.isDone, let tree = JSONTree(reply.body) {
                self = .status(reply.body, tree)
            } else {
                self = .failed(JSONTree(reply.body)?["error"]?.string ?? "the agent answers with HTTP \(reply.status)")
            }
        } catch {
            self = error.isAbsent ? .absent : .failed("\(error)")
        }
    }
}

/// Shows a status again and again.
private struct StatusWatch: Sendable {
    let client: AdminClient?
    let isJSON: Bool
    let absence: String

    private static let interval = Duration.seconds(1)

    func run() async {
        let terminal = !isJSON && Terminal.isInteractive ? Terminal() : nil
        defer { terminal?.restore() }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup) { return }
            }
            group.addTask {
                while await show(terminal) {
                    // Cancellation ends the pause, and with it the task.
                    guard await pause(terminal) else { return }
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// False when whoever reads has gone.
    private func show(_ terminal: Terminal?) async -> Bool {
        let answer = await StatusAnswer(client)
        guard !Task.isCancelled else { return false }
        var lines: [ScreenLine]
        switch answer {
        case .status(let body, let tree):
            guard !isJSON else { return write(String(decoding: body, as: UTF8.self)) }
            let glyphs = Terminal.isUnicode ? Glyphs() : .ascii
            lines = StatusScreen(status: tree, glyphs: glyphs, columns: terminal?.size.columns ?? .max).lines
        case .absent: lines = [ScreenLine(absence, .bad)]
        case .failed(let reason): lines = [ScreenLine(reason, .bad)]
        }
        guard let terminal else {
            guard !isJSON else {
                printError("millrace: \(absence)")
                return true
            }
            return write(lines.map { $0.rendered(columns: .max, isColoured: false) }.joined(separator: "\n") + "\n")
        }
        let size = terminal.size
        if lines.count > size.rows {
            lines =
                Array(lines.prefix(size.rows - 1)) + [
                    ScreenLine("there is more: make the window higher, or see millrace status", .quiet)
                ]
        }
        let isColoured = Terminal.wantsColour
        terminal.draw(lines.map { $0.rendered(columns: size.columns, isColoured: isColoured) })
        return true
    }

    private func write(_ text: String) -> Bool { writeAll((text + "\n").utf8, to: 1) }

    /// Until it is time again; false when it is to end.
    private func pause(_ terminal: Terminal?) async -> Bool {
        let end = ContinuousClock.now + Self.interval
        while ContinuousClock.now < end {
            guard (try? await Task.sleep(for: terminal == nil ? Self.interval : .milliseconds(50))) != nil else {
                return false
            }
            guard let terminal else { continue }
            guard let keys = terminal.keys(), !keys.contains(where: { "qQ\u{04}".contains($0) }) else { return false }
        }
        return true
    }
}
