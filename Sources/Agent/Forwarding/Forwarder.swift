import Logging
import LogStore
import Records
import ServiceLifecycle
import StrictTOML
import Synchronization
import Threads
import Uplinks

/// Joins the cursors of one uplink and the uplink: reads what follows, sends it, and moves a cursor only on the
/// destination's own confirmation (promise P2). While one batch is under way the next is read. What the link may carry,
/// and when, is ``LinkControl``'s to say; what is next, ``LogReading``'s.
public final class Forwarder: Service {
    /// What a person wants to know of it.
    public struct Status: Sendable, Equatable {
        /// Whether the last attempt was confirmed.
        public var isDelivering = false
        /// Why the last attempt was not; nil after a success.
        public var problem: String?
        /// Whether a person is needed.
        public var isAlarm = false
        /// Why nothing, or not everything, is sent although nothing is wrong: a window, a limit, a budget.
        public var waiting: String?
        /// When it is tried again; nil while no attempt has failed.
        public var retryAt: ContinuousClock.Instant?
        /// When the oldest record came that is not confirmed; nil where there is none.
        public var oldest: RecordTime?
        /// Bytes moved in the present period of a budget; nil without one.
        public var budgetUsed: UInt64?
        /// Whether a person has paused it.
        public var isPaused = false
    }

    /// As in the configuration.
    public let name: UplinkName
    let log: RingLog
    let logger: Logger
    let desk: ReplayDesk
    private let uplink: any Uplink
    private let reading: LogReading
    private let committed: Announcement
    private let clock: any GatewayClock
    private let link: LinkConfiguration
    private let backOffLimits: BackOff.Limits
    private let credentialFiles: [String]
    private let requests = Announcement()
    private let shared = Mutex((status: Status(), counters: LinkCounters()))
    private let farewell = Farewell()

    /// - Parameter credentialFiles: by which the uplink proves who it is: when one becomes another, what has failed is
    ///   tried again at once.
    init(
        _ name: UplinkName, log: RingLog, uplink: any Uplink, reading: LogReading, committed: Announcement,
        desk: ReplayDesk = ReplayDesk(), link: LinkConfiguration = LinkConfiguration(), clock: any GatewayClock,
        backOff: BackOff.Limits, credentialFiles: [String] = [], logger: Logger
    ) {
        self.credentialFiles = credentialFiles
        self.desk = desk
        self.name = name
        self.log = log
        self.uplink = uplink
        self.reading = reading
        self.committed = committed
        self.link = link
        self.clock = clock
        self.logger = logger
        backOffLimits = backOff
    }

    /// How it goes.
    public var status: Status { shared.withLock { $0.status } }
    /// What went over the wire.
    public var counters: LinkCounters { shared.withLock { $0.counters } }

    /// Forwards until graceful shutdown or cancellation.
    ///
    /// - Throws: nothing; `Service` allows it.
    public func run() async throws {
        await cancelWhenGracefulShutdown { await self.forward() }
        await uplink.close()
    }

    /// Lets what is under way come to its end, and sends nothing more: to be called before it is told to stop, where
    /// another one goes on with its cursors. What would be given up would be sent twice.
    func retire() async { await farewell.retire(within: Self.retirementMax) }

    /// Ends what was made for it, where it is never run.
    func discard() async { await uplink.close() }

    /// How long a destination may take to answer before its answer is given up.
    private static let retirementMax = Duration.seconds(5)

    /// What was read while something else was under way.
    private struct Prepared {
        let work: Work
        /// How often something had been committed when it was read.
        let generation: UInt64

        let readAt = ContinuousClock.now

        /// Whether nothing that came meanwhile can be more urgent. After a second it may have become a backlog; and all
        /// that is live is to go at once, not what was live a moment ago.
        func isBest(at generation: UInt64, within opening: LinkControl.Opening) -> Bool {
            guard opening.allows(work.lane), opening.priorityMin == .min, readAt.duration(to: .now) < .seconds(1) else {
                return false
            }
            return !work.isShared || generation == self.generation
                || work.lane == .live && readAt.duration(to: .now) < .milliseconds(50)
        }
    }

