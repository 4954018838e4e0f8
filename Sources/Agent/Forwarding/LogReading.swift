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
    /// By priority, the highest first.
    private let groups: [[Source]]
    private var shares: [LaneShare]
    private var lanes: [StreamName: StreamLanes] = [:]
    /// Where the next look among streams of the same priority begins, so that none starves.
    private var turn = 0

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(
        _ log: RingLog, for uplink: UplinkName, sources: [Source], backlogShare: Double = 0.25,
        clock: any GatewayClock, on executor: ThreadExecutor
    ) {
        self.log = log
        self.uplink = uplink
        self.clock = clock
        self.executor = executor
        groups = Dictionary(grouping: sources, by: \.priority).sorted { $0.key > $1.key }.map(\.value)
        shares = groups.map { _ in LaneShare(backlogShare: backlogShare) }
    }

    /// What is to be sent next; nil where there is nothing.
    ///
    /// - Parameters:
    ///   - ahead: what is under way, and taken to be confirmed.
    ///   - spare: what was read earlier and not sent: it is not read again.
    ///   - recordsMax: a batch has no more records.
    func next(ahead: Work? = nil, spare: Work? = nil, recordsMax: Int) -> Work? {
        turn += 1
        if let spare { lanes[spare.stream]?.putBack(spare) }
        let now = clock.read()
        for (number, group) in groups.enumerated() {
            let start = turn % group.count
            let sources = group[start...] + group[..<start]
            for source in sources {
                prepare(source, ahead: ahead?.stream == source.stream ? ahead : nil, recordsMax: recordsMax, now)
            }
            if let work = take(from: sources, share: &shares[number]) { return work }
        }
        return nil
    }

    /// The most urgent of what was prepared.
    private func take(from sources: ArraySlice<Source>, share: inout LaneShare) -> Work? {
        func hasWork(in lane: Lane) -> Bool { sources.contains { lanes[$0.stream]?.hasWork(in: lane) ?? false } }
        for lane in share.order {
            for source in sources {
                guard let work = lanes[source.stream]?.take(from: lane) else { continue }
                share.gave(work.weight, to: lane, isAlone: !hasWork(in: lane == .live ? .backlog : .live))
                return work
            }
        }
        return nil
    }

    private func prepare(_ source: Source, ahead: Work?, recordsMax: Int, _ now: ClockReading) {
        var cursor = log.cursor(of: uplink, in: source.stream)
        if let ahead { cursor.confirm(ahead.range) }
        let end = log.end(of: source.stream) ?? cursor.position
        var lanes = self.lanes[source.stream] ?? StreamLanes(source.order)
        defer { self.lanes[source.stream] = lanes }
        lanes.lookAgain()
        while true {
            switch lanes.nextStep(cursor, end: end, now) {
            case .done: return
            case .read(let position, let last, let lane):
                let result = reader(of: source.stream).read(
                    behind: position, through: last, recordsMax: recordsMax, bytesMax: LogReading.batchSizeMax)
                lanes.read(found(result), behind: position, for: lane)
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
