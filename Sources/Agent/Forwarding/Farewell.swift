import Synchronization
import Threads

/// Whether something is under way, and whether anything may begin.
final class Farewell: Sendable {
    private struct State {
        var isUnderWay = false
        var isRetiring = false
    }

    private let state = Mutex(State())
    private let ended = Announcement()

    /// Begins something; false where nothing may begin any more.
    func begin() -> Bool {
        state.withLock { state in
            guard !state.isRetiring else { return false }
            state.isUnderWay = true
            return true
        }
    }

    /// What was begun has come to its end.
    func end() {
        state.withLock { $0.isUnderWay = false }
        ended.announce()
    }

    /// Lets nothing more begin, and waits for what is under way; no longer than is given.
    func retire(within limit: Duration) async {
        let seen = ended.generation
        guard
            state.withLock({ state in
                state.isRetiring = true
                return state.isUnderWay
            })
        else { return }
        await ended.wait(after: seen, for: limit)
    }
}
