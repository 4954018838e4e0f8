import LogStore
import Records
import Synchronization

/// The numbers of the log as they stood a moment ago, and what they were before.
///
/// The recorder's thread looks, once a second: it may wait for the disk. Everybody else takes what it saw last, so that
/// a disk that hangs neither stops the page nor hides that it hangs.
final class LogWatch: Sendable {
    /// What is counted over time.
    enum Counted: Hashable, Sendable {
        /// Records accepted by a stream.
        case stream(StreamName)
        /// Records that an uplink's destination confirmed.
        case uplink(UplinkName)
        /// Messages or frames of a source, by the name of its table.
        case source(String)
        /// Bytes sent to the medium.
        case written
    }

    /// What was seen.
    struct View: Sendable {
        var statistics = LogStatistics()
        /// When the oldest record of each stream came.
        var oldest: [StreamName: RecordTime] = [:]
        /// Over ten seconds.
        var seconds = RateWindow<Counted>(interval: .seconds(1), spans: 10)
        /// Over an hour.
        var minutes = RateWindow<Counted>(interval: .seconds(60), spans: 60)
        var written: UInt64?
        /// Nil before the first look.
        var instant: ContinuousClock.Instant?
        fileprivate var oldestPositions: [StreamName: Position] = [:]
    }

    private let log: RingLog
    private let view = Mutex(View())
    /// What the sources have taken in, by the names of their tables.
    private let sourceCounts = Mutex<@Sendable () -> [String: UInt64]>({ [:] })
    private let next = Mutex((look: ContinuousClock.now, oldest: ContinuousClock.now))

    init(_ log: RingLog) { self.log = log }

    /// What was seen last.
    var current: View { view.withLock { $0 } }

    /// Says where the counts of the sources come from.
    func countSources(_ counts: @escaping @Sendable () -> [String: UInt64]) {
        sourceCounts.withLock { $0 = counts }
    }

    /// Looks, if it is time. For the recorder's thread; may block on the disk.
    func beat() {
        let now = ContinuousClock.now
        let (isDue, looksForOldest) = next.withLock { next in
            guard now >= next.look else { return (false, false) }
            next.look = now + .seconds(1)
            guard now >= next.oldest else { return (true, false) }
            next.oldest = now + .seconds(30)
            return (true, true)
        }
        if isDue { look(at: now, looksForOldest: looksForOldest) }
    }

    private func look(at now: ContinuousClock.Instant, looksForOldest: Bool) {
        let statistics = log.statistics()
        let known = view.withLock { (positions: $0.oldestPositions, times: $0.oldest) }
        var (positions, times) = known
        if looksForOldest {
            positions = statistics.streams.mapValues(\.start)
            times = [:]
            for (name, stream) in statistics.streams where stream.held > 0 {
                // A stream that lets nothing go keeps its oldest record.
                times[name] = known.positions[name] == stream.start ? known.times[name] : nil
                if times[name] == nil { times[name] = oldest(of: name, behind: stream.start) }
            }
        }
        let written = MediumWatch.written
        var counts = Dictionary(
            uniqueKeysWithValues: sourceCounts.withLock { $0 }().map { (Counted.source($0.key), $0.value) })
        counts[.written] = written
        for (name, stream) in statistics.streams { counts[.stream(name)] = stream.accepted }
        for (name, streams) in statistics.uplinks {
            counts[.uplink(name)] = streams.values.reduce(0) { $0 + $1.forwarded }
        }
        view.withLock { [counts, positions, times] view in
            view.statistics = statistics
            view.oldest = times
            view.oldestPositions = positions
            view.seconds.note(counts, at: now)
            view.minutes.note(counts, at: now)
            view.written = written
            view.instant = now
        }
    }

    /// Reads one chunk, once in a while and only where the oldest record has changed.
    private func oldest(of stream: StreamName, behind position: Position) -> RecordTime? {
        guard case .records(let batch) = log.reader(of: stream)?.read(behind: position, recordsMax: 1, bytesMax: 1)
        else { return nil }
        return batch.records[0].time
    }
}