    /// Where the forwarding stands between two batches.
    private struct Course {
        var backOff: BackOff
        var random = SystemRandomNumberGenerator()
        var pace = BatchPace()
        var control: LinkControl
        var prepared: Prepared?
        /// Whether the uplink may have a connection.
        var isLinkOpen = false
        /// Whether the last batch left the link to another lane.
        var isShared = false
        /// Whether a live lane had more than went into its last batch.
        var isBehind = false
        var retry: RetryTime
    }

    private func forward() async {
        var course = Course(
            backOff: BackOff(limits: backOffLimits),
            control: LinkControl(
                link, gateway: log.gateway, uplink: name, priorityTop: reading.priorityTop,
                usage: log.usage(of: name), at: .now),
            retry: RetryTime(signs))
        while !Task.isCancelled {
            guard
                let opening = await admit(&course)?.limited(
                    to: course.pace.recordsMax, isShared: course.isShared)
            else { continue }
            let seen = committed.generation
            guard let work = await choose(within: opening, seen: seen, &course) else {
                shared.withLock { $0.status.oldest = nil }
                await waitForRecords(after: seen, within: opening)
                continue
            }
            if case .nothing = work.content {
                if !work.isReplay { log.confirm(work.range, without: work.omitted, by: name, in: work.stream) }
                continue
            }
            note(oldestOf: work)
            guard farewell.begin() else { break }
            defer { farewell.end() }
            let (outcome, following) = await send(work, within: opening, &course)
            guard !Task.isCancelled || outcome.isAcknowledgement else { break }
            guard let delay = settle(outcome, of: work, &course.backOff, &course.random) else {
                course.prepared = following
                continue
            }
            guard delay > .zero else { continue }
            course.retry.wait(delay, from: .now)
            shared.withLock { $0.status.retryAt = course.retry.at }
            course.pace.restart()
        }
    }

    // MARK: Whether

    /// What may be sent now; nil after some waiting, when it is to be asked again.
    private func admit(_ course: inout Course) async -> LinkControl.Opening? {
        let moment = LinkMoment(by: clock)
        course.control.note(uplink.traffic, at: moment)
        publish(course.control)
        let asked = requests.generation
        if status.isPaused {
            await close(&course, because: "paused")
            await requests.wait(after: asked, for: .seconds(1))
            return nil
        }
        switch course.control.admission(isShared: course.isShared, latency: course.pace.latency, at: moment) {
        case .closed(let reason, let askAgain):
            await close(&course, because: reason)
            await pause(askAgain)
            return nil
        case .wait(let reason, let duration):
            // Moments between two batches are no news.
            if duration > .seconds(2) { say(reason) }
            await pause(duration)
            course.control.waited(duration)
            return nil
        case .open(let opening):
            if !course.isLinkOpen { await uplink.resume() }
            course.isLinkOpen = true
            say(course.control.holdText(opening))
            guard let rest = await rest(&course) else { return opening }
            await requests.wait(after: asked, for: min(rest, opening.lasts ?? rest))
            return nil
        }
    }

    /// How long to wait yet after a failure; nil where it is time to try.
    private func rest(_ course: inout Course) async -> Duration? {
        guard course.retry.at != nil else { return nil }
        guard course.retry.isMended(by: signs) else { return course.retry.rest(at: .now) }
        logger.info("tries again at once: one of its files is another, or somebody asks for it")
        course.backOff.reset()
        // A connection of its own shows what is in force now, and waits for nothing either.
        await uplink.suspend()
        course.isLinkOpen = false
        return .zero
    }

    private var signs: RetryTime.Signs {
        RetryTime.Signs(files: credentialFiles.map { FileStamp(path: $0) }, requests: requests.generation)
    }

    private func close(_ course: inout Course, because reason: String) async {
        if course.isLinkOpen { await uplink.suspend() }
        course.isLinkOpen = false
        course.retry.clear()
        shared.withLock { $0.status.retryAt = nil }
        say(reason)
    }

    /// Pauses, after what is under way, or goes on, at once also where an attempt has failed. It holds until the agent
    /// ends.
    public func pause(_ isPaused: Bool) {
        shared.withLock { $0.status.isPaused = isPaused }
        // Who waits for records looks at it, too.
        committed.announce()
        requests.announce()
    }

