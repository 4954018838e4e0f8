import Records
import Synchronization

/// Giving out: readers, and what the uplinks have confirmed.
extension RingLog {
    /// A reader of one stream; nil where there is none of that name.
    public func reader(of stream: StreamName) -> LogReader? {
        streams[stream].map { LogReader($0, of: self) }
    }

    /// Where the newest record of a stream is, and one before those that are younger than `age`, as far as these are
    /// in memory; nil where there is no such stream.
    public func head(of stream: StreamName, youngerThan age: Duration, at now: ClockReading) -> (
        start: Position, end: Position
    )? {
        streams[stream]?.head(since: now.bootMilliseconds - age.wholeMilliseconds, of: now.boot)
    }

    /// How far an uplink has confirmed a stream.
    public func cursor(of uplink: UplinkName, in stream: StreamName) -> Cursor {
        ledger.withLock { $0.progress(of: uplink, in: stream).cursor }
    }

    /// Up to where everything is done with: the position of the cursor.
    public func position(of uplink: UplinkName, in stream: StreamName) -> Position {
        cursor(of: uplink, in: stream).position
    }

    /// The destination confirmed these records.
    ///
    /// - Parameter omitted: those of them that filters left out, in order: they are done with too, and counted apart.
    public func confirm(
        _ range: RecordRange, without omitted: [RecordRange] = [], by uplink: UplinkName, in stream: StreamName
    ) {
        ledger.withLock { $0.update(uplink, stream) { $0.confirm(range, without: omitted) } }
    }

    /// What filters left out right before a position, and no record has told of yet.
    public func untold(endingAt position: Position, by uplink: UplinkName, in stream: StreamName) -> RecordRange? {
        ledger.withLock { $0.progress(of: uplink, in: stream).untold(endingAt: position) }
    }

    /// Word of something that filters left out, where no record can tell of it any more; nil: there is nothing such.
    public func wordOfFilter(for uplink: UplinkName, in stream: StreamName) -> LostRange? {
        let range = ledger.withLock { $0.progress(of: uplink, in: stream).untellable }
        return range.map {
            LostRange(
                stream: stream, epoch: $0.epoch, first: $0.first, last: $0.last, bytes: 0, reason: .filtered,
                wallMilliseconds: wallMilliseconds)
        }
    }

    /// What is known of lost records that a reader came upon: the reason, the time, the bytes.
    public func describe(_ loss: LostRange, for uplink: UplinkName) -> LostRange {
        ledger.withLock { $0.progress(of: uplink, in: loss.stream).describe(loss) }
    }

    /// The destination confirmed that it knows of the loss.
    public func confirm(_ loss: LostRange, by uplink: UplinkName) {
        ledger.withLock { $0.update(uplink, loss.stream) { $0.confirm(loss) } }
    }

    /// The epoch that the cursor was in is done with.
    public func skip(to next: Position, by uplink: UplinkName, in stream: StreamName) {
        ledger.withLock { $0.update(uplink, stream) { $0.skip(to: next) } }
    }

    /// The destination will never take this record: it is kept aside, and the cursor goes on.
    public func reject(
        _ record: Record, at position: Position, reason: String, by uplink: UplinkName, in stream: StreamName
    ) {
        let rejected = RejectedRecord(
            uplink: uplink, stream: stream, position: position, reason: reason, topic: record.topic,
            payload: Array(record.payload), wallMilliseconds: wallMilliseconds)
        ledger.withLock {
            if $0.update(uplink, stream, { $0.reject(position) }) { $0.keep(rejected) }
        }
    }

    /// A record that was rejected has been taken after all, sent once more: it counts as forwarded, and is not kept
    /// aside any longer. Any other is left as it is.
    public func redeem(_ position: Position, by uplink: UplinkName, in stream: StreamName) {
        ledger.withLock { $0.redeem(position, by: uplink, in: stream) }
    }

    /// Moves a cursor back, so that records still held are sent again; ranges ahead of it count as the cursor.
    ///
    /// - Parameter position: the record before the first to be sent; nil for the oldest that is held.
    /// - Returns: how many records will be sent again.
    /// - Throws: `notFound` where the uplink does not forward the stream, or the position is not behind the cursor and
    ///   in the log.
    public func replay(_ uplink: UplinkName, in stream: StreamName, behind position: Position?) throws(LogStoreError)
        -> UInt64
    {
        guard let index = streams[stream]?.index, uplinks[uplink]?.contains(stream) == true else {
            throw LogStoreError(.notFound, "the log knows no uplink \(uplink) that forwards a stream \(stream)")
        }
        let end = cursor(of: uplink, in: stream).end
        let target = position ?? min(index.start, end)
        guard target >= index.start, target <= end else {
            throw LogStoreError(
                .notFound, "\(target) is not between the oldest record, \(index.start), and the cursor, \(end)")
        }
        let count = ledger.withLock { $0.update(uplink, stream) { $0.move(back: target, in: index) } }
        if let failure = saveState() { throw failure }
        return count
    }

    /// What an uplink has used of its budget, as it was noted last.
    public func usage(of uplink: UplinkName) -> LinkUsage { ledger.withLock { $0[usageOf: uplink] ?? LinkUsage() } }

    /// Notes what an uplink has used of its budget; it is saved with the cursors.
    public func note(_ usage: LinkUsage, of uplink: UplinkName) { ledger.withLock { $0[usageOf: uplink] = usage } }

    /// The records that an uplink rejected and that are still kept.
    ///
    /// - Throws: `inputOutput` or `damaged` where `state.db` cannot be read.
    public func rejected(by uplink: UplinkName) throws(LogStoreError) -> [RejectedRecord] {
        let result = ledger.withLock { ledger in
            Result { () throws(LogStoreError) in try ledger.rejected(by: uplink) }
        }
        return try result.get()
    }
}
