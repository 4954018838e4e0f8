import Logging
import Synchronization

/// Tells the log what was refused, once a minute at most: whoever sends much nonsense must not fill it.
final class Complaints: Sendable {
    private struct State {
        var next = ContinuousClock.now
        var untold = 0
    }

    private static let interval = Duration.seconds(60)
    private let logger: Logger
    private let verb: String
    private let state = Mutex(State())

    /// - Parameter verb: what happened to those that are counted only.
    init(_ logger: Logger, verb: String = "were refused") {
        self.logger = logger
        self.verb = verb
    }

    /// Tells it, or counts it where something was told just now.
    func tell(_ text: String) {
        let untold = state.withLock { state -> Int? in
            guard ContinuousClock.now >= state.next else {
                state.untold += 1
                return nil
            }
            state.next = .now + Self.interval
            defer { state.untold = 0 }
            return state.untold
        }
        guard let untold else { return }
        logger.warning("\(text)\(untold > 0 ? "; \(untold) more \(verb) since the last such line" : "")")
    }
}
