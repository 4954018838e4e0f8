import Glibc
import ServiceLifecycle
import Threads

/// Shows the demonstration in the terminal and takes its keys, on a thread of its own: terminals block.
final class LiveView: Service {
    private static let interval = Duration.milliseconds(250)
    private let world: DemoWorld
    private let events: DemoEvents
    private let wakeup: Wakeup
    private let progress = Gate(Progress())

    private struct Progress {
        var isStopping = false
    }

    /// Nil where the process has no descriptors left.
    init?(_ world: DemoWorld, events: DemoEvents) {
        guard let wakeup = Wakeup() else { return nil }
        self.world = world
        self.events = events
        self.wakeup = wakeup
    }

    /// Shows until graceful shutdown; the terminal is as before when it returns.
    func run() async throws {
        await withGracefulShutdownHandler {
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let isRunning = OwnThread.start(named: "terminal") { [self] in
                        show()
                        continuation.resume()
                    }
                    if !isRunning { continuation.resume() }
                }
            } onCancel: {
                stop()
            }
        } onGracefulShutdown: {
            self.stop()
        }
    }

    private func stop() {
        progress.change { $0.isStopping = true }
        wakeup.signal()
    }

    private func show() {
        guard let terminal = Terminal() else { return events.send(.end) }
        defer { terminal.restore() }
        let glyphs = Terminal.isUnicode ? Glyphs() : Glyphs.ascii
        let isColoured = Terminal.wantsColour
        var history = DemoHistory()
        var isThere = true
        while !progress.withLock({ $0.isStopping }) {
            let snapshot = world.snapshot()
            history.add(snapshot)
            let size = terminal.size
            let screen = DemoScreen(size: size, glyphs: glyphs, configurationPath: world.configurationPath)
            let lines = screen.lines(snapshot, history, agentLines: world.lines.last(5))
            terminal.draw(lines.prefix(size.rows).map { $0.rendered(columns: size.columns, isColoured: isColoured) })
            wait(withKeys: isThere)
            if isThere { isThere = take(terminal.keys()) }
        }
    }

    /// False when the terminal has gone, which ends the demonstration.
    private func take(_ keys: [Character]?) -> Bool {
        for key in keys ?? ["q"] {
            switch key {
            case "o", "O": events.send(.link)
            case "q", "Q", "\u{04}": events.send(.end)
            default: break
            }
        }
        return keys != nil
    }

    /// Until a key is pressed, the view is to stop, or it is time for the next picture.
    private func wait(withKeys: Bool) {
        var entries = [
            pollfd(fd: wakeup.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: withKeys ? 0 : -1, events: Int16(POLLIN), revents: 0),
        ]
        _ = poll(&entries, nfds_t(entries.count), Int32(Self.interval / .milliseconds(1)))
        wakeup.clear()
    }
}
