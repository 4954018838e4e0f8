import Synchronization
import Threads

/// A sensor that says what is written for it: plays lines on a ``PseudoTerminal``, from a thread of its own.
public final class ScriptedLine: Sendable {
    /// The port that it speaks on.
    public let terminal: PseudoTerminal
    private let lines: [String]
    private let interval: Duration
    private let characterPause: Duration
    private let repeats: Bool
    private let progress = Gate(Progress())

    private struct Progress {
        var sent = 0
        var isStopping = false
        var hasEnded = false
    }

    /// A sensor that is silent until ``start()``.
    ///
    /// - Parameters:
    ///   - lines: what it says, each sent with a line feed behind it.
    ///   - interval: the time between two lines.
    ///   - characterPause: the time between two characters, as on a slow line; by default a line goes out at once.
    ///   - repeats: whether it begins again after the last one.
    public init(
        on terminal: PseudoTerminal, lines: [String], every interval: Duration, characterPause: Duration = .zero,
        repeats: Bool = false
    ) {
        precondition(!lines.isEmpty, "a scripted line has something to say")
        self.terminal = terminal
        self.lines = lines
        self.interval = interval
        self.characterPause = characterPause
        self.repeats = repeats
    }

    deinit { progress.change { $0.isStopping = true } }

    /// How many lines it has sent. A line is lost, and not counted, while the terminal is unplugged.
    public var sentCount: Int { progress.withLock { $0.sent } }

    /// Begins to speak. Returns false where the system gives no thread.
    public func start() -> Bool {
        let (terminal, lines, interval, repeats, progress) = (terminal, lines, interval, repeats, progress)
        let (pieceSize, pause) = (characterPause > .zero ? 1 : Int.max, characterPause)
        return OwnThread.start(named: "scripted-line") {
            repeat {
                for line in lines {
                    // A sensor does not know whether anybody listens.
                    let isSent = (try? terminal.send(line + "\n", pieceSize: pieceSize, pause: pause)) != nil
                    let isStopping = progress.change { progress in
                        if isSent { progress.sent += 1 }
                        return progress.isStopping
                    }
                    guard !isStopping else { break }
                    let deadline = ContinuousClock.now + interval
                    let isTold = progress.wait(until: deadline) { $0.isStopping ? true : nil } ?? false
                    if isTold { break }
                }
            } while repeats && !progress.withLock { $0.isStopping }
            progress.change { $0.hasEnded = true }
        }
    }

    /// Waits until it has said everything; false where `deadline` came first.
    public func waitUntilDone(deadline: ContinuousClock.Instant) -> Bool {
        progress.wait(until: deadline) { $0.hasEnded ? true : nil } ?? false
    }

    /// Stops speaking, and returns when the line that was under way is out. Only after ``start()``.
    public func stop() {
        progress.change { $0.isStopping = true }
        // Longer than the terminal waits for somebody to read.
        _ = waitUntilDone(deadline: .now + .seconds(40))
    }
}
