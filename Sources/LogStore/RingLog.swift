import Records
import Synchronization

/// The ring log of a gateway: takes records in, gives them out again behind a cursor, overwrites the oldest when it is
/// full, and accounts for each one (promises P1, P3, P4, P6, P7).
///
/// ``commit(_:)`` and ``maintain()`` are for one thread, the recorder's; everything else is for any. All of it may
/// block on the disk.
public final class RingLog: Sendable {
    /// Whose log it is: the first part of every identity.
    public let gateway: GatewayID
    private let clock: any GatewayClock
    private let folder: Folder
    private let streams: [StreamName: StreamLog]
    private let uplinks: [UplinkName: Set<StreamName>]
    private let ledger: Mutex<Ledger>
    private let lock: LogLock

    /// Opens the log at `settings.path`, making what is absent, and brings it into a sound state: Recovery.md.
    ///
    /// - Throws: `inUse` where another process holds it; `unusable` where the folder cannot be used; `laterFormat`
    ///   where a later version wrote it. Damage is no reason to throw.
    public convenience init(_ settings: LogSettings, clock: any GatewayClock) throws(LogStoreError) {
        let folder = Folder(path: settings.path)
        try folder.create()
        try self.init(settings, in: folder, lock: LogLock(in: folder), ledger: Ledger(in: folder), clock: clock)
    }

    /// Opens a log to look into it: with the streams and uplinks that are in it, whatever a configuration says.
    ///
    /// - Throws: `notFound` where there is no log at `path`; else as ``init(_:clock:)``.
    public convenience init(inspecting path: String, clock: any GatewayClock) throws(LogStoreError) {
        let folder = Folder(path: path)
        guard folder.kind(of: "streams") == .other else {
            throw LogStoreError(.notFound, "there is no log in \(path); name the folder that [log] path names")
        }
        let lock = try LogLock(in: folder)
        let ledger = try Ledger(in: folder)
        let names = try Folder(path: folder.path(of: "streams")).names().compactMap(StreamName.init)
        // Nothing is appended, so nothing is evicted, whatever the capacity.
        let any = StreamSettings(capacity: .gibibytes(1 << 20))
        let settings = LogSettings(
            path: path, gateway: ledger.gateway ?? .unknown,
            streams: Dictionary(uniqueKeysWithValues: names.map { ($0, any) }), uplinks: ledger.savedUplinks)
        try self.init(settings, in: folder, lock: lock, ledger: ledger, clock: clock)
    }

    private init(
        _ settings: LogSettings, in folder: Folder, lock: LogLock, ledger: sending Ledger, clock: any GatewayClock
    ) throws(LogStoreError) {
        Limits.check()
        self.folder = folder
        self.lock = lock
        var ledger = ledger
        let parent = Folder(path: folder.path(of: "streams"))
        try parent.create()
        var streams: [StreamName: StreamLog] = [:]
        for (name, stream) in settings.streams {
            streams[name] = try StreamLog(name, settings: stream, in: parent, remembered: ledger.remembered(name))
        }
        ledger.begin(clock.read(), of: settings, indexes: streams.mapValues { $0.index })
        gateway = settings.gateway
        uplinks = settings.uplinks
        self.clock = clock
        self.streams = streams
        self.ledger = Mutex(ledger)
        _ = saveState()
    }

    // MARK: Taking in

    /// Commits chunks, one transaction and one flush per stream.
    ///
    /// - Returns: the streams that failed, with the reason; the records of all others are on the disk. `full` and
    ///   `refused` pass when there is room again; other errors are of the device.
    public func commit(_ chunks: [StreamName: [ChunkBuilder]]) -> [StreamName: LogStoreError] {
        var failures: [StreamName: LogStoreError] = [:]
        for (name, builders) in chunks.sorted(by: { $0.key < $1.key }) {
            guard let stream = streams[name] else {
                failures[name] = LogStoreError(.notFound, "there is no stream \(name)")
                continue
            }
            do throws(LogStoreError) {
                if stream.beginEpochIfNeeded() { try saveEpoch(of: stream) }
                try stream.append(builders) { makeRoom(in: stream, sizeMax: $0) }
            } catch {
                failures[name] = error
            }
        }
        return failures
    }

    /// What is to be done now and then, once a second: saves cursors, lets records expire, notes the clock.
    ///
    /// - Returns: why the state could not be saved, if so.
    public func maintain() -> LogStoreError? {
        let reading = clock.read()
        let serviceMilliseconds = ledger.withLock { $0.tick(reading) }
        for stream in streams.values { expire(stream, serviceMilliseconds: serviceMilliseconds) }
        return saveState()
    }

    /// Saves the state, moves all write-ahead logs into their files, and closes them. Nothing may be called afterwards.
    public func close() {
        _ = saveState()
        for stream in streams.values { stream.close() }
        ledger.withLock { $0.close() }
        lock.release()
    }

    // MARK: Giving out

    /// A reader of one stream; nil where there is none of that name.
    public func reader(of stream: StreamName) -> LogReader? {
        streams[stream].map { LogReader($0, of: self) }
    }

    /// Where an uplink's cursor stands in a stream.
    public func position(of uplink: UplinkName, in stream: StreamName) -> Position {
        ledger.withLock { $0.progress(of: uplink, in: stream).position }
    }

