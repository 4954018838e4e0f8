import Records

/// Makes few records of many frames of one device, as a ``RateRule`` says. Pure: time is given with each call.
public struct RateReducer: Sendable {
    private let rule: RateRule
    /// What fields say of their own, by name.
    private let keep: [String: [RateRule.Kept]]
    private let changeMin: [String: Double]
    /// The end of the interval; nil before the first frame of it.
    private var dueMilliseconds: Int64?
    private var waiting: [Collected] = []
    /// Where each name is in `waiting`.
    private var places: [String: Int] = [:]
    private var published: [String: Reading.Value] = [:]
    private var heartbeatMilliseconds: Int64?

    /// What came of one reading within an interval.
    private struct Collected {
        var last: Reading
        var count = 0
        var sum = 0.0
        var low = Double.infinity
        var high = -Double.infinity
    }

    /// A reducer for the frames of one device.
    public init(_ profile: Profile) { self.init(profile.rate, fields: profile.messages.flatMap(\.fields)) }

    /// A reducer by a rule, which the configuration of a device may have changed.
    public init(_ rule: RateRule, fields: [Field]) {
        self.rule = rule
        keep = Dictionary(fields.compactMap { field in field.keep.map { (field.name, $0) } }, uniquingKeysWith: { $1 })
        changeMin = Dictionary(
            fields.compactMap { field in field.changeMin.map { (field.name, $0) } }, uniquingKeysWith: { $1 })
    }

    /// Whether it publishes every frame as it is.
    public var isIdle: Bool { rule.isIdle && changeMin.isEmpty }

    /// Takes the readings of a frame. Returns what is to be published now; empty for nothing.
    public mutating func add(_ readings: [Reading], atMilliseconds now: Int64) -> [Reading] {
        guard !isIdle else { return readings }
        guard let every = rule.every else { return changed(readings, at: now) }
        let due = flush(atMilliseconds: now)
        for reading in readings { collect(reading) }
        if !waiting.isEmpty, dueMilliseconds == nil { dueMilliseconds = now + every.wholeMilliseconds }
        return due
    }

    /// What is due: call it when ``nextMilliseconds`` has come, so that the last values before silence go out.
    public mutating func flush(atMilliseconds now: Int64) -> [Reading] {
        guard let due = dueMilliseconds, now >= due else { return [] }
        dueMilliseconds = nil
        let readings = waiting.flatMap { kept(of: $0) }
        waiting.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
        return changed(readings, at: now)
    }

    /// When something is due without another frame; nil where nothing waits.
    public var nextMilliseconds: Int64? { dueMilliseconds }

    private mutating func collect(_ reading: Reading) {
        let place = places[reading.name] ?? waiting.count
        if place == waiting.count {
            places[reading.name] = place
            waiting.append(Collected(last: reading))
        }
        waiting[place].last = reading
        if case .number(let number) = reading.value {
            waiting[place].count += 1
            waiting[place].sum += number
            waiting[place].low = min(waiting[place].low, number)
            waiting[place].high = max(waiting[place].high, number)
        }
    }

    /// One reading for each that is kept. Of texts and booleans there is the last only.
    private func kept(of collected: Collected) -> [Reading] {
        let choices = keep[collected.last.name] ?? rule.keep
        guard case .number = collected.last.value, collected.count > 0 else { return [collected.last] }
        return choices.map { choice in
            var reading = collected.last
            switch choice {
            case .last: return reading
            case .mean: reading.value = .number(collected.sum / Double(collected.count))
            case .min: reading.value = .number(collected.low)
            case .max: reading.value = .number(collected.high)
            }
            if choices.count > 1 { reading.name += "_" + choice.rawValue }
            return reading
        }
    }

    /// All readings, where one of them has changed enough or the heartbeat is due; else none. What belongs together
    /// goes out together: a record with half of a frame's values would say that the others were missing.
    private mutating func changed(_ readings: [Reading], at now: Int64) -> [Reading] {
        guard !readings.isEmpty, rule.changeMin != nil || !changeMin.isEmpty else { return readings }
        let isDue = heartbeatMilliseconds.map { now >= $0 } ?? true
        guard isDue || readings.contains(where: isChanged) else { return [] }
        for reading in readings { published[reading.name] = reading.value }
        heartbeatMilliseconds = now + rule.heartbeat.wholeMilliseconds
        return readings
    }

    private func isChanged(_ reading: Reading) -> Bool {
        guard let least = changeMin[reading.name] ?? rule.changeMin else { return false }
        guard case .number(let number) = reading.value, case .number(let before)? = published[reading.name] else {
            return published[reading.name] != reading.value
        }
        let difference = (number - before).magnitude
        return least == 0 ? difference > 0 : difference >= least
    }
}
