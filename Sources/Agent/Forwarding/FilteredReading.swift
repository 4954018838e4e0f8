import LogStore
import Records
import Uplinks

/// What filters let through of records that were read one batch after the other.
struct FilteredReading {
    /// Nil: nothing.
    private(set) var batch: RecordBatch?
    /// What was left out, in order.
    private(set) var omitted: [RecordRange] = []
    /// What was left out behind the last record of the batch, and before that what touches it.
    private(set) var untold: RecordRange?
    /// When the first record came, let through or not.
    private(set) var time: RecordTime?
    /// Bytes of payloads and topics that were let through.
    private(set) var size = 0
    /// The last record that was looked at.
    private(set) var last = SequenceNumber.zero
    private let recordsMax: Int
    private var records: [Record] = []
    /// Before the first record that was let through.
    private var previous: SequenceNumber?

    /// - Parameters:
    ///   - untold: what was left out right before the first record.
    ///   - recordsMax: no more records are let through.
    init(behind untold: RecordRange?, recordsMax: Int) {
        self.untold = untold
        self.recordsMax = recordsMax
    }

    /// Whether no more can be let through.
    var isFull: Bool { records.count >= recordsMax }

    /// Looks at records that follow right behind those before, until there are enough.
    mutating func take(_ batch: RecordBatch, through filter: inout RecordFilter) {
        if time == nil { time = batch.records.first?.time }
        for record in batch.records where !isFull {
            last = record.sequence
            guard let passed = filter.pass(record, of: batch.epoch) else {
                leaveOut(record.sequence, of: batch.epoch)
                continue
            }
            if records.isEmpty, let untold { previous = SequenceNumber(untold.first.rawValue - 1) }
            untold = nil
            records.append(passed)
            size += passed.payload.count + passed.topic.utf8.count
        }
        guard !records.isEmpty else { return }
        var result = RecordBatch(
            gateway: batch.gateway, stream: batch.stream, epoch: batch.epoch, records: records,
            delivery: batch.delivery)
        result.previous = previous
        self.batch = result
    }

    private mutating func leaveOut(_ sequence: SequenceNumber, of epoch: Epoch) {
        let one = RecordRange(epoch: epoch, first: sequence, last: sequence)
        if let last = omitted.last, last.last.next == sequence {
            omitted[omitted.count - 1] = RecordRange(epoch: epoch, first: last.first, last: sequence)
        } else {
            omitted.append(one)
        }
        untold = untold.map { RecordRange(epoch: epoch, first: $0.first, last: sequence) } ?? one
    }
}

/// The filters of one stream at one uplink: one for each lane, since each lane is in order in itself.
struct StreamFilters {
    private let rules: [FilterRule]
    private var filters: [Lane: RecordFilter] = [:]
    private var isSplit = false

    init(_ rules: [FilterRule]) { self.rules = rules }

    /// Lends the filter of a lane, which then stands behind a position.
    ///
    /// - Parameters:
    ///   - isSplit: whether the stream has two lanes. When a second one opens, the one there was is the backlog's.
    ///   - confirmed: up to here nothing will be read again for the lane.
    mutating func with<Result>(
        _ lane: Lane, isSplit: Bool, behind position: Position, confirmed: Position,
        _ body: (inout RecordFilter) -> Result
    ) -> Result {
        if isSplit != self.isSplit {
            filters[.backlog] = isSplit ? filters.removeValue(forKey: .live) : nil
            self.isSplit = isSplit
        }
        var filter = filters.removeValue(forKey: lane) ?? RecordFilter(rules)
        defer { filters[lane] = filter }
        filter.confirmed(through: confirmed)
        filter.begin(behind: position)
        return body(&filter)
    }
}
