import Compression
import Records

/// The segment that is being written: one per stream at most.
final class ActiveSegment {
    let name: SegmentName
    /// The last sequence number committed to it; one before its first where it is empty.
    private(set) var last: SequenceNumber
    /// Bytes of the database file, the write-ahead log's pages counted where they will be.
    private(set) var size: Int
    let table: ChunkTable
    private let folder: Folder

    /// Makes a new segment. On return it and its name are on the disk.
    init(creating name: SegmentName, in folder: Folder, walPages: Int) throws(SQLiteError) {
        let connection = try SQLiteConnection(
            path: folder.path(of: name.description), mode: .active(checkpointPages: walPages))
        try ChunkTable.create(in: connection)
        folder.flush()
        table = try ChunkTable(connection)
        self.name = name
        self.folder = folder
        last = SequenceNumber(name.first.rawValue - 1)
        size = try table.size()
    }

    /// Opens the newest segment of a stream again; SQLite replays its write-ahead log.
    ///
    /// - Throws: where it cannot be opened, or its last row is not a sound chunk.
    init(opening name: SegmentName, in folder: Folder, walPages: Int, decompressor: ZstandardDecompressor)
        throws(LogStoreError)
    {
        let path = folder.path(of: name.description)
        let last: SequenceNumber
        do throws(SQLiteError) {
            let connection = try SQLiteConnection(path: path, mode: .active(checkpointPages: walPages))
            let version = try connection.integer("PRAGMA user_version")
            if version > ChunkTable.formatVersion { throw SQLiteError(code: .laterFormat, message: "\(version)") }
            table = try ChunkTable(connection)
            last = try ActiveSegment.last(in: table, of: name, decompressor: decompressor)
            size = try table.size()
        } catch {
            if error.code == .laterFormat { throw .laterFormat(path, Int64(error.message) ?? 0) }
            throw LogStoreError(error)
        }
        self.name = name
        self.folder = folder
        self.last = last
    }

    private static func last(in table: ChunkTable, of name: SegmentName, decompressor: ZstandardDecompressor)
        throws(SQLiteError) -> SequenceNumber
    {
        guard let row = try table.lastRow() else { return SequenceNumber(name.first.rawValue - 1) }
        do throws(DecodingFailure) {
            return try Chunk(decoding: row.body, epoch: name.epoch, first: row.first, with: decompressor).last
        } catch {
            throw SQLiteError(code: .corrupt, message: "the last chunk of \(table.connection.path): \(error.reason)")
        }
    }

    /// Appends chunks in one transaction and returns when they are on the disk.
    func append(_ chunks: [Chunk], with compressor: ZstandardCompressor) throws(SQLiteError) {
        try table.append(chunks.map { ($0.first, $0.encoded(with: compressor)) })
        if let last = chunks.last?.last { self.last = last }
        size = try table.size()
    }

    /// Moves the write-ahead log into the file, so that it can be opened as immutable. The caller lets go of it then.
    func checkpoint() throws(SQLiteError) {
        try table.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    }
}
