import LogStore
import Records
import Threads

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
    private static let batchSizeMax = 256 << 10

    private let executor: ThreadExecutor
    private let log: RingLog
    private let uplink: UplinkName
    private let clock: any GatewayClock
    private let backlogAge: Duration
    /// By priority, the highest first.
    private let groups: [[Source]]
    private var shares: [LaneShare]
    private var lanes: [StreamName: StreamLanes] = [:]
    /// Where the next look among streams of the same priority begins, so that none starves.
    private var turn = 0

    /// The highest priority of its streams.
    nonisolated let priorityTop: Int

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(
        _ log: RingLog, for uplink: UplinkName, sources: [Source], backlogShare: Double = 0.25,
        backlogAge: Duration = .seconds(10), clock: any GatewayClock, on executor: ThreadExecutor
    ) {
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
        if let spare { lanes[spare.stream]?.putBack(spare) }
        if let ahead { charge(ahead) }
        let now = clock.read()
        for (number, group) in groups.enumerated() where group[0].priority >= opening.priorityMin {
            let start = turn % group.count
            let sources = group[start...] + group[..<start]
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
                let result = reader(of: source.stream).read(
                    behind: position, through: last, recordsMax: opening.recordsMax(of: lane),
                    bytesMax: LogReading.batchSizeMax)
                lanes.read(found(result), behind: position, for: lane, end: head.end)
            case .skip(let next):
                // What is under way confirms records of the epoch before: the cursor follows when that is done.
                guard ahead == nil else { return }
                log.skip(to: next, by: uplink, in: source.stream)
                cursor.skip(to: next)
            }
        }
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
