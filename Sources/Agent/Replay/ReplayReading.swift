import LogStore
import Records
import Uplinks

/// Reads what a replay sends: the next batch of the job that an uplink works on. It touches no cursor.
struct ReplayReading {
    /// What is next.
    enum Step {
        case work(Work)
        /// Nothing in this part of the range: it is done with.
        case skip(through: Position, missing: UInt64)
        /// The range is at its end.
        case done
        /// The request is about something that is not there.
        case refused(String)
    }

    /// The range in positions, and in times.
    private struct Range {
        let start: Position
        let end: Position
        var timeMin = Int64.min
        var timeMax = Int64.max
    }

    /// Records that are read at least, where only some of them may be meant.
    private static let sparseRecordsMin = 1024

    private let log: RingLog
    private let uplink: UplinkName
    private let rules: [FilterRule]
    private var job: (name: String, range: Range, filter: RecordFilter, reader: LogReader)?
    private var rejected: [RejectedRecord] = []

    init(_ log: RingLog, for uplink: UplinkName, filters: [FilterRule]) {
        self.log = log
        self.uplink = uplink
        rules = filters
    }

    /// What is next of a job.
    ///
    /// - Parameters:
    ///   - position: behind which it goes on, where a batch is under way; nil: behind the job's progress.
    ///   - recordsMax: records of a batch.
    mutating func next(
        of current: ReplayDesk.Job, behind position: Position?, recordsMax: Int, bytesMax: Int
    ) -> Step {
        let request = current.request
        if job?.name != current.name {
            let statistics = log.statistics()
            guard statistics.uplinks[uplink]?[request.stream] != nil, let stream = statistics.streams[request.stream],
                let reader = log.reader(of: request.stream)
            else { return .refused("the uplink \(uplink) forwards no stream \(request.stream)") }
            job = (current.name, Self.range(of: request, in: stream), RecordFilter(rules), reader)
            rejected = request.isOfRejected ? rejectedRecords(of: request) : []
        }
        guard let (_, range, _, reader) = job else { return .done }
        let start = max(range.start, position ?? request.progress ?? range.start)
        if request.isOfRejected { return nextRejected(behind: start, in: range, from: reader) }
        guard start < range.end else { return .done }
        let last = start.epoch == range.end.epoch ? range.end.sequence : nil
        let countMax = request.isSparse || !rules.isEmpty ? max(recordsMax, Self.sparseRecordsMin) : recordsMax
        switch reader.read(behind: start, through: last, recordsMax: countMax, bytesMax: bytesMax) {
        case .records(let batch): return step(batch, request, range, recordsMax: recordsMax)
        case .lost(let loss):
            return .skip(through: Position(epoch: loss.epoch, sequence: loss.last), missing: loss.count)
        case .next(let next): return next < range.end ? .skip(through: next, missing: 0) : .done
        case .upToDate: return .done
        }
    }

    /// The part of a batch that is meant; the rest of it is done with.
    private mutating func step(
        _ batch: RecordBatch, _ request: ReplayRequest, _ range: Range, recordsMax: Int
    ) -> Step {
        let isFiltered = !rules.isEmpty && !request.isUnfiltered
        let start = Position(epoch: batch.epoch, sequence: SequenceNumber(batch.first.rawValue - 1))
        if isFiltered {
            job?.filter.confirmed(through: request.progress ?? start)
            job?.filter.begin(behind: start)
        }
        var records: [Record] = []
        var end = start
        for record in batch.records where records.count < recordsMax {
            end = Position(epoch: batch.epoch, sequence: record.sequence)
            let passed = isFiltered ? job?.filter.pass(record, of: batch.epoch) : record
            let time = record.time.wallMilliseconds
            if let passed, time >= range.timeMin, time < range.timeMax { records.append(passed) }
        }
        guard !records.isEmpty else { return .skip(through: end, missing: 0) }
        let replay = RecordBatch(
            gateway: batch.gateway, stream: batch.stream, epoch: batch.epoch, records: records, delivery: .replay)
        return .work(Work(replaying: replay, through: end))
    }

    // MARK: Rejected records

    private func rejectedRecords(of request: ReplayRequest) -> [RejectedRecord] {
        // What cannot be read now is there at the next request.
        let all = (try? log.rejected(by: uplink)) ?? []
        var seen: Set<Position> = []
        return all.filter { $0.stream == request.stream && seen.insert($0.position).inserted }
            .sorted { $0.position < $1.position }
    }

    /// One at a time, so that one that is refused again holds up no other. As it is in the log, where it still is.
    private func nextRejected(behind start: Position, in range: Range, from reader: LogReader) -> Step {
        guard let kept = rejected.first(where: { $0.position > start && $0.position <= range.end }) else {
            return .done
        }
        var record = Record(
            sequence: kept.position.sequence, topic: kept.topic, payload: kept.payload[...],
            time: RecordTime(
                wallMilliseconds: kept.wallMilliseconds, quality: .unsynchronised, boot: BootID(high: 0, low: 0),
                bootMilliseconds: 0))
        let before = Position(
            epoch: kept.position.epoch, sequence: SequenceNumber(kept.position.sequence.rawValue - 1))
        if case .records(let batch) = reader.read(behind: before, recordsMax: 1, bytesMax: 1),
            batch.epoch == kept.position.epoch, batch.first == kept.position.sequence
        {
            record = batch.records[0]
        }
        let batch = RecordBatch(
            gateway: log.gateway, stream: kept.stream, epoch: kept.position.epoch, records: [record],
            delivery: .replay)
        return .work(Work(replaying: batch, through: kept.position))
    }

    // MARK: Bounds

    private static func range(of request: ReplayRequest, in stream: LogStatistics.Stream) -> Range {
        // Rejected records are kept longer than the log holds them.
        let oldest = request.isOfRejected ? Position(epoch: Epoch(rawValue: 0), sequence: .zero) : stream.start
        func position(_ sequence: SequenceNumber, _ epoch: Epoch?) -> Position {
            Position(epoch: epoch ?? stream.end.epoch, sequence: sequence)
        }
        var (start, end) = (oldest, stream.end)
        var (timeMin, timeMax) = (Int64.min, Int64.max)
        switch request.from {
        case .sequence(let sequence, let epoch):
            start = max(start, position(SequenceNumber(sequence.rawValue - 1), epoch))
        case .time(let time): timeMin = time
        case nil: break
        }
        switch request.to {
        case .sequence(let sequence, let epoch): end = min(end, position(sequence, epoch))
        case .time(let time): timeMax = time
        case nil: break
        }
        return Range(start: start, end: end, timeMin: timeMin, timeMax: timeMax)
    }
}
