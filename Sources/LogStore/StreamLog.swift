import Compression
import Records
import Synchronization

/// The log of one stream: the active segment, the sealed ones, and the way from a cursor to records.
///
/// Appends come from one thread, the recorder's; reads from any. `writer` is held while the active segment is used and
/// during a flush; `index` only for moments, never during I/O. Where both are needed, `writer` is taken first.
final class StreamLog: Sendable {
    struct Writer {
        var active: ActiveSegment?
        let compressor = ZstandardCompressor(sizeMax: Limits.chunkSizeTarget)
        let decompressor = ZstandardDecompressor()
        let highWaterMark: HighWaterMark
        /// Appends that failed one after another; at the third the segment is quarantined.
        var failures = 0
        /// Whether the segment must be opened anew, in a new epoch, before the next append.
        var needsNewEpoch = false
        /// Whether `state.db` knows of the present epoch, where it must.
        var isEpochSaved = true
        var random = SystemRandomNumberGenerator()
    }

    struct Shared {
        var index: StreamIndex
        var tail: MemoryTail
    }

    let name: StreamName
    private let kept: Mutex<StreamSettings>
    let folder: Folder
    private let writer: Mutex<Writer>
    private let shared: Mutex<Shared>

    /// Opens the stream's folder and brings it into a sound state: Recovery.md, steps 3 and 4.
    init(_ name: StreamName, settings: StreamSettings, in parent: Folder, remembered: RememberedStream?)
        throws(LogStoreError)
    {
        self.name = name
        kept = Mutex(settings)
        folder = Folder(path: parent.path(of: name.rawValue))
        try folder.create()
        let recovered = try StreamRecovery.run(in: folder, settings: settings, remembered: remembered)
        let index = recovered.index
        shared = Mutex(Shared(index: index, tail: MemoryTail(sizeMax: Limits.memoryTailSizeMax)))
        writer = Mutex(Writer(active: recovered.active, highWaterMark: recovered.highWaterMark))
    }

    /// How it is kept.
    var settings: StreamSettings {
        get { kept.withLock { $0 } }
        set { kept.withLock { $0 = newValue } }
    }

    /// What the stream holds, as of now.
    var index: StreamIndex { shared.withLock { $0.index } }

    // MARK: Append

    /// Appends chunks in one transaction; on return they are on the disk and readers see them.
    ///
    /// - Parameter makeRoom: called when the ring or the disk is full; evicts a segment, or returns false where the
    ///   policy allows none.
    /// - Throws: `full` and `refused` leave the log as it was. After any other error the next append begins a new
    ///   epoch.
    func append(
        _ builders: [ChunkBuilder], makeRoom: @Sendable (Int) -> Bool, mayEvict: @Sendable (RecordRange) -> Bool
    ) throws(LogStoreError) {
        let result = writer.withLock { writer in
            do throws(LogStoreError) {
                while true {
                    do throws(LogStoreError) {
                        try append(builders, with: &writer, makeRoom: makeRoom)
                        break
                    } catch {
                        // Nothing is left to evict but what is written now: the last resort.
                        guard error.code == .full, retire(&writer, if: mayEvict), makeRoom(Int.max) else { throw error }
                    }
                }
                writer.failures = 0
                return Result<Void, LogStoreError>.success(())
            } catch {
                if error.code != .full && error.code != .refused { didFail(&writer) }
                return .failure(error)
            }
        }
        try result.get()
    }

    private func append(_ builders: [ChunkBuilder], with writer: inout Writer, makeRoom: @Sendable (Int) -> Bool)
        throws(LogStoreError)
    {
        guard !writer.needsNewEpoch, writer.isEpochSaved else {
            // A reader gave the active segment up since beginEpochIfNeeded().
            throw LogStoreError(.damaged, "the newest segment of \(name) does not read; the next commit begins another")
        }
        try sealIfFull(&writer, makeRoom: makeRoom)
        let segment: ActiveSegment
        if let active = writer.active { segment = active } else { segment = try begin(&writer, makeRoom: makeRoom) }
        var next = segment.last.next
        var chunks: [Chunk] = []
        for builder in builders where builder.count > 0 {
            let chunk = Chunk(builder, epoch: segment.name.epoch, first: next)
            next = chunk.last.next
            chunks.append(chunk)
        }
        guard let last = chunks.last?.last else { return }
        try commit(chunks, to: segment, with: writer.compressor, makeRoom: makeRoom)
        writer.highWaterMark.write(Position(epoch: segment.name.epoch, sequence: last))
        shared.withLock { shared in
            shared.index.didAppend(through: last, segmentSize: segment.size)
            for chunk in chunks { shared.tail.append(chunk) }
        }
    }