    private func publish(_ control: LinkControl) {
        shared.withLock { shared in
            shared.counters = control.meter.counters
            shared.status.budgetUsed = control.account?.usage.bytes
        }
        if let account = control.account { log.note(account.usage, of: name) }
    }

    /// Says why nothing is sent, or that all is well again.
    private func say(_ waiting: String?) {
        let before = shared.withLock { shared in
            defer { shared.status.waiting = waiting }
            return shared.status.waiting
        }
        guard waiting != before else { return }
        if let waiting { logger.info("\(waiting)") } else { logger.info("goes on") }
    }

    /// Waits; cancellation ends it.
    private func pause(_ duration: Duration) async {
        // Cancellation is looked at by who called.
        try? await Task.sleep(for: duration)
    }

    private func waitForRecords(after seen: UInt64, within opening: LinkControl.Opening) async {
        let limits = [opening.lasts, opening.backlogWait > .zero ? opening.backlogWait : nil].compactMap(\.self)
        guard let limit = limits.min() else { return await committed.wait(after: seen) }
        await committed.wait(after: seen, for: limit)
    }

    // MARK: What

    private func choose(within opening: LinkControl.Opening, seen: UInt64, _ course: inout Course) async -> Work? {
        let prepared = course.prepared
        course.prepared = nil
        if let prepared, prepared.isBest(at: seen, within: opening) { return prepared.work }
        return await reading.next(spare: prepared?.work, within: opening)
    }

    /// Sends, and reads on meanwhile. What was read is worth something only if all was confirmed.
    private func send(
        _ work: Work, within opening: LinkControl.Opening, _ course: inout Course
    ) async -> (DeliveryOutcome, Prepared?) {
        let begun = ContinuousClock.now
        let outcome: DeliveryOutcome
        var prepared: Prepared?
        switch work.content {
        case .records(let batch):
            let generation = committed.generation
            async let following = reading.next(ahead: work, within: opening)
            outcome = await uplink.send(batch)
            let (records, duration) = (outcome.confirmed(of: batch), begun.duration(to: .now))
            if records == batch.records.count {
                if work.lane == .live { course.isBehind = work.isShared && !work.isLast }
                course.pace.confirmed(
                    records: records, in: duration, isShared: work.isShared, isBehind: course.isBehind)
            }
            course.control.note(uplink.traffic, for: work.lane, records: records, at: LinkMoment(by: clock))
            prepared = await following.map { Prepared(work: $0, generation: generation) }
        case .lost(let loss):
            outcome = await uplink.send(loss)
            course.control.note(uplink.traffic, for: work.lane, at: LinkMoment(by: clock))
        case .nothing:
            preconditionFailure("there is something to send")
        }
        course.isShared = work.isShared
        return (outcome, prepared)
    }

    /// A live lane does not wait: what waits is in the other.
    private func note(oldestOf work: Work) {
        guard case .records(let batch) = work.content, !work.isShared || work.lane == .backlog else { return }
        shared.withLock { $0.status.oldest = batch.records.first?.time }
    }

    // MARK: What became of it

    /// Notes a success; nil ends a problem.
    func note(problem: String?, isAlarm: Bool = false) -> (isNews: Bool, wasDelivering: Bool) {
        shared.withLock { shared in
            let before = shared.status
            shared.status.isDelivering = problem == nil
            shared.status.problem = problem
            shared.status.isAlarm = isAlarm
            if problem == nil { shared.status.retryAt = nil }
            return (before.problem != problem, before.isDelivering)
        }
    }
}

extension DeliveryOutcome {
    fileprivate var isAcknowledgement: Bool {
        if case .acknowledged = self { true } else { false }
    }

    /// How many records of a batch it says are done with.
    fileprivate func confirmed(of batch: RecordBatch) -> Int {
        switch self {
        case .acknowledged(let last): batch.records.count { $0.sequence <= last }
        case .reject(let sequence, _): batch.records.count { $0.sequence <= sequence }
        case .retry: 0
        }
    }
}
