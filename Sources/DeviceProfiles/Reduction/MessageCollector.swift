import Records

/// Holds the readings of a device back until one frame of each message is there, as a ``CollectionRule`` says. Pure:
/// time is given with each call.
public struct MessageCollector: Sendable {
    private let rule: CollectionRule
    private var parts: [String: [Reading]] = [:]
    private var dueMilliseconds: Int64?

    /// An empty collector.
    public init(_ rule: CollectionRule) { self.rule = rule }

    /// Takes the readings of a frame. Returns what is to be published now; empty for nothing. A message that belongs to
    /// no set goes out at once; one that comes twice replaces its earlier one.
    public mutating func add(_ readings: [Reading], message: String?, atMilliseconds now: Int64) -> [Reading] {
        guard let message, rule.messages.contains(message) else { return readings }
        let late = flush(atMilliseconds: now)
        if parts.isEmpty { dueMilliseconds = now + rule.within.wholeMilliseconds }
        parts[message] = readings
        guard parts.count == rule.messages.count else { return late }
        return late + takeAll()
    }

    /// What is due: call it when ``nextMilliseconds`` has come, so that an incomplete set goes out.
    public mutating func flush(atMilliseconds now: Int64) -> [Reading] {
        guard let due = dueMilliseconds, now >= due else { return [] }
        return takeAll()
    }

    /// When something is due without another frame; nil where nothing waits.
    public var nextMilliseconds: Int64? { dueMilliseconds }

    /// In the order of the rule.
    private mutating func takeAll() -> [Reading] {
        let readings = rule.messages.flatMap { parts[$0] ?? [] }
        parts.removeAll(keepingCapacity: true)
        dueMilliseconds = nil
        return readings
    }
}
