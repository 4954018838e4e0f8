import Compression
import Records

/// What follows a cursor.
public enum ReadResult: Sendable {
    /// Records, in order and without holes, beginning right behind the cursor.
    case records(RecordBatch)
    /// Records that are gone; the cursor goes on behind them.
    case lost(LostRange)
    /// The epoch is done with: the cursor goes on from here.
    case next(Position)
    /// Nothing yet.
    case upToDate
}

/// Reads one stream from any position. Blocks while it reads the disk. Not for use from two threads at once; each
/// forwarder has its own.
public final class LogReader {
    private let stream: StreamLog
    private let store: RingLog
    private let decompressor = ZstandardDecompressor()
    /// The sealed segment read last. Only while a batch is read: a file that is evicted takes space as long as somebody
    /// has it open, and a destination may keep its forwarder waiting for days.
    private var sealed: (name: SegmentName, table: ChunkTable)?

    init(_ stream: StreamLog, of store: RingLog) {
        self.stream = stream
        self.store = store
    }

    /// What follows `position`.
    ///
    /// - Parameters:
    ///   - last: nothing behind this one of the same epoch is given, neither records nor losses; nil: to the end.
    ///   - recordsMax: a batch has no more records.
    ///   - bytesMax: reading on stops when the payloads and topics reach this; one chunk more may come.
    public func read(
        behind position: Position, through last: SequenceNumber? = nil, recordsMax: Int, bytesMax: Int
    ) -> ReadResult {
        precondition(last.map { $0 > position.sequence } ?? true, "there is something to read")
        defer { sealed = nil }
        let last = last ?? .init(.max)
        let recordsMax = Int(min(UInt64(recordsMax), last.rawValue - position.sequence.rawValue))
        var records: [Record] = []
        var bytes = 0
        var cursor = position
        while records.count < recordsMax, bytes < bytesMax {
            switch step(behind: cursor) {
            case .chunk(let chunk):
                let before = records.count
                guard append(chunk, behind: cursor, recordsMax: recordsMax, to: &records) else {
                    if records.isEmpty { return lost(loss(cursor.sequence.next, chunk.last, in: cursor.epoch), last) }
                    return batch(records, of: position.epoch)
                }
                bytes += chunk.body.count * (records.count - before) / chunk.count
                cursor = Position(epoch: cursor.epoch, sequence: records[records.count - 1].sequence)
            case .again:
                continue
            case .other(let result):
                if !records.isEmpty { return batch(records, of: position.epoch) }
                if case .lost(let loss) = result { return lost(loss, last) }
                return result
            }
        }
        return batch(records, of: position.epoch)
    }

    private func lost(_ loss: LostRange, _ last: SequenceNumber) -> ReadResult {
        var loss = loss
        loss.last = min(loss.last, last)
        return .lost(loss)
    }

    private func batch(_ records: [Record], of epoch: Epoch) -> ReadResult {
        .records(RecordBatch(gateway: store.gateway, stream: stream.name, epoch: epoch, records: records))
    }

    private func append(_ chunk: Chunk, behind cursor: Position, recordsMax: Int, to records: inout [Record]) -> Bool {
        records.reserveCapacity(min(recordsMax, records.count + chunk.count))
        do throws(DecodingFailure) {
            try chunk.appendRecords(
                from: cursor.sequence.next, boots: store.boots, countMax: recordsMax - records.count, to: &records)
            return true
        } catch {
            return false
        }
    }

    // MARK: One step

    private enum Step {
        /// The chunk that holds the record behind the cursor.
        case chunk(Chunk)
        /// The log changed meanwhile: look again.
        case again
        /// No chunk.
        case other(ReadResult)
    }

    private func step(behind cursor: Position) -> Step {
        let (location, chunk) = stream.locate(behind: cursor)
        switch location {
        case .upToDate: return .other(.upToDate)
        case .next(let position): return .other(.next(position))
        case .gap(let first, let last, let isOverwritten):
            return .other(.lost(loss(first, last, in: cursor.epoch, reason: isOverwritten ? .overwritten : .damaged)))
        case .segment(let segment, let isActive):
            if let chunk { return .chunk(chunk) }
            do throws(LogStoreError) {
                return try read(segment, isActive: isActive, behind: cursor)
            } catch {
                return damaged(segment, isActive: isActive, behind: cursor)
            }
        }
    }

    private func read(_ segment: StreamIndex.Segment, isActive: Bool, behind cursor: Position) throws(LogStoreError)
        -> Step
    {
        let wanted = cursor.sequence.next
        var place = ChunkTable.Place.atOrBefore(wanted)
        while true {
            guard let found = try row(of: segment.name, isActive: isActive, place) else { return .again }
            guard let row = found.row, row.first <= segment.last else {
                if case .atOrBefore = place {
                    place = .behind(wanted)
                    continue
                }
                return .other(.lost(loss(wanted, segment.last, in: cursor.epoch)))
            }
            if row.first > wanted {
                return .other(.lost(loss(wanted, SequenceNumber(row.first.rawValue - 1), in: cursor.epoch)))
            }
            do throws(DecodingFailure) {
                let chunk = try Chunk(
                    decoding: row.body, epoch: segment.name.epoch, first: row.first, with: decompressor)
                if chunk.last >= wanted { return .chunk(chunk) }
            } catch {
                // The row is damaged: whatever it held ends where the next row begins, at the latest.
            }
            place = .behind(row.first)
        }
    }

    /// A row; nil where the segment was sealed or evicted since it was located.
    private func row(of name: SegmentName, isActive: Bool, _ place: ChunkTable.Place) throws(LogStoreError)
        -> (row: ChunkTable.Row?, Void)?
    {
        if isActive {
            let found = try stream.activeRow(name, place)
            return found.isActive ? (found.row, ()) : nil
        }
        do throws(SQLiteError) {
            if sealed?.name != name {
                sealed = nil
                let connection = try SQLiteConnection(
                    path: stream.folder.path(of: name.description), mode: .sealed)
                sealed = (name, try ChunkTable(connection))
            }
            return (try sealed?.table.row(place), ())
        } catch {
            throw LogStoreError(error)
        }
    }

    /// A segment does not read: save what is sound in it, once; what still does not read then is lost.
    private func damaged(_ segment: StreamIndex.Segment, isActive: Bool, behind cursor: Position) -> Step {
        sealed = nil
        // Evicted meanwhile: the index knows.
        guard stream.index.segments.contains(where: { $0.name == segment.name }) else { return .again }
        if isActive {
            stream.abandonActive(segment.name)
            return .again
        }
        if store.salvageOnce(segment.name, of: stream) { return .again }
        return .other(.lost(loss(cursor.sequence.next, segment.last, in: cursor.epoch)))
    }

    private func loss(
        _ first: SequenceNumber, _ last: SequenceNumber, in epoch: Epoch, reason: LostRange.Reason = .damaged
    ) -> LostRange {
        LostRange(
            stream: stream.name, epoch: epoch, first: first, last: last, bytes: 0, reason: reason,
            wallMilliseconds: store.wallMilliseconds)
    }
}
