import Records
import Synchronization

/// The ring log of a gateway: takes records in, gives them out again behind a cursor, overwrites the oldest when it is
/// full, and accounts for each one (promises P1, P3, P4, P6, P7).
///
/// ``commit(_:)``, ``maintain()`` and ``change(streams:uplinks:)`` are for one thread, the recorder's; everything else
/// is for any. All of it may block on the disk.
public final class RingLog: Sendable {
    /// Whose log it is: the first part of every identity.
    public let gateway: GatewayID
    private let clock: any GatewayClock
    let folder: Folder
    let layout: Mutex<Layout>
    let ledger: Mutex<Ledger>
    private let lock: LogLock

    /// What there is at present.
    struct Layout: Sendable {
        var streams: [StreamName: StreamLog]
        var uplinks: [UplinkName: Set<StreamName>]
    }

    var streams: [StreamName: StreamLog] { layout.withLock { $0.streams } }
    /// The uplinks, and which streams each forwards.
    public var uplinks: [UplinkName: Set<StreamName>] { layout.withLock { $0.uplinks } }

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
    /// - Throws: `notFound` where there is no log at `path`, `unusable` where that may not be seen; else as
    ///   ``init(_:clock:)``.
    public convenience init(inspecting path: String, clock: any GatewayClock) throws(LogStoreError) {
        let folder = Folder(path: path)
        guard folder.kind(of: "streams") == .other else {
            if folder.isClosed {
                throw LogStoreError(
                    .unusable, "may not look into \(path); be the user that the agent runs as, or root")
            }
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
        self.clock = clock
        layout = Mutex(Layout(streams: streams, uplinks: settings.uplinks))
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
                try stream.append(
                    builders, makeRoom: { makeRoom(in: stream, sizeMax: $0) },
                    mayEvict: { mayEvict($0, of: stream) })
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

    // MARK: Numbers

    /// What the streams hold and how far each uplink is.
    public func statistics() -> LogStatistics {
        var statistics = LogStatistics()
        let layout = layout.withLock { $0 }
        for (name, stream) in layout.streams {
            // Together, so that the sums hold: what is confirmed meanwhile is in neither.
            let (index, progresses) = ledger.withLock { ledger in
                let forwarding = layout.uplinks.filter { $0.value.contains(name) }.keys
                let progresses = forwarding.map { ($0, ledger.progress(of: $0, in: name)) }
                return (stream.index, progresses)
            }
            statistics.streams[name] = LogStatistics.Stream(index, capacity: stream.settings.capacity)
            for (uplink, progress) in progresses {
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
    @discardableResult
    func makeRoom(in stream: StreamLog, sizeMax: Int) -> Bool {
        if sizeMax == Int.max { return evictOldest(of: stream) }
        while stream.index.size > sizeMax {
            guard evictOldest(of: stream) else { return false }
        }
        return true
    }

    private func evictOldest(of stream: StreamLog) -> Bool {
        guard let oldest = stream.oldestSealed else { return false }
        guard oldest.records.map({ mayEvict($0, of: stream) }) ?? true else { return false }
        evict(stream, reason: .overwritten)
        return true
    }

    /// Whether the stream's policy lets go of these records, the oldest there are, to make room for new ones.
    private func mayEvict(_ records: RecordRange, of stream: StreamLog) -> Bool {
        guard stream.settings.overflow == .rejectNewest else { return true }
        let cursors = self.cursors(in: stream.name)
        return !cursors.isEmpty && cursors.allSatisfy { $0.undone(in: records).isEmpty }
    }

    private func evict(_ stream: StreamLog, reason: LostRange.Reason) {
        let segment = stream.evictOldest()
        let uplinks = uplinks
        if let records = segment.records {
            let loss = LostRange(
                stream: stream.name, epoch: records.epoch, first: records.first, last: records.last,
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

    private func cursors(in stream: StreamName) -> [Cursor] {
        let uplinks = uplinks
        return ledger.withLock { ledger in
            uplinks.filter { $0.value.contains(stream) }.map { ledger.progress(of: $0.key, in: stream).cursor }
        }
    }

    func saveState() -> LogStoreError? {
        let streams = streams
        for (name, stream) in streams { stream.forgetEpochs(before: cursors(in: name).map(\.position)) }
        // The cursors are those that belong to the indexes: what is saved adds up.
        return ledger.withLock { ledger in ledger.save(streams.mapValues { $0.index }) }
    }
}
