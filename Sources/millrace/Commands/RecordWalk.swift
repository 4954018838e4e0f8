import LogStore
import Records

/// Walks over the records of a stream, from a position to the end.
struct RecordWalk {
    private let log: RingLog
    private let stream: StreamName
    private let start: Position

    init(_ log: RingLog, _ stream: StreamName, behind start: Position) {
        self.log = log
        self.stream = stream
        self.start = start
    }

    /// Gives each record, until `visit` returns false, and each range that is missing.
    func run(_ visit: (Record, RecordBatch) -> Bool, lost: (LostRange) -> Void) {
        guard let reader = log.reader(of: stream) else { return }
        var position = start
        while true {
            switch reader.read(behind: position, recordsMax: 1000, bytesMax: 1 << 20) {
            case .records(let batch):
                for record in batch.records where !visit(record, batch) { return }
                position = Position(epoch: batch.epoch, sequence: batch.last)
            case .lost(let loss):
                lost(loss)
                position = Position(epoch: loss.epoch, sequence: loss.last)
            case .next(let next):
                position = next
            case .upToDate:
                return
            }
        }
    }
}

extension LogStatistics.Stream {
    /// A position with at least `count` records behind it, if there are that many in the newest epoch.
    func tailStart(_ count: Int) -> Position {
        let last = end.sequence.rawValue
        let first = Position(
            epoch: end.epoch, sequence: SequenceNumber(last > UInt64(count) ? last - UInt64(count) : 0))
        return first > start && last >= UInt64(count) ? first : start
    }
}
