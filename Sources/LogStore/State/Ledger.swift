import FoundationEssentials
import Records

/// What the log knows beside the records: cursors, losses, epochs, boots. In memory, saved to `state.db` at most once a
/// second. Where that cannot be written, it goes on in memory and the save is tried again.
struct Ledger {
    private let folder: Folder
    private var database: StateDatabase?
    private var saved: [String: String] = [:]
    private(set) var boots = BootTable()
    private var streams: [StreamName: RememberedStream] = [:]
    private var progresses: [ProgressKey: UplinkProgress] = [:]
    private var usages: [UplinkName: LinkUsage] = [:]
    private var rejected: [RejectedRecord] = []
    private var salvaged: Set<SegmentName> = []
    /// Whose log it is.
    private(set) var gateway: GatewayID?
    /// Milliseconds that the agent has run with this log, over all its runs.
    private var service: Int64 = 0
    private var lastTick: ClockReading?

    private struct ProgressKey: Hashable {
        var uplink: UplinkName
        var stream: StreamName
        var text: String { "progress/\(uplink)/\(stream)" }
    }

    private static let bootsKey = "boots"
    private static let gatewayKey = "gateway"
    private static let serviceKey = "service"
    private static func usageKey(_ uplink: UplinkName) -> String { "usage/\(uplink)" }

    /// Opens `state.db`, or puts a damaged one aside and begins anew.
    init(in folder: Folder) throws(LogStoreError) {
        self.folder = folder
        if folder.kind(of: StateDatabase.fileName) == .other { quarantine() }
        do throws(SQLiteError) {
            try open()
        } catch {
            if error.code == .laterFormat {
                throw .laterFormat(folder.path(of: StateDatabase.fileName), Int64(error.message) ?? 0)
            }
            database = nil
            // A full disk damages nothing: the database is opened at the next save.
            if error.code == .full { return }
            if let refusal = folder.refusal(of: StateDatabase.fileName, error) { throw refusal }
            quarantine()
            // If it cannot be made anew either, the save says so.
            try? open()
        }
    }

    private mutating func open() throws(SQLiteError) {
        let database = try StateDatabase(in: folder)
        saved = try database.load()
        gateway = saved[Ledger.gatewayKey].flatMap(GatewayID.init)
        self.database = database
    }

    /// Lets go of the file. What is saved later opens it again.
    mutating func close() { database = nil }

    private func quarantine() {
        Salvage(in: folder).quarantine(StateDatabase.fileName)
    }

    // MARK: At start

    /// The uplinks that have cursors, with their streams.
    var savedUplinks: [UplinkName: Set<StreamName>] {
        var uplinks: [UplinkName: Set<StreamName>] = [:]
        for key in saved.keys {
            let parts = key.split(separator: "/")
            guard parts.count == 3, parts[0] == "progress", let uplink = UplinkName(String(parts[1])),
                let stream = StreamName(String(parts[2]))
            else { continue }
            uplinks[uplink, default: []].insert(stream)
        }
        return uplinks
    }

    func remembered(_ stream: StreamName) -> RememberedStream? { decode("stream/\(stream)") }

    /// Takes over what was saved, and gives uplinks that are new a cursor before the oldest record.
    mutating func begin(
        _ reading: ClockReading, of settings: LogSettings, indexes: [StreamName: StreamIndex]
    ) {
        gateway = settings.gateway
        boots = decode(Ledger.bootsKey) ?? BootTable()
        service = decode(Ledger.serviceKey) ?? 0
        take(settings.uplinks, indexes: indexes)
        _ = tick(reading)
    }

    /// Takes over what was saved of streams and uplinks that were not there before.
    mutating func take(_ uplinks: [UplinkName: Set<StreamName>], indexes: [StreamName: StreamIndex]) {
        for stream in indexes.keys where streams[stream] == nil { streams[stream] = remembered(stream) }
        for (uplink, names) in uplinks {
            if usages[uplink] == nil { usages[uplink] = decode(Ledger.usageKey(uplink)) }
            for stream in names {
                guard let index = indexes[stream] else { continue }
                let key = ProgressKey(uplink: uplink, stream: stream)
                // One that was there before in this run goes on where it was.
                let known: UplinkProgress? = progresses[key] ?? decode(key.text)
                let fresh = UplinkProgress(position: index.start, acceptedBefore: index.accepted(through: index.start))
                progresses[key] = known.flatMap { $0.fits(index) ? $0 : nil } ?? fresh
            }
        }
    }

    private func decode<Value: Decodable>(_ key: String) -> Value? {
        // The checksum of the row agreed; a value of another shape is treated as absent, like a damaged one.
        saved[key].flatMap { try? JSONDecoder().decode(Value.self, from: Data($0.utf8)) }
    }

    // MARK: Changes

    func progress(of uplink: UplinkName, in stream: StreamName) -> UplinkProgress {
        guard let progress = progresses[ProgressKey(uplink: uplink, stream: stream)] else {
            preconditionFailure("uplink \(uplink) does not forward stream \(stream)")
        }
        return progress
    }

