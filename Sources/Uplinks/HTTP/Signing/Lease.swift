import Records
import Synchronization

/// A token or a key that is fetched, good for a while, and fetched again before its end.
///
/// Its time is reckoned by the boot clock, which nobody sets.
final class Lease<Value: Sendable>: Sendable {
    /// What was fetched, and how long it is good for; nil: for as long as it is accepted.
    struct Grant: Sendable {
        let value: Value
        let lifetime: Duration?
    }

    private struct Kept {
        let value: Value
        let start: Int64
        let end: Int64
        var nextAttempt: Int64
    }

    /// How long before its end a new one is fetched, milliseconds: a quarter of its life at most.
    private static var marginMax: Int64 { 300_000 }
    /// How long after a failure to fetch another the old one is used before the next attempt, milliseconds.
    private static var retryDelay: Int64 { 30_000 }

    private let clock: any GatewayClock
    private let kept = Mutex<Kept?>(nil)

    init(clock: any GatewayClock) { self.clock = clock }

    /// The one that is kept, or a new one where it is about to end. While the old one is good, a failure to fetch
    /// another does not matter.
    func value(fetching fetch: () async throws(SigningFailure) -> Grant) async throws(SigningFailure) -> Value {
        let now = clock.bootMilliseconds()
        let known = kept.withLock { $0 }
        if let known, now < known.nextAttempt { return known.value }
        do {
            let grant = try await fetch()
            let lifetime = grant.lifetime?.wholeMilliseconds ?? Int64.max / 4
            kept.withLock {
                $0 = Kept(
                    value: grant.value, start: now, end: now + lifetime,
                    nextAttempt: now + lifetime - min(Self.marginMax, lifetime / 4))
            }
            return grant.value
        } catch {
            guard let known, now < known.end else { throw error }
            kept.withLock { $0?.nextAttempt = min(now + Self.retryDelay, known.end) }
            return known.value
        }
    }

    /// Forgets what is kept; whether it was kept for so long that another one may be different.
    func forget() -> Bool {
        let known = kept.withLock { kept in
            defer { kept = nil }
            return kept
        }
        guard let known else { return false }
        return clock.bootMilliseconds() - known.start >= Self.retryDelay
    }
}