    /// Ends the active segment so that it can be evicted, if it has records and the policy lets go of all of them. Its
    /// write-ahead log is not moved into the file: it is about to be removed.
    private func retire(_ writer: inout Writer, if mayEvict: (RecordRange) -> Bool) -> Bool {
        guard let active = writer.active, active.last >= active.name.first,
            mayEvict(RecordRange(epoch: active.name.epoch, first: active.name.first, last: active.last))
        else { return false }
        writer.active = nil
        let size = active.size
        shared.withLock { $0.index.didSeal(size: size) }
        return true
    }

    private func commit(
        _ chunks: [Chunk], to segment: ActiveSegment, with compressor: ZstandardCompressor,
        makeRoom: @Sendable (Int) -> Bool
    ) throws(LogStoreError) {
        while true {
            do throws(SQLiteError) {
                return try segment.append(chunks, with: compressor)
            } catch {
                // Others have filled the disk: shrink the ring and try again, as long as there is something to evict.
                guard error.code == .full, makeRoom(Int.max) else { throw LogStoreError(error) }
            }
        }
    }

    private func sealIfFull(_ writer: inout Writer, makeRoom: @Sendable (Int) -> Bool) throws(LogStoreError) {
        guard let active = writer.active, active.size >= settings.segmentSize else { return }
        while true {
            do throws(LogStoreError) {
                return try seal(&writer)
            } catch {
                // The checkpoint lets the file grow before the write-ahead log goes.
                guard error.code == .full, makeRoom(Int.max) else { throw error }
            }
        }
    }

    /// Checkpoints and closes the active segment, which is never written again.
    private func seal(_ writer: inout Writer) throws(LogStoreError) {
        guard let active = writer.active else { return }
        do throws(SQLiteError) { try active.checkpoint() } catch { throw LogStoreError(error) }
        writer.active = nil
        let size = active.size
        shared.withLock { $0.index.didSeal(size: size) }
    }

    private func begin(_ writer: inout Writer, makeRoom: @Sendable (Int) -> Bool) throws(LogStoreError) -> ActiveSegment
    {
        let settings = settings
        guard makeRoom(settings.capacity.rawValue - settings.reserve) else {
            throw LogStoreError(
                .refused,
                "the stream \(name) is full: \(settings.capacity) of records that an uplink has not confirmed")
        }
        let (epoch, first) = shared.withLock { ($0.index.current.epoch, $0.index.current.last.next) }
        let segmentName = SegmentName(epoch: epoch, first: first)
        while true {
            do throws(SQLiteError) {
                let segment = try ActiveSegment(creating: segmentName, in: folder, walPages: settings.walPages)
                writer.active = segment
                shared.withLock { $0.index.didBegin(segmentName) }
                return segment
            } catch {
                folder.remove(segmentName.description)
                folder.remove(segmentName.description + "-wal")
                guard error.code == .full, makeRoom(Int.max) else { throw LogStoreError(error) }
            }
        }
    }

    // MARK: After an error

    private func didFail(_ writer: inout Writer) {
        // Nobody knows what of the failed commit reached the disk (fsync may report an error once): its sequence
        // numbers are never used again, because the next append begins an epoch, which closes this one at what was
        // acknowledged.
        writer.failures += 1
        writer.needsNewEpoch = true
        guard let active = writer.active else { return }
        writer.active = nil
        shared.withLock { $0.index.didLoseActiveSegment() }
        if writer.failures >= 3 { salvage(active.name, with: writer.decompressor) }
    }

    /// Begins an epoch if an append has failed. Returns whether the state is to be saved, and ``didSaveEpoch()`` to be
    /// called, before the next append, so that nobody takes leftovers of the failed one for records.
    func beginEpochIfNeeded() -> Bool {
        writer.withLock { writer in
            guard writer.needsNewEpoch else { return !writer.isEpochSaved }
            shared.withLock { shared in
                shared.index.begin(shared.index.current.epoch.successor(using: &writer.random))
                shared.tail.removeAll()
            }
            writer.needsNewEpoch = false
            writer.isEpochSaved = false
            return true
        }
    }

