import LogStore
import Records

/// Which records of a stream are meant, while newer ones do not wait for older ones (`docs/decisions/0006`).
enum Lane: Sendable, CaseIterable {
    /// The newest, as they come; all of a stream that has no backlog.
    case live
    /// What has waited.
    case backlog
}

/// One thing to be sent: a batch, or the word of a loss.
struct Work: Sendable {
    enum Content: Sendable {
        case records(RecordBatch)
        case lost(LostRange)
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

    init(_ batch: RecordBatch) {
        stream = batch.stream
        range = RecordRange(batch)
        content = .records(batch)
    }

    init(_ loss: LostRange) {
        stream = loss.stream
        range = RecordRange(loss)
        content = .lost(loss)
    }

    /// Whom the link's share is counted for.
    var party: Lane { isShared ? lane : .live }

    /// Bytes that the link carries for it, roughly: what lanes are weighed against each other by.
    var weight: Int {
        guard case .records(let batch) = content else { return 256 }
        return batch.records.reduce(0) { $0 + $1.payload.count + $1.topic.utf8.count + 64 }
    }

    /// How long its first record has waited; nil where that is not known, for longer than any bound where it came in
    /// another boot.
    func wait(at now: ClockReading) -> Duration? {
        guard case .records(let batch) = content, let time = batch.records.first?.time else { return nil }
        guard time.boot == now.boot else { return .seconds(Int64.max / 2) }
        return .milliseconds(now.bootMilliseconds - time.bootMilliseconds)
    }
}
