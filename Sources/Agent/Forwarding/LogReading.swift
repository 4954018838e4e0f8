import LogStore
import Records
import Threads

/// Reads the log for one uplink, on the thread on which all uplinks read: SQLite blocks.
actor LogReading {
    /// One stream, the most important first.
    struct Source: Sendable {
        let stream: StreamName
        let priority: Int
    }

    /// What is to be sent next.
    enum Work: Sendable {
        case records(RecordBatch)
        case lost(LostRange)
        case nothing
    }

    /// Two batches are in memory at a time: one under way, one read meanwhile.
    private static let batchSizeMax = 256 << 10
    private let executor: ThreadExecutor
    private let log: RingLog
    private let uplink: UplinkName
    private let sources: [Source]
    private var readers: [StreamName: LogReader] = [:]
    /// Where the next look among streams of the same priority begins, so that none starves.
    private var turn = 0

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ log: RingLog, for uplink: UplinkName, sources: [Source], on executor: ThreadExecutor) {
        self.log = log
        self.uplink = uplink
        self.sources = sources.sorted { $0.priority > $1.priority }
        self.executor = executor
    }

    /// What follows the cursors; those in `ahead` are taken to be where they will be when what is under way has been
    /// confirmed.
    func next(ahead: [StreamName: Position] = [:], recordsMax: Int) -> Work {
        turn += 1
        for source in ordered() {
            let work = next(of: source.stream, from: ahead[source.stream], recordsMax: recordsMax)
            if case .nothing = work { continue }
            return work
        }
        return .nothing
    }

    private func next(of stream: StreamName, from ahead: Position?, recordsMax: Int) -> Work {
        var position = ahead ?? log.position(of: uplink, in: stream)
        while true {
            switch reader(of: stream).read(
                behind: position, recordsMax: recordsMax, bytesMax: LogReading.batchSizeMax)
            {
            case .records(let batch): return .records(batch)
            case .lost(let loss): return .lost(log.describe(loss, for: uplink))
            case .upToDate: return .nothing
            case .next(let next):
                position = next
                // What is under way confirms records of the epoch before; the cursor follows when that is done.
                if ahead == nil { log.skip(to: next, by: uplink, in: stream) } else { return .nothing }
            }
        }
    }

    /// The streams by priority; those that are equal take turns.
    private func ordered() -> [Source] {
        guard let top = sources.first, sources.count > 1 else { return sources }
        let equal = sources.prefix { $0.priority == top.priority }
        let start = turn % equal.count
        return Array(equal[start...] + equal[..<start] + sources[equal.count...])
    }

    private func reader(of stream: StreamName) -> LogReader {
        if let reader = readers[stream] { return reader }
        guard let reader = log.reader(of: stream) else {
            preconditionFailure("uplink \(uplink) names a stream that is not configured: \(stream)")
        }
        readers[stream] = reader
        return reader
    }
}
