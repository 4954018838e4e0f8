import LogStore
import Records
import Threads
import Uplinks

/// Reads the log for one uplink, on a thread of its own: SQLite blocks. Decides which stream and which lane is next.
actor LogReading {
    /// One stream.
    struct Source: Sendable {
        let stream: StreamName
        /// The highest goes first.
        let priority: Int
        var order = DeliveryOrder.oldestFirst
    }

    /// Two batches are in memory at a time, one under way and one read meanwhile, and one more for each lane that must
    /// wait.
    static let batchSizeMax = 256 << 10
    /// How often reading goes on, where filters leave out much, until there is a batch to send.
    private static let filteredReadsMax = 16
    /// Records that are read at least, when it goes on.
    private static let filteredRecordsMin = 256

    private let executor: ThreadExecutor
    private let log: RingLog
    let uplink: UplinkName
    private let clock: any GatewayClock
    private let backlogAge: Duration
    /// By priority, the highest first.
    let groups: [[Source]]
    private let rules: [FilterRule]
    private var filters: [StreamName: StreamFilters] = [:]
    private var shares: [LaneShare]
    private var lanes: [StreamName: StreamLanes] = [:]
    /// Where the next look among streams of the same priority begins, so that none starves.
    private var turn = 0
    let desk: ReplayDesk
    var replays: ReplayReading
    var turnsSinceReplay = 0

    /// The highest priority of its streams.
    nonisolated let priorityTop: Int

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(
        _ log: RingLog, for uplink: UplinkName, sources: [Source], filters: [FilterRule] = [],
        desk: ReplayDesk = ReplayDesk(), backlogShare: Double = 0.25, backlogAge: Duration = .seconds(10),
        clock: any GatewayClock, on executor: ThreadExecutor
    ) {
        rules = filters
        self.desk = desk
        replays = ReplayReading(log, for: uplink, filters: filters)
        self.log = log
        self.uplink = uplink
        self.clock = clock
        self.backlogAge = backlogAge
        self.executor = executor
        groups = Dictionary(grouping: sources, by: \.priority).sorted { $0.key > $1.key }.map(\.value)
        priorityTop = groups.first?.first?.priority ?? 0
        shares = groups.map { _ in LaneShare(backlogShare: backlogShare) }
    }

    /// What is to be sent next; nil where there is nothing.
    ///
    /// - Parameters:
    ///   - ahead: what is under way, and taken to be confirmed.
    ///   - spare: what was read earlier and not sent: it is not read again.
    ///   - opening: what may be sent.
    func next(ahead: Work? = nil, spare: Work? = nil, within opening: LinkControl.Opening) -> Work? {
        turn += 1
        if let spare, !spare.isAside { lanes[spare.stream]?.putBack(spare) }
        if let ahead, !ahead.isAside { charge(ahead) }
        if turnsSinceReplay >= Self.turnsBetweenReplays, let work = replay(ahead, within: opening) { return work }
        if let work = following(ahead?.isReplay == true ? nil : ahead, within: opening) {
            turnsSinceReplay += 1
            return work
        }
        return replay(ahead, within: opening)
    }

    /// What is to be sent next in the course of things.
    private func following(_ ahead: Work?, within opening: LinkControl.Opening) -> Work? {
        let now = clock.read()
        for (number, group) in groups.enumerated() where group[0].priority >= opening.priorityMin {
            let start = turn % group.count
            let sources = group[start...] + group[..<start]
            if let word = wordOfFilter(of: sources, ahead: ahead) { return word }
            for source in sources {
                prepare(source, ahead: ahead?.stream == source.stream ? ahead : nil, opening, now)
            }
            if let work = take(from: sources, opening, shares[number].order) { return work }
        }
        return nil
    }

    /// Counts what is sent for its lane's share: not what was read and put back.
    private func charge(_ work: Work) {
        guard let number = groups.firstIndex(where: { $0.contains { $0.stream == work.stream } }) else { return }
        shares[number].gave(work.weight, to: work.party, isAll: work.isLast, isAlone: work.isAlone)
    }

    /// The most urgent of what was prepared.
    private func take(
        from sources: ArraySlice<Source>, _ opening: LinkControl.Opening, _ order: [Lane]
    ) -> Work? {
        func hasWork(in lane: Lane) -> Bool {
            sources.contains { lanes[$0.stream]?.kind(of: lane).map(opening.allows) ?? false }
        }
        for lane in order {
            for source in sources {
                guard let kind = lanes[source.stream]?.kind(of: lane), opening.allows(kind),
                    var work = lanes[source.stream]?.take(from: lane)
                else { continue }
                work.isLast = work.isLast && !hasWork(in: lane)
                work.isAlone = !hasWork(in: lane == .live ? .backlog : .live)
                return work
            }
        }
        return nil
    }

    private func prepare(
        _ source: Source, ahead: Work?, _ opening: LinkControl.Opening, _ now: ClockReading
    ) {
        var cursor = log.cursor(of: uplink, in: source.stream)
        if let ahead { cursor.confirm(ahead.range) }
        let ends = log.head(of: source.stream, youngerThan: backlogAge, at: now)
        let head = StreamLanes.Head(start: ends?.start ?? cursor.position, end: ends?.end ?? cursor.position)
        var lanes = self.lanes[source.stream] ?? StreamLanes(source.order, backlogAge: backlogAge)
        defer { self.lanes[source.stream] = lanes }
        lanes.lookAgain()
        while true {
            switch lanes.nextStep(cursor, head: head, now) {
            case .done: return
            case .read(let position, let last, let lane):
                let part = Part(
                    stream: source.stream, position: position, last: last, lane: lane,
                    recordsMax: opening.recordsMax(of: lane))
                let isSplit = lanes.liveStart != nil
                let confirmed = log.cursor(of: uplink, in: source.stream)
                let found = found(
                    part, untold: ahead.flatMap { $0.range.end == position ? $0.untold : nil }, isSplit: isSplit,
                    confirmed: isSplit && lane == .live ? confirmed.end : confirmed.position)
                lanes.read(found, behind: position, for: lane, end: head.end)
            case .skip(let next):
                // What is under way confirms records of the epoch before: the cursor follows when that is done.
                guard ahead == nil else { return }
                log.skip(to: next, by: uplink, in: source.stream)
                cursor.skip(to: next)
            }
        }
    }

    /// What is to be read for a lane.
    private struct Part {
        let stream: StreamName
        let position: Position
        let last: SequenceNumber?
        let lane: Lane
        let recordsMax: Int
    }

    /// Reads a part, through the filters if there are any.
    ///
    /// - Parameters:
    ///   - untold: what was left out right before the part, if that is under way.
    ///   - isSplit: whether the stream has two lanes.
    ///   - confirmed: up to here nothing will be read again for the lane.
    private func found(
        _ part: Part, untold: RecordRange?, isSplit: Bool, confirmed: Position
    ) -> StreamLanes.Found {
        let result = read(part, behind: part.position, recordsMax: part.recordsMax)
        guard !rules.isEmpty, case .records(let first) = result else { return found(result) }
        let untold = untold ?? log.untold(endingAt: part.position, by: uplink, in: part.stream)
        return filters[part.stream, default: StreamFilters(rules)].with(
            part.lane, isSplit: isSplit, behind: part.position, confirmed: confirmed
        ) { .work(filtered(first, of: part, untold: untold, through: &$0)) }
    }

    /// Reads on while filters leave out much.
    private func filtered(
        _ first: RecordBatch, of part: Part, untold: RecordRange?, through filter: inout RecordFilter
    ) -> Work {
        var reading = FilteredReading(behind: untold, recordsMax: part.recordsMax)
        var batch = first
        for number in 1... {
            reading.take(batch, through: &filter)
            let end = Position(epoch: batch.epoch, sequence: reading.last)
            guard number < Self.filteredReadsMax, part.last.map({ reading.last < $0 }) ?? true,
                !reading.isFull, reading.size < Self.batchSizeMax / 2,
                case .records(let next) = read(
                    part, behind: end, recordsMax: max(part.recordsMax, Self.filteredRecordsMin))
            else { break }
            batch = next
        }
        let range = RecordRange(epoch: first.epoch, first: first.first, last: reading.last)
        return Work(reading, of: part.stream, range: range)
    }

    private func read(_ part: Part, behind position: Position, recordsMax: Int) -> ReadResult {
        reader(of: part.stream).read(
            behind: position, through: part.last, recordsMax: recordsMax, bytesMax: Self.batchSizeMax)
    }

    /// Word of what was left out where no record can say so, unless it is under way.
    private func wordOfFilter(of sources: ArraySlice<Source>, ahead: Work?) -> Work? {
        guard !rules.isEmpty else { return nil }
        for source in sources {
            guard let word = log.wordOfFilter(for: uplink, in: source.stream), ahead?.range != RecordRange(word) else {
                continue
            }
            return Work(word)
        }
        return nil
    }

    private func found(_ result: ReadResult) -> StreamLanes.Found {
        switch result {
        case .records(let batch): .work(Work(batch))
        case .lost(let loss): .work(Work(log.describe(loss, for: uplink)))
        case .next(let next): .next(next)
        case .upToDate: .nothing
        }
    }

    private var readers: [StreamName: LogReader] = [:]

    private func reader(of stream: StreamName) -> LogReader {
        if let reader = readers[stream] { return reader }
        guard let reader = log.reader(of: stream) else {
            preconditionFailure("uplink \(uplink) names a stream that is not configured: \(stream)")
        }
        readers[stream] = reader
        return reader
    }
}
