import Synchronization

/// Tells tasks that something has changed. A task that was busy when it was told finds out as soon as it waits.
public final class Announcement: Sendable {
    private struct State {
        var generation: UInt64 = 0
        var nextID: UInt64 = 0
        var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Mutex(State())

    /// Nothing was announced yet.
    public init() {}

    /// How many announcements there were.
    public var generation: UInt64 { state.withLock { $0.generation } }

    /// Wakes every task that waits.
    public func announce() {
        let waiting = state.withLock { state in
            state.generation += 1
            defer { state.waiting.removeAll() }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume() }
    }

    /// As ``wait(after:)``, for so long at most.
    public func wait(after seen: UInt64, for limit: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait(after: seen) }
            // Cancellation ends the wait.
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }

    /// Returns at the first announcement after `seen`, at once if there was one, or when the task is cancelled.
    public func wait(after seen: UInt64) async {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state in
                    if state.generation > seen || Task.isCancelled { return true }
                    state.waiting[id] = continuation
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
        }
    }
}
