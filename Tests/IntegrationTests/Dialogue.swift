import AgentTestKit
import Glibc

/// A person at a terminal: waits for a question, then answers.
final class Dialogue {
    let terminal: PseudoTerminal
    let process: ChildProcess
    private(set) var text = ""
    private var seen = ""

    /// - Parameter command: has the terminal for its own: it shows what is typed, and Control-C ends it.
    init(_ command: String) throws {
        terminal = try PseudoTerminal()
        let screen = "exec <\(terminal.path) >\(terminal.path) 2>&1; stty sane cols 999 rows 24"
        process = try ChildProcess(
            "sh", ["-c", "\(screen); exec setsid -c \(command)"],
            environment: ["TERM": "xterm", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"])
    }

    /// Waits for each question, which may be a part of it, and answers it.
    func answer(_ answers: [(question: String, answer: String)]) async throws {
        for (question, answer) in answers { try await self.answer(question, answer) }
    }

    func answer(_ question: String, _ answer: String) async throws {
        try await waitFor(question)
        try terminal.send(answer + "\n")
    }

    /// Waits until a question is asked.
    func waitFor(_ question: String) async throws {
        let isAsked = await eventually(within: .seconds(120)) {
            let new = String(decoding: terminal.received(), as: UTF8.self)
            text += new
            seen += new
            return seen.contains(question) && (seen.hasSuffix(": "))
        }
        guard isAsked else { throw TestKitError("it does not ask \(question): \(text)") }
        seen = ""
    }
}