    /// The state that names the new epoch is on the disk.
    func didSaveEpoch() { writer.withLock { $0.isEpochSaved = true } }

    /// Writes the active segment no more, because it does not read: the next append begins an epoch.
    func abandonActive(_ name: SegmentName) {
        writer.withLock { writer in
            guard writer.active?.name == name else { return }
            didFail(&writer)
        }
    }

    /// Saves what is sound in a sealed segment that turned out to be damaged.
    func salvage(_ name: SegmentName) {
        writer.withLock { writer in
            guard writer.active?.name != name else { return }
            salvage(name, with: writer.decompressor)
        }
    }

    private func salvage(_ name: SegmentName, with decompressor: ZstandardDecompressor) {
        let last = Salvage(in: folder, decompressor: decompressor).run(on: name)
        let size = folder.size(of: name.description)
        shared.withLock { $0.index.didSalvage(name, last: last, size: size) }
    }

    // MARK: Evict

    /// The oldest segment, if it may be evicted: the active one never is.
    var oldestSealed: StreamIndex.Segment? {
        shared.withLock { shared in
            shared.index.segments.count > (shared.index.hasActiveSegment ? 1 : 0) ? shared.index.segments.first : nil
        }
    }

    /// Takes the oldest segment out of the log; its records are gone from now on, its file is still there.
    func evictOldest() -> StreamIndex.Segment { shared.withLock { $0.index.evictOldest() } }

    /// Removes the file of an evicted segment.
    func remove(_ segment: StreamIndex.Segment) {
        folder.remove(segment.name.description)
        folder.remove(segment.name.description + "-wal")
    }

    /// Seals the active segment if it has records, so that it can expire.
    func sealForRetention() throws(LogStoreError) {
        let result = writer.withLock { writer in
            guard let active = writer.active, active.last >= active.name.first else {
                return Result<Void, LogStoreError>.success(())
            }
            return Result { () throws(LogStoreError) in try seal(&writer) }
        }
        try result.get()
    }

    func forgetEpochs(before cursors: [Position]) { shared.withLock { $0.index.forgetEpochs(before: cursors) } }

    // MARK: Read

    /// Where the newest record is, and where those begin that came since a moment, as far as they are in memory.
    func head(since milliseconds: Int64, of boot: BootID) -> (start: Position, end: Position) {
        shared.withLock { shared in
            (shared.tail.start(since: milliseconds, of: boot) ?? shared.index.end, shared.index.end)
        }
    }

    /// What is behind a cursor, and the chunk itself where it is in memory.
    func locate(behind position: Position) -> (StreamIndex.Location, Chunk?) {
        shared.withLock { shared in
            let wanted = Position(epoch: position.epoch, sequence: position.sequence.next)
            return (shared.index.locate(behind: position), shared.tail.chunk(holding: wanted))
        }
    }

    /// A row of the active segment. Nil where there is no such row; `isActive` false where the segment was sealed
    /// since.
    func activeRow(_ name: SegmentName, _ place: ChunkTable.Place) throws(LogStoreError)
        -> (row: ChunkTable.Row?, isActive: Bool)
    {
        let result = writer.withLock { writer -> Result<(row: ChunkTable.Row?, isActive: Bool), LogStoreError> in
            guard let active = writer.active, active.name == name else { return .success((nil, false)) }
            do throws(SQLiteError) {
                return .success((try active.table.row(place), true))
            } catch {
                return .failure(LogStoreError(error))
            }
        }
        return try result.get()
    }

    /// Ends the active segment, because the stream is no longer used; who still reads it reads a sealed one.
    func abandon() {
        writer.withLock { writer in
            do throws(LogStoreError) {
                try seal(&writer)
            } catch {
                // What stays in the write-ahead log is replayed when the stream is opened again.
                writer.active = nil
                shared.withLock { $0.index.didLoseActiveSegment() }
            }
        }
    }

    /// Checkpoints and closes the active segment for good, at stop. It is written on after the next start.
    func close() {
        writer.withLock { writer in
            // What stays in the write-ahead log is replayed at the next start.
            try? writer.active?.checkpoint()
            writer.active = nil
        }
    }
}
