import LogStore
import Records

/// Which records of a stream are meant, while newer ones do not wait for older ones (`docs/decisions/0006`).
enum Lane: Sendable, CaseIterable {
    /// The newest, as they come; all of a stream that has no backlog.
    case live
    /// What has waited.
    case backlog
}

/// One thing to be sent: a batch, or the word of a loss; or what filters left out of the log altogether.
struct Work: Sendable {
    enum Content: Sendable {
        case records(RecordBatch)
        case lost(LostRange)
        /// Nothing: filters left out all of the range.
        case nothing
    }

    let stream: StreamName
    var lane = Lane.live
    /// Whether another lane of the stream waits meanwhile.
    var isShared = false
    /// Whether nothing followed it when it was read.
    var isLast = false
    /// Whether no other lane of its priority had anything that might be sent.
    var isAlone = false
    /// What it stands for in the log: done with, when the content is. A batch of which something was left out stands
    /// for that too.
    let range: RecordRange
    var content: Content
    /// What filters left out of the range, in order.
    private(set) var omitted: [RecordRange] = []
    /// What they left out at its end, with what touches it before the range: the next record is to tell of it.
    private(set) var untold: RecordRange?
    /// Whether it is sent because somebody asked for it: the cursor has nothing to do with it.
    private(set) var isReplay = false
    /// When the first record of the range came; nil where that is not known.
    private let time: RecordTime?

    init(_ batch: RecordBatch) {
        stream = batch.stream
        range = RecordRange(batch)
        content = .records(batch)
        time = batch.records.first?.time
    }

    /// Records that are sent once more; behind the last of them, up to a position, nothing else is meant.
    init(replaying batch: RecordBatch, through end: Position) {
        stream = batch.stream
        lane = .backlog
        range = RecordRange(epoch: batch.epoch, first: batch.first, last: end.sequence)
        content = .records(batch)
        time = nil
        isReplay = true
    }

    /// Nothing of a replay, up to a position.
    init(passingOver stream: StreamName, through end: Position) {
        self.stream = stream
        lane = .backlog
        range = RecordRange(epoch: end.epoch, first: end.sequence, last: end.sequence)
        content = .nothing
        time = nil
        isReplay = true
    }

    /// What filters let through of some records of a stream.
    init(_ reading: FilteredReading, of stream: StreamName, range: RecordRange) {
        self.stream = stream
        self.range = range
        content = reading.batch.map(Content.records) ?? .nothing
        omitted = reading.omitted
        untold = reading.untold
        time = reading.time
    }

    init(_ loss: LostRange) {
        stream = loss.stream
        range = RecordRange(loss)
        content = .lost(loss)
        time = nil
    }

    /// Whether it is beside the lanes of its stream: a replay, or word of what filters left out, which is done with.
    var isAside: Bool {
        if case .lost(let loss) = content { loss.reason == .filtered } else { isReplay }
    }

    /// Whom the link's share is counted for.
    var party: Lane { isShared ? lane : .live }

    /// Bytes that the link carries for it, roughly: what lanes are weighed against each other by.
    var weight: Int {
        switch content {
        case .lost: return 256
        case .nothing: return 0
        case .records(let batch):
            return batch.records.reduce(0) { $0 + $1.payload.count + $1.topic.utf8.count + 64 }
        }
    }

    /// How long its first record has waited; nil where that is not known, for longer than any bound where it came in
    /// another boot.
    func wait(at now: ClockReading) -> Duration? {
        guard let time else { return nil }
        guard time.boot == now.boot else { return .seconds(Int64.max / 2) }
        return .milliseconds(now.bootMilliseconds - time.bootMilliseconds)
    }
}
