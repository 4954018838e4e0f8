import Compression
import Records

/// Saves what is sound in a damaged segment: Recovery.md says why each step is safe to cut short.
struct Salvage {
    private static let suffix = ".salvage"
    private static let quarantinedSuffix = ".quarantined"
    /// Quarantined files kept per stream, for a person to look at; older ones are removed.
    private static let quarantinedMax = 2

    private let folder: Folder
    private let decompressor: ZstandardDecompressor

    init(in folder: Folder, decompressor: ZstandardDecompressor = ZstandardDecompressor()) {
        self.folder = folder
        self.decompressor = decompressor
    }

    /// Writes the sound chunks of `name` into a new file under its name and quarantines the old one.
    ///
    /// - Returns: the last sequence number saved; nil where nothing was sound, and no file is left under the name.
    @discardableResult
    func run(on name: SegmentName) -> SequenceNumber? {
        let copy = name.description + Salvage.suffix
        folder.remove(copy)
        folder.remove(copy + "-wal")
        let last = save(name, to: copy)
        quarantine(name.description)
        if last != nil {
            folder.rename(copy, to: name.description)
        } else {
            folder.remove(copy)
            folder.remove(copy + "-wal")
        }
        folder.flush()
        return last
    }

    /// Moves a file, with its write-ahead log, out of the way, and keeps no more than a few such.
    func quarantine(_ name: String) {
        var target = name + Salvage.quarantinedSuffix
        var attempt = 1
        while folder.kind(of: target) != .absent {
            attempt += 1
            target = name + ".\(attempt)" + Salvage.quarantinedSuffix
        }
        folder.rename(name, to: target)
        if folder.kind(of: name + "-wal") != .absent { folder.rename(name + "-wal", to: target + "-wal") }
        // A folder that cannot be listed keeps its old quarantined files; nothing depends on their removal.
        let kept = ((try? folder.names()) ?? []).filter { $0.hasSuffix(Salvage.quarantinedSuffix) && $0 != target }
            .sorted()
        for old in kept.dropLast(Salvage.quarantinedMax - 1) where folder.kind(of: old) != .other {
            folder.remove(old)
            folder.remove(old + "-wal")
        }
        folder.flush()
    }

    /// Finishes or undoes what a power cut interrupted.
    func resume(names: [String]) {
        for salvaged in names where salvaged.hasSuffix(Salvage.suffix) {
            let name = String(salvaged.dropLast(Salvage.suffix.count))
            if folder.kind(of: name) == .absent {
                if folder.kind(of: name + "-wal") != .absent {
                    folder.rename(name + "-wal", to: name + Salvage.quarantinedSuffix + "-wal")
                }
                folder.rename(salvaged, to: name)
            } else {
                folder.remove(salvaged)
                folder.remove(salvaged + "-wal")
            }
            folder.flush()
        }
    }

    /// Copies the sound chunks: from the front until something does not read, then from the back until there. Rows
    /// between are given up.
    private func save(_ name: SegmentName, to copy: String) -> SequenceNumber? {
        // What cannot be opened has nothing that could be saved; without room for a copy there is none. The damaged
        // file is kept in quarantine, and its records are a lost range.
        do {
            let source = try ChunkTable(
                SQLiteConnection(path: folder.path(of: name.description), mode: .active(checkpointPages: 1_000_000)))
            let connection = try SQLiteConnection(path: folder.path(of: copy), mode: .active(checkpointPages: 1000))
            try ChunkTable.create(in: connection)
            let target = try ChunkTable(connection)
            var last: SequenceNumber?
            var position = SequenceNumber(name.first.rawValue - 1)
            while let row = try? source.row(.behind(position)) {
                position = row.first
                if let end = soundEnd(of: row, in: name) {
                    try target.append([row])
                    last = end
                }
            }
            for first in soundFirsts(in: source, behind: position) {
                guard let row = try? source.row(.atOrBefore(first)), let end = soundEnd(of: row, in: name) else {
                    continue
                }
                try target.append([row])
                last = end
            }
            try connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return last
        } catch {
            return nil
        }
    }

    /// The first sequence numbers of the rows that can be read from the back, in order.
    private func soundFirsts(in source: ChunkTable, behind position: SequenceNumber) -> [SequenceNumber] {
        var firsts: [SequenceNumber] = []
        var end = ChunkTable.sequenceMax
        while end > position, let row = try? source.row(.atOrBefore(end)), row.first > position {
            firsts.append(row.first)
            end = SequenceNumber(row.first.rawValue - 1)
        }
        return firsts.reversed()
    }

    /// The last sequence number of a chunk that is sound; nil for one that is not, whatever the reason.
    private func soundEnd(of row: ChunkTable.Row, in name: SegmentName) -> SequenceNumber? {
        (try? Chunk(decoding: row.body, epoch: name.epoch, first: row.first, with: decompressor))?.last
    }
}
