import Records

/// What the link to a destination may carry, and when.
public struct LinkConfiguration: Hashable, Sendable {
    /// What it may carry in a second.
    public var limits = LinkLimits()
    /// What it may carry in a day or a month.
    public var budget: LinkBudget?
    /// When it may be connected; always where there are none.
    public var windows: [ConnectionWindow] = []
    /// The longest wait after a start, and after the opening of a window, so that a fleet does not come at once.
    public var startSpread = Duration.zero

    /// No limits.
    public init() {}
}

/// What a link may carry in a second. Nil: without a limit.
public struct LinkLimits: Hashable, Sendable {
    /// Bytes on the wire, both directions.
    public var bytes: Int?
    /// Messages, as the destination counts them.
    public var messages: Int?
    /// Bytes on the wire for records of a backlog, within ``bytes``.
    public var backlogBytes: Int?
    /// Messages for records of a backlog, within ``messages``.
    public var backlogMessages: Int?

    /// No limits.
    public init() {}
}

/// What a metered link may carry in a period, bytes on the wire in both directions.
public struct LinkBudget: Hashable, Sendable {
    /// After which the count begins anew, by the machine's local time.
    public enum Period: String, Hashable, Sendable, CaseIterable { case day, month }

    /// Bytes of one period.
    public var bytes: ByteCount
    /// How long they must last.
    public var period: Period
    /// Streams of at least this priority are forwarded when the budget is used up; nil: none are.
    public var priorityWhenSpent: Int?

    /// A budget after which nothing is forwarded.
    public init(bytes: ByteCount, period: Period) {
        self.bytes = bytes
        self.period = period
    }
}

extension ByteCount {
    /// As people write what a contract says: `500 MB` where it is a whole number of those, else in IEC units.
    var contractText: String {
        for (unit, factor) in [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)]
        where rawValue >= factor && rawValue % factor == 0 {
            return "\(rawValue / factor) \(unit)"
        }
        return description
    }
}
