import Records

/// Leaves out, at one uplink, what its rules do not let through: a thin link carries what matters, while the log keeps
/// everything (`docs/decisions/0013`).
///
/// Pure: what it decides depends on the records alone, their times of receipt included, in the order of the stream. It
/// can go back to any position since the last that was confirmed, because what is not confirmed is sent again. Where it
/// does not know what came before, it lets more through, never less.
public struct RecordFilter: Sendable {
    /// Topics that are remembered at most. When one more comes, all are forgotten: what changes is found anew, at the
    /// cost of one record for each topic.
    static let topicsMax = 10_000

    /// What was sent last of a topic.
    private struct Sent: Sendable {
        var boot: BootID
        var milliseconds: Int64
        /// Only where changes are looked for.
        var values: ComparedValues?

        /// Whether so much time has passed; after a restart of the machine nobody knows, so it has.
        func isPast(_ interval: Duration, at time: RecordTime) -> Bool {
            time.boot != boot || .milliseconds(time.bootMilliseconds - milliseconds) >= interval
        }
    }

    private struct Topic: Sendable {
        /// Which of the rules it falls under; nil: none.
        let rule: Int?
        var sent: Sent?
    }

    /// What to put back when it goes back behind a position.
    private struct Change: Sendable {
        let position: Position
        let topic: String
        let before: Sent?
    }

    private let rules: [FilterRule]
    private var topics: [String: Topic] = [:]
    private var changes: [Change] = []
    /// The record that was looked at last; nil before the first.
    private var position: Position?
    /// How far back it can go.
    private var floor: Position?
    private var fields = FieldSelection()
    private var comparison = ValueComparison()

    /// A filter that has seen nothing.
    public init(_ rules: [FilterRule]) { self.rules = rules }

    /// Begins to look at what follows a position: goes back to it, or forgets everything where it has not been there.
    public mutating func begin(behind start: Position) {
        guard position != start else { return }
        defer { position = start }
        guard let position, let floor, floor <= start, start < position else { return forget(at: start) }
        while let change = changes.last, change.position > start {
            changes.removeLast()
            topics[change.topic]?.sent = change.before
        }
    }

    /// Everything up to here is done with: it will not go back any further.
    public mutating func confirmed(through end: Position) {
        guard let known = floor, known < end, let position else { return }
        floor = min(end, position)
        changes.removeFirst(changes.prefix { $0.position <= end }.count)
    }

    /// The record as it is to be sent; nil where it is left out. Records come in order, right behind where it began.
    public mutating func pass(_ record: Record, of epoch: Epoch) -> Record? {
        let place = Position(epoch: epoch, sequence: record.sequence)
        position = place
        guard let number = rule(for: record.topic, at: place) else { return record }
        let rule = rules[number]
        if case .none = rule.selection { return nil }
        guard let selected = rule.fields.isEmpty ? record : fields.select(rule.fields, of: record) else { return nil }
        return isSelected(selected, by: rule, at: place) ? selected : nil
    }

    // MARK: Which rule

    private mutating func rule(for topic: String, at place: Position) -> Int? {
        if let known = topics[topic] { return known.rule }
        if topics.count >= Self.topicsMax { forget(at: place) }
        let rule = rules.firstIndex { $0.matches(topic) }
        topics[topic] = Topic(rule: rule)
        return rule
    }

    private mutating func forget(at position: Position) {
        topics.removeAll(keepingCapacity: true)
        changes.removeAll()
        floor = position
    }

    // MARK: Which record

    private mutating func isSelected(_ record: Record, by rule: FilterRule, at place: Position) -> Bool {
        let before = topics[record.topic]?.sent
        var values: ComparedValues?
        switch rule.selection {
        case .all: return true
        case .none: return false
        case .sample(let interval):
            if let before, !before.isPast(interval, at: record.time) { return false }
        case .changes(let deadband, let interval):
            let new = comparison.values(of: record, ignoring: rule.ignored)
            if let before, before.values?.isSame(as: new, deadband: deadband) == true,
                !(interval.map { before.isPast($0, at: record.time) } ?? false)
            {
                return false
            }
            values = new
        }
        changes.append(Change(position: place, topic: record.topic, before: before))
        topics[record.topic]?.sent = Sent(
            boot: record.time.boot, milliseconds: record.time.bootMilliseconds, values: values)
        return true
    }
}
