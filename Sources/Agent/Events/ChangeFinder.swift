import LogStore
import Records

/// Compares how everything is with what was told of it, and finds what is to be told. Pure.
///
/// What changes to and fro faster than is told is told as it is now, with the number of changes: nothing is told late
/// that is no longer so, and nothing stays untold that is.
struct ChangeFinder: Sendable {
    private typealias Subject = AgentSighting.Subject

    private struct Memory {
        /// What was told last; nil: nothing yet.
        var toldWell: Bool?
        var isWell: Bool
        var changes: UInt64 = 0
        var onsets: UInt64 = 0
        let firstSeen: Int64
        var allowance: EventAllowance
    }

    private struct LossKey: Hashable {
        let uplink: UplinkName
        let stream: StreamName
    }

    private struct LossMemory {
        var told: UInt64
        var allowance: EventAllowance
    }

    /// A link that is not there at the start is given so long to come.
    static let patience = Duration.seconds(10)
    /// Events of one subject: so many at once, then one for each interval.
    private static let perSubject = (burst: 4, every: Duration.seconds(60))
    /// Events of all.
    private static let ofAll = (burst: 1000, every: Duration.seconds(1))
    /// The wall clock against the boot clock: more than this is no correction, it was set.
    private static let clockStepMin: Int64 = 2000

    private var memories: [Subject: Memory] = [:]
    private var losses: [LossKey: LossMemory] = [:]
    private var clock: ClockReading?
    private var all: EventAllowance
    private var clockAllowance: EventAllowance

    init(atMilliseconds now: Int64) {
        all = EventAllowance(burst: Self.ofAll.burst, every: Self.ofAll.every, atMilliseconds: now)
        clockAllowance = Self.allowance(now)
    }

    /// What is to be told.
    mutating func events(from sighting: AgentSighting) -> [AgentEvent] {
        let now = sighting.clock.bootMilliseconds
        var events: [AgentEvent] = []
        var seen: Set<Subject> = []
        for condition in sighting.conditions {
            seen.insert(condition.subject)
            events += look(at: condition, now)
        }
        for subject in memories.keys where !seen.contains(subject) {
            guard subject.kind == .link, sighting.parts.contains(subject.part), memories[subject]?.toldWell == true
            else {
                memories[subject] = nil
                continue
            }
            // A port of several that are read has gone.
            let gone = AgentSighting.Condition(subject: subject, isWell: false) { _ in
                AgentEvent(
                    .linkDown, of: subject.part, "\(subject.name) has gone", details: [.init("link", subject.name)])
            }
            events += look(at: gone, now)
        }
        for loss in sighting.losses { events += look(at: loss, now) }
        if let event = look(at: sighting.clock) { events.append(event) }
        return events
    }

    // MARK: One of each

    private mutating func look(at condition: AgentSighting.Condition, _ now: Int64) -> [AgentEvent] {
        let subject = condition.subject
        var memory =
            memories[subject]
            ?? Memory(isWell: condition.isWell, firstSeen: now, allowance: Self.allowance(now))
        defer { memories[subject] = memory }
        if memory.isWell != condition.isWell { memory.changes += 1 }
        memory.isWell = condition.isWell
        let onsets = condition.onsets ?? memory.onsets
        // It was not well between two looks.
        let isBrief = condition.isWell && memory.toldWell != false && onsets > memory.onsets
        guard let told = memory.toldWell else {
            return first(condition, isBrief: isBrief, &memory, now)
        }
        guard told != condition.isWell || isBrief, take(&memory, now) else { return [] }
        let changes = memory.changes
        memory.changes = 0
        memory.onsets = onsets
        memory.toldWell = condition.isWell
        var event = condition.event(condition.isWell)
        if changes > 1 { event.details.append(.init("changes", changes)) }
        return isBrief ? [condition.event(false), event] : [event]
    }

    private mutating func first(
        _ condition: AgentSighting.Condition, isBrief: Bool, _ memory: inout Memory, _ now: Int64
    ) -> [AgentEvent] {
        let isConnection = condition.subject.kind == .link || condition.subject.kind == .uplink
        if !condition.isWell, isConnection, now - memory.firstSeen < Self.patience.wholeMilliseconds { return [] }
        // That all is well is news only of what has to connect first.
        if condition.isWell, !isConnection, !isBrief {
            memory.toldWell = true
            return []
        }
        guard take(&memory, now) else { return [] }
        memory.toldWell = condition.isWell
        memory.onsets = condition.onsets ?? 0
        memory.changes = 0
        return isBrief ? [condition.event(false), condition.event(true)] : [condition.event(condition.isWell)]
    }

    private mutating func look(at loss: RingLog.Loss, _ now: Int64) -> [AgentEvent] {
        let key = LossKey(uplink: loss.uplink, stream: loss.stream)
        guard var memory = losses[key], memory.told <= loss.records else {
            // What was lost in earlier runs was told then.
            losses[key] = LossMemory(told: loss.records, allowance: Self.allowance(now))
            return []
        }
        guard memory.told < loss.records, memory.allowance.take(atMilliseconds: now), all.take(atMilliseconds: now)
        else {
            losses[key] = memory
            return []
        }
        let count = loss.records - memory.told
        memory.told = loss.records
        losses[key] = memory
        return [Self.event(of: loss, count: count)]
    }

    private static func event(of loss: RingLog.Loss, count: UInt64) -> AgentEvent {
        let reason = loss.newest?.reason.rawValue ?? "unknown"
        var event = AgentEvent(
            .recordsLost, of: "log",
            "\(count) records of \(loss.stream) are lost (\(reason)) that \(loss.uplink) had not forwarded",
            details: [
                .init("stream", loss.stream.rawValue), .init("uplink", loss.uplink.rawValue), .init("records", count),
                .init("total", loss.records), .init("reason", reason),
            ])
        if let range = loss.newest {
            event.details += [
                .init("epoch", "\(range.epoch)"), .init("first", range.first.rawValue),
                .init("last", range.last.rawValue),
            ]
        }
        return event
    }

    private mutating func look(at reading: ClockReading) -> AgentEvent? {
        defer { clock = reading }
        guard let before = clock, before.boot == reading.boot else { return nil }
        let step = reading.wallOffsetMilliseconds - before.wallOffsetMilliseconds
        let isNewlySynchronised = reading.isSynchronised && !before.isSynchronised
        guard isNewlySynchronised || abs(step) >= Self.clockStepMin,
            clockAllowance.take(atMilliseconds: reading.bootMilliseconds)
        else { return nil }
        let text = isNewlySynchronised ? "the clock is synchronised" : "the clock was set"
        return AgentEvent(
            .clockSet, of: "agent", text,
            details: [
                .init("step_seconds", Double(step) / 1000),
                .init("synchronised", reading.isSynchronised ? "yes" : "no"),
            ])
    }

    private mutating func take(_ memory: inout Memory, _ now: Int64) -> Bool {
        memory.allowance.take(atMilliseconds: now) && all.take(atMilliseconds: now)
    }

    private static func allowance(_ now: Int64) -> EventAllowance {
        EventAllowance(burst: perSubject.burst, every: perSubject.every, atMilliseconds: now)
    }
}
