import Records
import StrictTOML

/// Whether a link may be connected now: its windows, and the spread of a fleet's starts. Pure.
struct LinkGate: Sendable {
    /// What it says.
    enum Answer: Equatable {
        /// Until the window closes; nil: without an end.
        case open(lasts: Duration?)
        /// With the reason for people, and after how long to ask again at the latest.
        case closed(String, askAgain: Duration)
    }

    private let windows: [ConnectionWindow]
    /// This gateway's part of the spread: the same after each start.
    private let delay: Duration
    private let spread: Duration
    private let started: ContinuousClock.Instant
    /// A clock that shows less was never set: 2025-01-01.
    private static let clockSetMilliseconds: Int64 = 1_735_689_600_000
    /// The wall clock may be set while the link waits.
    private static let askAgainMax = Duration.seconds(60)

    init(_ link: LinkConfiguration, delay: Duration, started: ContinuousClock.Instant) {
        windows = link.windows
        spread = link.startSpread
        self.delay = delay
        self.started = started
    }

    /// This gateway's part of a spread: spread evenly over a fleet, and always the same.
    static func delay(within spread: Duration, for gateway: GatewayID, _ uplink: UplinkName) -> Duration {
        var hash = MachineIdentity.hash("\(gateway)/\(uplink)".utf8)
        // FNV leaves the upper bits of names that differ at their end alike: splitmix64's finaliser.
        hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ (hash >> 27)) &* 0x94D0_49BB_1331_11EB
        hash ^= hash >> 31
        return spread * (Double(hash >> 11) / Double(1 << 53))
    }

    /// What holds at a moment.
    func answer(at moment: LinkMoment) -> Answer {
        let (running, time) = (started.duration(to: moment.instant), moment.local)
        guard running >= delay else {
            let text = "waits for its turn within start_spread, \(DurationText.format(spread))"
            return .closed(text, askAgain: min(delay - running, LinkGate.askAgainMax))
        }
        // A clock that was never set says nothing, and the link may be what sets it.
        guard !windows.isEmpty, moment.reading.wallMilliseconds >= LinkGate.clockSetMilliseconds else {
            return .open(lasts: windows.isEmpty ? nil : LinkGate.askAgainMax)
        }
        let offset = delay.components.seconds
        let openings = windows.compactMap { window in
            window.opening(before: time).map { (from: $0.advanced(by: offset), length: window.length, at: $0) }
        }
        let ends = openings.filter { $0.from <= time }.map { $0.at.advanced(by: $0.length.components.seconds) }
        if let end = ends.max() { return .open(lasts: .seconds(end.seconds - time.seconds)) }
        let next =
            openings.map(\.from) + windows.compactMap { $0.nextOpening(after: time)?.advanced(by: offset) }
        guard let opening = next.min() else { return .closed("has no window left", askAgain: LinkGate.askAgainMax) }
        let day = opening.day == time.day ? "" : opening.dayText + " "
        return .closed(
            "waits for the window at \(day)\(opening.clockText)",
            askAgain: min(.seconds(opening.seconds - time.seconds), LinkGate.askAgainMax))
    }
}
