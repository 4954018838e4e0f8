import AgentTestKit
import Glibc
import Testing

/// `millrace demo` as people and scripts run it.
@Suite(.serialized) struct DemoTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder("demo-test") }

    @Test func `without a terminal it makes an outage, its sums are right, and nothing is left behind`() async throws {
        let process = try start(["--duration", "6s"])
        #expect(await process.wait(within: .seconds(180)) == .exited(0), "\(output)")
        for line in ["the link is cut", "the link is restored", "the sums are right"] {
            #expect(output.contains(line), "\(line) is not in \(output)")
        }
        #expect(number("accepted") > 0)
        #expect(number("accepted") == number("forwarded"))
        for name in ["held", "lost", "rejected", "out of order", "missing"] { #expect(number(name) == 0, "\(name)") }
        #expect(!output.contains("\u{1B}"), "escape sequences are for terminals")
        #expect(try remains().isEmpty)
    }

    @Test func `SIGTERM ends it in order, with sums that are right`() async throws {
        let process = try start(["--duration", "1h"])
        #expect(await eventually { output.contains("accepted") || !process.isRunning })
        process.kill(SIGTERM)
        #expect(await process.wait(within: .seconds(180)) == .exited(0), "\(output)")
        #expect(output.contains("the sums are right"))
        #expect(try remains().isEmpty)
    }

    @Test(arguments: ["soon", "0s", "30", "2d"])
    func `a duration that is none is refused and named`(text: String) async throws {
        let process = try start(["--duration", text])
        #expect(await process.wait() == .exited(64))
        #expect(output.contains("'\(text)' is no time"))
    }

    @Test func `in a terminal o cuts and restores, q ends, and the terminal is as before`() async throws {
        let terminal = try PseudoTerminal()
        let before = try settings(of: terminal)
        let process = try ChildProcess(
            "sh", ["-c", "exec \"$0\" demo <\"$1\" >\"$1\" 2>&1", RunningAgent.program, terminal.path],
            environment: environment(["TERM": "xterm", "LC_ALL": "C"]))
        var screen = ""
        func shows(_ text: String) async -> Bool {
            await eventually {
                screen += String(decoding: terminal.received(), as: UTF8.self)
                return screen.contains(text) || !process.isRunning
            } && screen.contains(text)
        }
        #expect(await shows("cut the link"))
        #expect(try settings(of: terminal) != before, "keys come one by one")
        try terminal.send("o")
        #expect(await shows("the link is cut for"))
        #expect(await shows("restore the link"))
        screen = ""
        try terminal.send("o")
        #expect(await shows("the link is up"))
        try terminal.send("q")
        // The alternate screen is left, then the summary stands on the ordinary one.
        #expect(await shows("\u{1B}[?1049l"))
        #expect(await shows("the sums are right"))
        #expect(await process.wait(within: .seconds(60)) == .exited(0))
        #expect(try settings(of: terminal) == before)
        #expect(try remains().isEmpty)
    }

    @Test func `NO_COLOR leaves every colour out`() async throws {
        let terminal = try PseudoTerminal()
        let process = try ChildProcess(
            "sh", ["-c", "exec \"$0\" demo --duration 2s <\"$1\" >\"$1\" 2>&1", RunningAgent.program, terminal.path],
            environment: environment(["TERM": "xterm", "NO_COLOR": "1"]))
        var screen = ""
        #expect(
            await eventually(within: .seconds(120)) {
                screen += String(decoding: terminal.received(), as: UTF8.self)
                return screen.contains("the sums are right") || !process.isRunning
            })
        #expect(await process.wait(within: .seconds(60)) == .exited(0))
        #expect(screen.contains("RING LOG"))
        let colours = screen.split(separator: "\u{1B}[").filter { $0.prefix { $0.isNumber || $0 == ";" }.count > 0 }
            .filter { $0.drop { $0.isNumber || $0 == ";" }.hasPrefix("m") && !$0.hasPrefix("0m") }
        #expect(colours.isEmpty)
    }

    // MARK: The program

    /// With everything that it makes in the test's folder, and its output in a file beside it.
    private func start(_ arguments: [String]) throws -> ChildProcess {
        try ChildProcess(
            RunningAgent.program, ["demo"] + arguments, environment: environment([:]),
            output: .file(folder.file("output")))
    }

    private func environment(_ more: [String: String]) -> [String: String] {
        mkdir(folder.file("made"), 0o700)
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        return ["PATH": path, "TMPDIR": folder.file("made")].merging(more) { $1 }
    }

    private var output: String { folder.read("output") }

    /// The number behind a name in the summary; -1 where it is not there.
    private func number(_ name: String) -> Int {
        let line = output.split(separator: "\n").last { $0.hasPrefix(" \(name)  ") }
        let digits = line?.dropFirst(name.count + 1).drop { $0 == " " }.prefix { $0.isNumber || $0 == "," }
        return digits.flatMap { Int($0.filter { $0 != "," }) } ?? -1
    }

    /// What the program has left of all that it made.
    private func remains() throws -> [String] {
        guard let directory = opendir(folder.file("made")) else { throw TestKitError("nothing was made") }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// The terminal's modes, as `stty -g` shows them.
    private func settings(of terminal: PseudoTerminal) throws -> [UInt32] {
        let descriptor = open(terminal.path, O_RDWR | O_NOCTTY)
        guard descriptor >= 0 else { throw TestKitError("cannot open the terminal", errno: errno) }
        defer { close(descriptor) }
        var modes = termios()
        guard tcgetattr(descriptor, &modes) == 0 else { throw TestKitError("no modes", errno: errno) }
        let keys = withUnsafeBytes(of: modes.c_cc) { $0.map(UInt32.init) }
        return [modes.c_iflag, modes.c_oflag, modes.c_cflag, modes.c_lflag] + keys
    }
}