    /// The destination confirmed everything up to `position`.
    public func confirm(through position: Position, by uplink: UplinkName, in stream: StreamName) {
        ledger.withLock { $0.update(uplink, stream) { $0.confirm(through: position) } }
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
            $0.update(uplink, stream) { $0.reject(position) }
            $0.keep(rejected)
        }
    }

    /// Moves a cursor back, so that records still held are sent again.
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
        let current = self.position(of: uplink, in: stream)
        let target = position ?? min(index.start, current)
        guard target >= index.start, target <= current else {
            throw LogStoreError(
                .notFound, "\(target) is not between the oldest record, \(index.start), and the cursor, \(current)")
        }
        let count = index.accepted(through: current) - index.accepted(through: target)
        ledger.withLock { $0.update(uplink, stream) { $0.move(back: count, to: target) } }
        if let failure = saveState() { throw failure }
        return count
    }

    /// The records that an uplink rejected and that are still kept.
    ///
    /// - Throws: `inputOutput` or `damaged` where `state.db` cannot be read.
    public func rejected(by uplink: UplinkName) throws(LogStoreError) -> [RejectedRecord] {
        let result = ledger.withLock { ledger in
            Result { () throws(LogStoreError) in try ledger.rejected(by: uplink) }
        }
        return try result.get()
    }

    /// What the streams hold and how far each uplink is.
    public func statistics() -> LogStatistics {
        var statistics = LogStatistics()
        for (name, stream) in streams {
            let index = stream.index
            statistics.streams[name] = LogStatistics.Stream(index, capacity: stream.settings.capacity)
            for (uplink, names) in uplinks where names.contains(name) {
                let progress = ledger.withLock { $0.progress(of: uplink, in: name) }
                statistics.uplinks[uplink, default: [:]][name] = LogStatistics.Uplink(progress, index: index)
            }
        }
        return statistics
    }

    // MARK: For readers

    var boots: BootTable { ledger.withLock { $0.boots } }
    var wallMilliseconds: Int64 { clock.read().wallMilliseconds }

    /// Salvages a damaged segment, unless that was done before in this run. Returns whether it was done now.
    func salvageOnce(_ name: SegmentName, of stream: StreamLog) -> Bool {
        guard ledger.withLock({ $0.maySalvage(name) }) else { return false }
        stream.salvage(name)
        return true
    }

    // MARK: Making room

    /// Saves the state, with a new epoch of the stream in it; where the disk is full, at the cost of old records.
    private func saveEpoch(of stream: StreamLog) throws(LogStoreError) {
        while let failure = saveState() {
            guard failure.code == .full, makeRoom(in: stream, sizeMax: Int.max) else { throw failure }
        }
        stream.didSaveEpoch()
    }

    /// Evicts until the stream's sealed segments take at most `sizeMax` bytes; `Int.max` asks for one eviction, because
    /// the disk is full. False where the policy allows no more.
    private func makeRoom(in stream: StreamLog, sizeMax: Int) -> Bool {
        if sizeMax == Int.max { return evictOldest(of: stream) }
        while stream.index.size > sizeMax {
            guard evictOldest(of: stream) else { return false }
        }
        return true
    }

    private func evictOldest(of stream: StreamLog) -> Bool {
        guard let oldest = stream.oldestSealed else { return false }
        if stream.settings.overflow == .rejectNewest {
            let end = Position(epoch: oldest.name.epoch, sequence: oldest.last)
            let cursors = self.cursors(in: stream.name)
            guard !cursors.isEmpty, cursors.allSatisfy({ $0 >= end }) else { return false }
        }
        evict(stream, reason: .overwritten)
        return true
    }

    private func evict(_ stream: StreamLog, reason: LostRange.Reason) {
        let segment = stream.evictOldest()
        if segment.last >= segment.name.first {
            let loss = LostRange(
                stream: stream.name, epoch: segment.name.epoch, first: segment.name.first, last: segment.last,
                bytes: segment.size, reason: reason, wallMilliseconds: wallMilliseconds)
            ledger.withLock { ledger in
                for (uplink, names) in uplinks where names.contains(stream.name) {
                    ledger.update(uplink, stream.name) { $0.note(loss) }
                }
            }
        }
        // Cursors and the loss first, then the file. Where the disk is too full even for that, the file goes all the
        // same: a start after a power cut works the loss out from the cursor and the oldest segment.
        _ = saveState()
        stream.remove(segment)
    }

    private func expire(_ stream: StreamLog, serviceMilliseconds: Int64) {
        guard let retention = stream.settings.retention else { return }
        let limit = serviceMilliseconds - Int64(retention / .milliseconds(1))
        let index = stream.index
        ledger.withLock { $0.noteAges(of: index, in: stream.name) }
        if index.hasActiveSegment, let active = index.segments.last,
            let begun = ledger.withLock({ $0.age(of: active.name, in: stream.name)?.begun }),
            begun < serviceMilliseconds - Int64(retention / .milliseconds(16))
        {
            // A stream that is written slowly must let go of old records too. A failure shows at the next append.
            try? stream.sealForRetention()
        }
        while let oldest = stream.oldestSealed,
            let sealed = ledger.withLock({ $0.age(of: oldest.name, in: stream.name)?.sealed }), sealed < limit
        {
            evict(stream, reason: .expired)
        }
    }

    private func cursors(in stream: StreamName) -> [Position] {
        ledger.withLock { ledger in
            uplinks.filter { $0.value.contains(stream) }.map { ledger.progress(of: $0.key, in: stream).position }
        }
    }

    private func saveState() -> LogStoreError? {
        for (name, stream) in streams { stream.forgetEpochs(before: cursors(in: name)) }
        let indexes = streams.mapValues { $0.index }
        return ledger.withLock { $0.save(indexes) }
    }
}
