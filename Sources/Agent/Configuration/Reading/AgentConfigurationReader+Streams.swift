import LogStore
import Records
import StrictTOML

/// `[streams.NAME]`.
extension AgentConfigurationReader {
    /// Below this a ring has too few segments to let the oldest go without losing much at once.
    private static let capacityMin = StreamSettings.capacityMin

    /// A stream before it is known what is left for those that name no capacity.
    private struct Draft {
        var stream: StreamConfiguration
        /// Nil for `telemetry` where the file does not mention it.
        let table: TableReader?
        let hasCapacity: Bool
    }

    /// Reads the streams, `telemetry` first where the file does not mention it, and divides the log among them.
    func readStreams(_ top: TableReader, log: LogConfiguration, logTable: TableReader) -> [StreamConfiguration] {
        var drafts: [Draft] = []
        for named in top.namedTables("streams", example: "alarms") {
            guard let name = StreamName(named.name) else {
                named.reader.fail("\(quoted(named.name)) is no name for a stream; \(Self.nameRule)")
                continue
            }
            drafts.append(readStream(named.reader, name: name))
        }
        if !drafts.contains(where: { $0.stream.name == .telemetry }) {
            let telemetry = StreamConfiguration(name: .telemetry, capacity: Self.capacityMin)
            drafts.insert(Draft(stream: telemetry, table: nil, hasCapacity: false), at: 0)
        }
        divide(log.capacity, among: &drafts, report: logTable)
        return drafts.map(\.stream)
    }

    static let nameRule = "allowed are 1 to 32 of a-z, 0-9, \"-\" and \"_\", a letter first"

    private func readStream(_ table: TableReader, name: StreamName) -> Draft {
        var stream = StreamConfiguration(name: name, capacity: Self.capacityMin)
        let capacity = table.byteCount("capacity", in: Self.capacityMin...(.gibibytes(16384)))
        stream.capacity = capacity ?? stream.capacity
        stream.retention = table.duration("retention", in: .seconds(60)...(.seconds(3650 * 86_400)))
        stream.overflow = table.choice("overflow", of: StreamConfiguration.Overflow.self) ?? stream.overflow
        stream.priority = table.integer("priority", in: 0...100) ?? stream.priority
        table.finish()
        // A wrong capacity has been reported; it must not cause errors elsewhere.
        // What the agent tells of itself is little: without a capacity it takes no share of what is for records.
        return Draft(stream: stream, table: table, hasCapacity: table.has("capacity") || name == .millrace)
    }

    /// Gives what is left to the streams that name no capacity, in equal parts.
    private func divide(_ capacity: ByteCount, among drafts: inout [Draft], report logTable: TableReader) {
        var taken = 0
        for draft in drafts where draft.hasCapacity {
            let before = taken
            let (sum, overflow) = taken.addingReportingOverflow(draft.stream.capacity.rawValue)
            taken = overflow ? .max : sum
            guard before <= capacity.rawValue, taken > capacity.rawValue else { continue }
            draft.table?.fail(
                "with this the streams ask for \(ByteCount(rawValue: taken)), but the capacity of [log] is \(capacity)"
                    + "; raise that or lower this", at: "capacity")
        }
        let open = drafts.indices.filter { !drafts[$0].hasCapacity }
        guard !open.isEmpty, taken <= capacity.rawValue else { return }
        let share = ByteCount(rawValue: (capacity.rawValue - taken) / open.count)
        guard share >= Self.capacityMin else {
            let names = open.map { drafts[$0].stream.name.rawValue }
            let text =
                "the capacity of \(capacity) leaves \(share) for each of the streams \(quotedList(names)), "
                + "and a stream needs \(Self.capacityMin); raise it, or lower the capacity of other streams"
            logTable.fail(text, at: "capacity")
            return
        }
        for index in open { drafts[index].stream.capacity = share }
    }
}
