import SerialIO

/// When one device is asked what: the periods of its requests, and the back-off of a device that does not answer.
///
/// A request whose time has passed is asked once; periods that were missed are left out. A device is silent when each
/// of two requests to it, or its only one, has failed since its last answer: some devices ignore what they do not know.
struct DeviceSchedule {
    private struct Entry {
        let every: Duration
        let retries: Int
        /// Where its periods are counted from.
        var scheduled: Duration
        /// When it is asked next.
        var due: Duration
        var attempts = 0
        /// When the first of its attempts was sent.
        var firstAsked = Duration.zero
        /// The last delay after a failure; nil after an answer.
        var backOff: Duration?
    }

    /// For how many timeouts an answer that did not come is still expected.
    private static let owedTimeouts = 4

    private var entries: [Entry]
    private let period: Duration
    private let pause: Duration
    /// Before then nothing is asked.
    private var notBefore: Duration
    private var backOff: Duration?
    private var failed: Set<Int> = []
    /// The request that is to be asked again before the device is asked anything else: its answer may be on its way.
    private var retried: Int?
    private(set) var silentSince: Duration?

    /// What an unanswered request means.
    enum Failure: Hashable {
        /// It is asked again as soon as the line is free.
        case again
        /// It is given up for this time.
        case givenUp(missed: Int)
    }

    init(_ device: PolledDevice, now: Duration) {
        let start = now + device.pauseAfterOpen
        entries = device.requests.map { Entry(every: $0.every, retries: $0.retries, scheduled: start, due: start) }
        period = device.period
        pause = device.pause
        notBefore = start
    }

    /// When which request is asked next; nil where there is none.
    var next: (time: Duration, request: Int)? {
        guard let index = retried ?? entries.indices.min(by: { entries[$0].due < entries[$1].due }) else { return nil }
        return (max(entries[index].due, notBefore), index)
    }

    /// Whether there was no answer since the last failure.
    var isSuspect: Bool { !failed.isEmpty }

    /// A request is about to be sent.
    mutating func asked(_ index: Int, now: Duration) {
        if entries[index].attempts == 0 { entries[index].firstAsked = now }
    }

    /// The device answered. Where it had been asked before in vain, this may be the answer to the first attempt, and
    /// that to the last one is still on its way: the next request must not take it for its own, and waits.
    ///
    /// - Returns: periods that were missed.
    mutating func answered(_ index: Int, now: Duration, timeout: Duration) -> Int {
        let isAnswerOwed = entries[index].attempts > 0
        let slowest = now - entries[index].firstAsked
        retried = nil
        entries[index].attempts = 0
        entries[index].backOff = nil
        if silentSince != nil {
            // It is back: everything is asked at once.
            for other in entries.indices where other != index {
                entries[other].scheduled = now
                entries[other].due = now
                entries[other].backOff = nil
            }
        }
        silentSince = nil
        backOff = nil
        failed = []
        notBefore = now + max(pause, isAnswerOwed ? slowest + timeout : .zero)
        return goOn(index, now: now)
    }

    /// No answer came. It may come yet: for a while only the same is asked, for which it would do.
    mutating func failed(_ index: Int, now: Duration, timeout: Duration, isRetriable: Bool) -> Failure {
        entries[index].attempts += 1
        let mayTryAgain = isRetriable && silentSince == nil && failed.isEmpty && entries[index].backOff == nil
        if mayTryAgain, entries[index].attempts <= entries[index].retries {
            // Behind those that are waiting: a device that does not answer costs them one timeout at a time.
            entries[index].due = now
            notBefore = now + pause
            retried = index
            return .again
        }
        retried = nil
        entries[index].attempts = 0
        failed.insert(index)
        let delay = Self.longer(entries[index].backOff, every: entries[index].every)
        entries[index].backOff = delay
        let missed = goOn(index, now: now)
        entries[index].due = max(entries[index].due, now + delay)
        // An answer that came in the time of another request would look like the answer to that one.
        let owing = entries.count > 1 ? timeout * Self.owedTimeouts : .zero
        if !isRetriable || failed.count >= min(2, entries.count) {
            silentSince = silentSince ?? now
            let delay = Self.longer(backOff, every: period)
            backOff = delay
            notBefore = now + max(delay, owing)
        } else {
            notBefore = now + max(pause, owing)
        }
        return .givenUp(missed: missed)
    }

    /// It is to go on then, with what it had begun.
    mutating func hold(until time: Duration) { notBefore = time }

    /// Sets the next time of a request on its grid. Returns how many periods have passed without it.
    private mutating func goOn(_ index: Int, now: Duration) -> Int {
        let every = entries[index].every
        var missed = 0
        let late = now - entries[index].scheduled
        if late >= every {
            missed = Int(late / every)
            entries[index].scheduled += every * missed
        }
        entries[index].scheduled += every
        entries[index].due = entries[index].scheduled
        return missed
    }

    /// Twice as long each time, from the period on; at most five minutes, unless the period is longer.
    private static func longer(_ delay: Duration?, every period: Duration) -> Duration {
        guard let delay else { return period }
        return max(period, min(delay * 2, BusMaster.backOffMax))
    }
}
