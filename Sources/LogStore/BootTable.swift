import Records

/// What is known of the wall clock in each boot: one row makes every record of that boot right, also those already in
/// the log (DESIGN.md, section 8).
struct BootTable: Sendable, Codable, Equatable {
    private struct Boot: Codable, Equatable, Sendable {
        var id: String
        /// Wall clock minus `CLOCK_BOOTTIME`, milliseconds.
        var offset: Int64
    }

    private static let countMax = 64
    private var boots: [Boot] = []
    /// The same by boot id, so that reading a record does not search.
    private var offsets: [BootID: Int64] = [:]

    private enum CodingKeys: CodingKey { case boots }

    init() {}

    init(from decoder: any Decoder) throws {
        boots = try decoder.container(keyedBy: CodingKeys.self).decode([Boot].self, forKey: .boots)
        for boot in boots { if let id = BootID(boot.id) { offsets[id] = boot.offset } }
    }

    /// Keeps a synchronised reading. Returns whether the table changed: small corrections of the clock do not count.
    mutating func note(_ reading: ClockReading) -> Bool {
        guard reading.isSynchronised else { return false }
        let offset = reading.wallOffsetMilliseconds
        if let known = offsets[reading.boot], abs(known - offset) < 1000 { return false }
        offsets[reading.boot] = offset
        boots.removeAll { $0.id == reading.boot.description }
        boots.append(Boot(id: reading.boot.description, offset: offset))
        if boots.count > BootTable.countMax {
            let forgotten = boots.removeFirst()
            if let id = BootID(forgotten.id) { offsets[id] = nil }
        }
        return true
    }

    /// The time `age` milliseconds after a chunk was begun.
    func time(after age: Int64, from clock: ClockReading) -> RecordTime {
        let bootMilliseconds = clock.bootMilliseconds &+ age
        var time = RecordTime(
            wallMilliseconds: clock.wallMilliseconds &+ age, quality: .unsynchronised, boot: clock.boot,
            bootMilliseconds: bootMilliseconds)
        if clock.isSynchronised {
            time.quality = .synchronised
        } else if let offset = offsets[clock.boot] {
            time.wallMilliseconds = bootMilliseconds &+ offset
            time.quality = .corrected
        }
        return time
    }
}
