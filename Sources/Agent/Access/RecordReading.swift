import LogStore
import Records
import Threads

/// Reads the log for people and local programs, on a thread of its own: SQLite blocks.
actor RecordReading {
    private let executor: ThreadExecutor
    private let log: RingLog
    private let clock: any GatewayClock
    private var readers: [StreamName: LogReader] = [:]
    private var givesWay = false

    /// Losses and ends of epochs that one page steps over: beyond that, the next page does.
    private static let stepsMax = 64

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ log: RingLog, clock: any GatewayClock, on executor: ThreadExecutor) {
        self.log = log
        self.clock = clock
        self.executor = executor
    }

    /// Records of a stream in their order.
    func page(
        of stream: StreamName, from start: RecordStart, recordsMax: Int, bytesMax: Int
    ) throws(AccessFailure) -> RecordPage {
        if !givesWay { OwnThread.giveWay() }
        givesWay = true
        guard let reader = reader(of: stream), let end = end(of: stream) else {
            throw AccessFailure(.notFound, "there is no stream \(stream); the status names those that there are")
        }
        var position = try place(of: start, end: end)
        var page = RecordPage(next: Position(epoch: position.epoch, sequence: position.sequence.next))
        for _ in 0..<Self.stepsMax {
            switch reader.read(behind: position, recordsMax: recordsMax, bytesMax: bytesMax) {
            case .records(let batch):
                page.batch = batch
                page.next = Position(epoch: batch.epoch, sequence: batch.last.next)
                return page
            case .lost(let loss):
                position = Position(epoch: loss.epoch, sequence: loss.last)
                // What was gone before the oldest is no loss to who asks for the oldest.
                if start != .oldest { page.lost.append(loss) }
            case .next(let next): position = next
            case .upToDate: return page
            }
            page.next = Position(epoch: position.epoch, sequence: position.sequence.next)
        }
        return page
    }

    /// The place behind which to read.
    private func place(of start: RecordStart, end: Position) throws(AccessFailure) -> Position {
        switch start {
        case .oldest: return Position(epoch: Epoch(rawValue: 0), sequence: .zero)
        case .newest: return end
        case .last(let count):
            let sequence = end.sequence.rawValue - min(count, end.sequence.rawValue)
            return Position(epoch: end.epoch, sequence: SequenceNumber(sequence))
        case .sequence(let sequence):
            return try place(of: .position(Position(epoch: end.epoch, sequence: sequence)), end: end)
        case .position(let position):
            let before = Position(
                epoch: position.epoch, sequence: SequenceNumber(position.sequence.rawValue - 1))
            guard before <= end else {
                throw AccessFailure(.notFound, "\(position) is not written yet; the newest record is \(end)")
            }
            return before
        }
    }

    private func end(of stream: StreamName) -> Position? {
        log.head(of: stream, youngerThan: .zero, at: clock.read())?.end
    }

    private func reader(of stream: StreamName) -> LogReader? {
        if let reader = readers[stream] { return reader }
        readers[stream] = log.reader(of: stream)
        return readers[stream]
    }
}
