import Uplinks

/// When to try again after a failure: when the back-off has passed, or at once when what was wrong may be mended: a
/// file by which the uplink proves who it is has become another one, or a person asks for it. Pure.
struct RetryTime: Sendable {
    /// What tells that something was mended: it differs from what was seen before.
    struct Signs: Equatable, Sendable {
        /// The states of the uplink's files.
        var files: [FileStamp?] = []
        /// How often somebody has asked to try at once.
        var requests: UInt64 = 0
    }

    /// Files are looked at so often while it waits.
    private static let lookAgain = Duration.seconds(1)

    /// Nil while no attempt has failed.
    private(set) var at: ContinuousClock.Instant?
    private var seen: Signs

    /// - Parameter signs: as they are before the first attempt.
    init(_ signs: Signs) { seen = signs }

    /// An attempt has failed: it is made again after so long.
    mutating func wait(_ delay: Duration, from now: ContinuousClock.Instant) { at = now + delay }

    /// There is nothing to wait for.
    mutating func clear() { at = nil }

    /// Whether something may have been mended since the last call; then the wait is over.
    mutating func isMended(by signs: Signs) -> Bool {
        guard signs != seen else { return false }
        seen = signs
        at = nil
        return true
    }

    /// How long to wait before it is asked again; nil where it is time to try.
    func rest(at now: ContinuousClock.Instant) -> Duration? {
        guard let at, at > now else { return nil }
        let rest = now.duration(to: at)
        return seen.files.isEmpty ? rest : min(rest, Self.lookAgain)
    }
}
