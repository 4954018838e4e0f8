import LogStore
import Records
import StrictTOML
import Uplinks

/// Everything that decides whether, when and how much an uplink may send: windows, limits, budget. Pure: it is told
/// the time and what went over the wire.
struct LinkControl: Sendable {
    /// What may be done now.
    enum Admission: Equatable {
        /// Nothing, and the connection is ended: why, and after how long to ask again at the latest.
        case closed(String, askAgain: Duration)
        /// Nothing is to be sent for so long, because of a limit; the connection stays.
        case wait(String, Duration)
        /// Go on.
        case open(Opening)
    }

    /// What may be sent.
    struct Opening: Equatable {
        /// Streams of at least this priority.
        var priorityMin = Int.min
        /// How long the backlog has to wait yet.
        var backlogWait = Duration.zero
        /// How long this holds at most; nil: until something is sent.
        var lasts: Duration?
        /// Records of a batch of each lane.
        var liveMax = Int.max
        var backlogMax = Int.max

        func allows(_ lane: Lane) -> Bool { lane == .live || backlogWait == .zero }
        func recordsMax(of lane: Lane) -> Int { lane == .live ? liveMax : backlogMax }

        /// The same with batches of so many records at most; what is live may have twice as many while it shares the
        /// link, so that all of it goes at once.
        func limited(to recordsMax: Int, isShared: Bool) -> Opening {
            var opening = self
            opening.liveMax = min(liveMax, isShared ? 2 * recordsMax : recordsMax)
            opening.backlogMax = min(backlogMax, recordsMax)
            return opening
        }
    }

    private let gate: LinkGate
    private(set) var meter: LinkMeter
    private(set) var account: BudgetAccount?
    private let limits: LinkLimits
    private let priorityTop: Int
    /// A budget and a window are looked at again so often, also where nothing is sent.
    private static let lookAgain = Duration.seconds(30)

    init(
        _ link: LinkConfiguration, gateway: GatewayID, uplink: UplinkName, priorityTop: Int, usage: LinkUsage,
        at now: ContinuousClock.Instant
    ) {
        gate = LinkGate(
            link, delay: LinkGate.delay(within: link.startSpread, for: gateway, uplink), started: now)
        meter = LinkMeter(link.limits, at: now)
        account = link.budget.map { BudgetAccount($0, usage: usage) }
        limits = link.limits
        self.priorityTop = priorityTop
    }

    /// What went over the wire since the last call, and for what: see ``LinkMeter/note(_:for:records:at:)``.
    mutating func note(
        _ traffic: LinkTraffic, for lane: Lane? = nil, records: Int = 0, at moment: LinkMoment
    ) {
        let bytes = meter.note(traffic, for: lane, records: records, at: moment.instant)
        account?.note(bytes, at: moment)
    }

    mutating func waited(_ duration: Duration) { meter.waited(duration) }

    /// What may be done now. To be asked after ``note(_:for:records:at:)``.
    ///
    /// - Parameters:
    ///   - isShared: whether two lanes share the link.
    ///   - latency: what a batch takes however small it is.
    mutating func admission(isShared: Bool, latency: Duration = .zero, at moment: LinkMoment) -> Admission {
        let now = moment.instant
        var opening = Opening()
        switch gate.answer(at: moment) {
        case .closed(let reason, let askAgain): return .closed(reason, askAgain: askAgain)
        case .open(let lasts): opening.lasts = lasts
        }
        if let account {
            opening.lasts = min(opening.lasts ?? LinkControl.lookAgain, LinkControl.lookAgain)
            if account.bytesLeft == nil {
                guard let priority = account.budget.priorityWhenSpent, priority <= priorityTop else {
                    return .closed(account.spentText, askAgain: LinkControl.lookAgain)
                }
                opening.priorityMin = priority
            }
        }
        let wait = meter.wait(for: .live, at: now)
        if wait > .zero { return .wait(limitText, wait) }
        opening.backlogWait = meter.wait(for: .backlog, at: now)
        let left = account?.bytesLeft
        func recordsMax(_ lane: Lane) -> Int {
            meter.recordsMax(for: lane, isShared: isShared, latency: latency, bytesLeft: left) ?? .max
        }
        opening.liveMax = recordsMax(.live)
        opening.backlogMax = recordsMax(.backlog)
        return .open(opening)
    }

    /// Why only a part is sent, in words for people; nil where all may be.
    func holdText(_ opening: Opening) -> String? {
        if let account, opening.priorityMin > .min {
            return "\(account.spentText); only streams of priority \(opening.priorityMin) or more go on"
        }
        return opening.backlogWait > .zero ? limitText : nil
    }

    private var limitText: String { "waits for the limit of \(limits)" }
}

extension LinkLimits: CustomStringConvertible {
    /// For people: `20 kB/s, 100 messages/s, 10 kB/s for a backlog`.
    public var description: String {
        func rates(_ bytes: Int?, _ messages: Int?) -> [String] {
            [bytes.map { ByteCount.bytes($0).contractText + "/s" }, messages.map { "\($0) messages/s" }].compactMap(
                \.self)
        }
        let backlog = rates(backlogBytes, backlogMessages).joined(separator: ", ")
        let all = rates(bytes, messages) + (backlog.isEmpty ? [] : [backlog + " for a backlog"])
        return all.joined(separator: ", ")
    }
}
