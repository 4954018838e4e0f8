import SerialIO
import Synchronization

/// What came of asking one device.
public struct PollCounters: Hashable, Sendable {
    /// Whether the device is there.
    public enum State: Hashable, Sendable {
        /// It was not asked yet, since the line was opened.
        case unknown
        /// It answered last time.
        case alive
        /// It does not answer, since this time on the script's clock, and is asked less and less often.
        case silent(since: Duration)
    }

    /// Requests sent, those that were sent again included; the readout of a session counts as one.
    public var requests = 0
    /// Answers.
    public var replies = 0
    /// Requests to which no answer came in time.
    public var timeouts = 0
    /// Answers that came after their time. They are dropped.
    public var late = 0
    /// Requests that the device refused: it is alive.
    public var exceptions = 0
    /// Periods that were left out, because the line was busy or the device silent.
    public var missedPeriods = 0
    /// Requests in a row that stayed without an answer, those that were sent again not counted.
    public var consecutiveFailures = 0
    /// Whether the device is there.
    public var state = State.unknown

    /// All zero.
    public init() {}
}

/// What came of asking all devices of a line: written by the line's thread, read by any.
public final class PollLedger: Sendable {
    /// All counters of a line.
    public struct Counts: Hashable, Sendable {
        /// By the number of the device.
        public var devices: [PollCounters]
        /// Frames that nobody had asked for.
        public var strangers = 0
        /// Requests of ours that the line returned as a whole frame.
        public var echoes = 0
    }

    private let counts: Mutex<Counts>

    /// All zero, for so many devices.
    public init(devices: Int) {
        counts = Mutex(Counts(devices: Array(repeating: PollCounters(), count: devices)))
    }

    /// The counters as they are now.
    public var current: Counts { counts.withLock { $0 } }

    func change(_ body: (inout Counts) -> Void) { counts.withLock { body(&$0) } }
}