    @discardableResult
    mutating func update<Result>(
        _ uplink: UplinkName, _ stream: StreamName, _ change: (inout UplinkProgress) -> Result
    ) -> Result {
        let key = ProgressKey(uplink: uplink, stream: stream)
        guard var progress = progresses[key] else { preconditionFailure("\(key.text) is not configured") }
        defer { progresses[key] = progress }
        return change(&progress)
    }

    /// What an uplink has used of its budget.
    subscript(usageOf uplink: UplinkName) -> LinkUsage? {
        get { usages[uplink] }
        set { usages[uplink] = newValue }
    }

    mutating func keep(_ record: RejectedRecord) { rejected.append(record) }

    /// Takes a record out of those that are kept as rejected, if it is one of them, and counts it as forwarded.
    mutating func redeem(_ position: Position, by uplink: UplinkName, in stream: StreamName) {
        func isMeant(_ record: RejectedRecord) -> Bool {
            record.uplink == uplink && record.stream == stream && record.position == position
        }
        let waiting = rejected.count
        rejected.removeAll(where: isMeant)
        // Where the file cannot be written, the record stays there, and is sent once more at the next request.
        let removed = (try? database?.removeRejected(position, by: uplink, in: stream)) ?? 0
        guard rejected.count < waiting || removed > 0 else { return }
        update(uplink, stream) { $0.redeem() }
    }

    func rejected(by uplink: UplinkName) throws(LogStoreError) -> [RejectedRecord] {
        do throws(SQLiteError) {
            let kept = try database?.rejected(by: uplink) ?? []
            return kept + rejected.filter { $0.uplink == uplink }
        } catch {
            throw LogStoreError(error)
        }
    }

    /// Counts the time that has passed in this boot, and notes the wall clock if it is synchronised. Returns the
    /// service time.
    mutating func tick(_ reading: ClockReading) -> Int64 {
        if let lastTick, lastTick.boot == reading.boot {
            service += max(0, reading.bootMilliseconds - lastTick.bootMilliseconds)
        }
        lastTick = reading
        _ = boots.note(reading)
        return service
    }

    /// True once for each segment.
    mutating func maySalvage(_ name: SegmentName) -> Bool { salvaged.insert(name).inserted }

    // MARK: Ages

    func age(of name: SegmentName, in stream: StreamName) -> RememberedStream.SegmentAge? {
        streams[stream]?.ages.first { $0.epoch == name.epoch && $0.first == name.first }
    }

    /// Notes segments that are new or newly sealed, and forgets those that are gone.
    mutating func noteAges(of index: StreamIndex, in stream: StreamName) {
        let known = streams[stream]?.ages ?? []
        let ages = index.segments.enumerated().map { number, segment in
            let isSealed = !(index.hasActiveSegment && number == index.segments.count - 1)
            var age =
                known.first { $0.epoch == segment.name.epoch && $0.first == segment.name.first }
                ?? RememberedStream.SegmentAge(epoch: segment.name.epoch, first: segment.name.first, begun: service)
            if isSealed, age.sealed == nil { age.sealed = service }
            return age
        }
        streams[stream, default: RememberedStream(epochs: [], acceptedBefore: 0)].ages = ages
    }

    // MARK: Save

    /// Writes what has changed since the last save. Returns why that failed, if it did.
    mutating func save(_ indexes: [StreamName: StreamIndex]) -> LogStoreError? {
        var rows: [String: String] = [:]
        for (name, index) in indexes {
            let remembered = RememberedStream(
                epochs: index.epochs, acceptedBefore: index.acceptedBefore, evictedThrough: index.evictedThrough,
                ages: streams[name]?.ages ?? [])
            streams[name] = remembered
            rows["stream/\(name)"] = encode(remembered)
        }
        for (key, progress) in progresses { rows[key.text] = encode(progress) }
        for (uplink, usage) in usages { rows[Ledger.usageKey(uplink)] = encode(usage) }
        rows[Ledger.bootsKey] = encode(boots)
        rows[Ledger.gatewayKey] = gateway?.rawValue
        let changed = rows.filter { saved[$0.key] != $0.value }
        guard !changed.isEmpty || !rejected.isEmpty else { return nil }
        // The time of service changes always and is worth no write of its own.
        rows = changed.merging([Ledger.serviceKey: encode(service)]) { $1 }
        do throws(SQLiteError) {
            if database == nil { try open() }
            try database?.save(rows, rejected: rejected)
            rejected.removeAll()
            saved.merge(rows) { $1 }
            return nil
        } catch {
            if error.isDamage { quarantine() }
            // After a failed flush nobody knows what the file holds: it is opened anew at the next save.
            if error.code != .full { database = nil }
            return LogStoreError(error)
        }
    }

    private func encode(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            preconditionFailure("plain numbers and texts always encode: \(error)")
        }
    }
}
