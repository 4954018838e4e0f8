/// Which writes were on disk at a given moment.
extension SystemCallTrace {
    /// A write, and from when on it was sure to be on disk.
    public struct FileWrite: Sendable {
        /// The file.
        public let file: FileNumber
        /// The file's last path, relative to the followed folder.
        public let path: String
        /// In bytes from the file's start.
        public let offset: Int
        /// In bytes.
        public let count: Int
        /// The moment at which the write began.
        public let began: Int
        /// The moment at which a sync returned that had begun after the write had returned; nil where none did,
        /// and where one failed first.
        public let durable: Int?
    }

    /// All writes to files below `folder` (relative to the followed folder; empty for all), by their beginning.
    public func fileWrites(under folder: String = "") -> [FileWrite] {
        var writes: [FileWrite] = []
        let syncs = Syncs(operations)
        for operation in operations {
            guard case .write(let file, let offset, let bytes) = operation.action else { continue }
            let path = path(of: file)
            guard folder.isEmpty || path == folder || path.hasPrefix(folder + "/") else { continue }
            let durable = operation.ended.flatMap { syncs.durable(file, writtenBy: $0) }
            writes.append(
                FileWrite(
                    file: file, path: path, offset: offset, count: bytes.count, began: operation.began,
                    durable: durable))
        }
        return writes
    }

    /// The writes to files below `folder` that had begun before `moment` and were not sure to be on disk at it.
    ///
    /// Each call goes through the whole trace; for many moments keep ``fileWrites(under:)``.
    public func unsyncedWrites(before moment: Int, under folder: String = "") -> [FileWrite] {
        fileWrites(under: folder).filter { $0.began < moment && $0.durable.map { $0 >= moment } ?? true }
    }
}

/// All syncs of a trace, ordered so that the first one after a write is found quickly.
private struct Syncs {
    private typealias Span = (began: Int, ended: Int)
    private var byFile: [FileNumber: [Span]] = [:]
    private var failedByFile: [FileNumber: [Span]] = [:]
    private var all: [Span] = []

    init(_ operations: [TracedOperation]) {
        for operation in operations {
            guard let ended = operation.ended else { continue }
            switch operation.action {
            case .sync(let file): byFile[file, default: []].append((operation.began, ended))
            case .failedSync(let file): failedByFile[file, default: []].append((operation.began, ended))
            case .syncAll: all.append((operation.began, ended))
            default: continue
            }
        }
        byFile = byFile.mapValues(Self.earliestEnds)
        failedByFile = failedByFile.mapValues(Self.earliestEnds)
        all = Self.earliestEnds(all)
    }

    /// When a write to `file` that returned at `moment` was sure to be on disk.
    func durable(_ file: FileNumber, writtenBy moment: Int) -> Int? {
        let ends = [byFile[file], all].compactMap { $0.flatMap { Self.first(in: $0, after: moment) } }
        guard let end = ends.min() else { return nil }
        if let failed = failedByFile[file].flatMap({ Self.first(in: $0, after: moment) }), failed < end { return nil }
        return end
    }

    /// Gives each sync, ordered by its beginning, the earliest end among itself and all later ones.
    private static func earliestEnds(_ syncs: [Span]) -> [Span] {
        var result = syncs
        for index in result.indices.dropLast().reversed() {
            result[index].ended = min(result[index].ended, result[index + 1].ended)
        }
        return result
    }

    private static func first(in syncs: [Span], after moment: Int) -> Int? {
        var low = 0
        var high = syncs.count
        while low < high {
            let middle = (low + high) / 2
            if syncs[middle].began > moment { high = middle } else { low = middle + 1 }
        }
        return low < syncs.count ? syncs[low].ended : nil
    }
}
