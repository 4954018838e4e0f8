import Records

/// The table of chunks in one segment file.
final class ChunkTable {
    static let applicationID: Int64 = 0x4D69_6C6C
    static let formatVersion: Int64 = 1

    let connection: SQLiteConnection
    private let atOrBefore: SQLiteStatement
    private let behind: SQLiteStatement
    private var insert: SQLiteStatement?

    /// Opens the table of an existing segment.
    init(_ connection: SQLiteConnection) throws(SQLiteError) {
        self.connection = connection
        atOrBefore = try connection.prepare(
            "SELECT first, body FROM chunk WHERE first <= ?1 ORDER BY first DESC LIMIT 1")
        behind = try connection.prepare("SELECT first, body FROM chunk WHERE first > ?1 ORDER BY first LIMIT 1")
    }

    /// Makes the table in a new file.
    static func create(in connection: SQLiteConnection) throws(SQLiteError) {
        try connection.transaction { () throws(SQLiteError) in
            try connection.execute(
                """
                CREATE TABLE chunk(first INTEGER PRIMARY KEY, body BLOB NOT NULL);
                PRAGMA application_id=\(applicationID); PRAGMA user_version=\(formatVersion)
                """)
        }
    }

    /// A row: the first sequence number of a chunk, and the chunk as it is stored.
    typealias Row = (first: SequenceNumber, body: [UInt8])

    /// Which row is meant.
    enum Place {
        /// The chunk that begins at or before a sequence number, the nearest.
        case atOrBefore(SequenceNumber)
        /// The chunk that begins behind a sequence number, the nearest.
        case behind(SequenceNumber)
    }

    func row(_ place: Place) throws(SQLiteError) -> Row? {
        switch place {
        case .atOrBefore(let sequence): try checked(row(atOrBefore, sequence)) { $0 <= sequence }
        case .behind(let sequence): try checked(row(behind, sequence)) { $0 > sequence }
        }
    }

    /// A flipped bit in a key puts it out of order, and SQLite then finds rows that were not asked for: a walk over
    /// them would never end.
    private func checked(_ row: Row?, _ isAsked: (SequenceNumber) -> Bool) throws(SQLiteError) -> Row? {
        guard let row, !isAsked(row.first) else { return row }
        throw SQLiteError(code: .corrupt, message: "keys out of order in \(connection.path)")
    }

    /// The newest chunk.
    func lastRow() throws(SQLiteError) -> Row? { try row(.atOrBefore(ChunkTable.sequenceMax)) }

    /// Above every sequence number: SQLite's integers are signed.
    static let sequenceMax = SequenceNumber(UInt64(Int64.max))

    /// Appends rows in one transaction: on return they are on the disk, if the device honours a flush.
    func append(_ rows: [Row]) throws(SQLiteError) {
        let insert: SQLiteStatement
        if let prepared = self.insert {
            insert = prepared
        } else {
            insert = try connection.prepare("INSERT INTO chunk(first, body) VALUES(?1, ?2)")
            self.insert = insert
        }
        try connection.transaction { () throws(SQLiteError) in
            for row in rows { try insert.run(Int64(row.first.rawValue), row.body) }
        }
    }

    /// Bytes of the database file, the pages in the write-ahead log counted where they will be.
    func size() throws(SQLiteError) -> Int { Int(try connection.integer("PRAGMA page_count")) * pageSize }

    private func row(_ statement: SQLiteStatement, _ sequence: SequenceNumber) throws(SQLiteError) -> Row? {
        defer { statement.reset() }
        statement.bind(Int64(sequence.rawValue), at: 1)
        guard try statement.step() else { return nil }
        return (SequenceNumber(UInt64(bitPattern: statement.integer(at: 0))), statement.bytes(at: 1))
    }
}
