import FoundationEssentials
import Records

/// `state.db`: small rows of JSON, each with its checksum, and the rejected records. Losing it costs duplicates, never
/// records.
final class StateDatabase {
    private let connection: SQLiteConnection
    private let upsert: SQLiteStatement
    private let insertRejected: SQLiteStatement

    private static let applicationID: Int64 = 0x4D69_6C73
    /// 2: `ahead` in rows of progress; 3: `filtered` and `untold`. A release that does not know them would count those
    /// records twice, or begin anew.
    private static let formatVersion: Int64 = 3
    static let fileName = "state.db"

    init(in folder: Folder) throws(SQLiteError) {
        connection = try SQLiteConnection(
            path: folder.path(of: StateDatabase.fileName), mode: .active(checkpointPages: 100))
        let version = try connection.integer("PRAGMA user_version")
        guard version <= StateDatabase.formatVersion else {
            throw SQLiteError(code: .laterFormat, message: "\(version)")
        }
        if version == 0 {
            try StateDatabase.createTables(in: connection)
            folder.flush()
        } else if version < StateDatabase.formatVersion {
            try connection.execute("PRAGMA user_version=\(StateDatabase.formatVersion)")
        }
        upsert = try connection.prepare(
            "INSERT INTO state(key, value, crc) VALUES(?1, ?2, ?3) "
                + "ON CONFLICT(key) DO UPDATE SET value=excluded.value, crc=excluded.crc")
        insertRejected = try connection.prepare(
            "INSERT INTO rejected(uplink, stream, epoch, sequence, reason, topic, payload, wall) "
                + "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
    }

    private static func createTables(in connection: SQLiteConnection) throws(SQLiteError) {
        try connection.transaction { () throws(SQLiteError) in
            try connection.execute(
                """
                CREATE TABLE state(key TEXT PRIMARY KEY, value TEXT NOT NULL, crc INTEGER NOT NULL) WITHOUT ROWID;
                CREATE TABLE rejected(id INTEGER PRIMARY KEY, uplink TEXT, stream TEXT, epoch TEXT, sequence INTEGER,
                                      reason TEXT, topic TEXT, payload BLOB, wall INTEGER);
                PRAGMA application_id=\(applicationID); PRAGMA user_version=\(formatVersion)
                """)
        }
    }

    /// All rows whose checksum agrees.
    func load() throws(SQLiteError) -> [String: String] {
        let statement = try connection.prepare("SELECT key, value, crc FROM state")
        var rows: [String: String] = [:]
        while try statement.step() {
            let (key, value) = (statement.text(at: 0), statement.text(at: 1))
            if Int64(StateDatabase.checksum(key, value)) == statement.integer(at: 2) { rows[key] = value }
        }
        return rows
    }

    /// Writes rows in one transaction: on return they are on the disk.
    func save(_ rows: [String: String], rejected: [RejectedRecord]) throws(SQLiteError) {
        try connection.transaction { () throws(SQLiteError) in
            for (key, value) in rows {
                upsert.bind(key, at: 1)
                upsert.bind(value, at: 2)
                upsert.bind(Int64(StateDatabase.checksum(key, value)), at: 3)
                defer { upsert.reset() }
                _ = try upsert.step()
            }
            for record in rejected { try save(record) }
            if !rejected.isEmpty { try trimRejected() }
        }
    }

    /// The rejected records of an uplink, the oldest first.
    func rejected(by uplink: UplinkName) throws(SQLiteError) -> [RejectedRecord] {
        let statement = try connection.prepare(
            "SELECT uplink, stream, epoch, sequence, reason, topic, payload, wall FROM rejected "
                + "WHERE uplink = ?1 ORDER BY id")
        statement.bind(uplink.rawValue, at: 1)
        var records: [RejectedRecord] = []
        while try statement.step() {
            guard let stream = StreamName(statement.text(at: 1)), let epoch = Epoch(statement.text(at: 2)) else {
                continue
            }
            records.append(
                RejectedRecord(
                    uplink: uplink, stream: stream,
                    position: Position(
                        epoch: epoch, sequence: SequenceNumber(UInt64(bitPattern: statement.integer(at: 3)))),
                    reason: statement.text(at: 4), topic: statement.text(at: 5), payload: statement.bytes(at: 6),
                    wallMilliseconds: statement.integer(at: 7)))
        }
        return records
    }

    /// Removes a rejected record, and returns how many rows that were.
    func removeRejected(
        _ position: Position, by uplink: UplinkName, in stream: StreamName
    ) throws(SQLiteError) -> Int {
        let statement = try connection.prepare(
            "DELETE FROM rejected WHERE uplink = ?1 AND stream = ?2 AND epoch = ?3 AND sequence = ?4 RETURNING id")
        statement.bind(uplink.rawValue, at: 1)
        statement.bind(stream.rawValue, at: 2)
        statement.bind(position.epoch.description, at: 3)
        statement.bind(Int64(position.sequence.rawValue), at: 4)
        var count = 0
        while try statement.step() { count += 1 }
        return count
    }

    private func save(_ record: RejectedRecord) throws(SQLiteError) {
        insertRejected.bind(record.uplink.rawValue, at: 1)
        insertRejected.bind(record.stream.rawValue, at: 2)
        insertRejected.bind(record.position.epoch.description, at: 3)
        insertRejected.bind(Int64(record.position.sequence.rawValue), at: 4)
        insertRejected.bind(record.reason, at: 5)
        insertRejected.bind(record.topic, at: 6)
        insertRejected.bind(record.payload, at: 7)
        insertRejected.bind(record.wallMilliseconds, at: 8)
        defer { insertRejected.reset() }
        _ = try insertRejected.step()
    }

    private func trimRejected() throws(SQLiteError) {
        try connection.execute(
            """
            DELETE FROM rejected WHERE id IN (
                SELECT id FROM (
                    SELECT id, row_number() OVER (PARTITION BY uplink ORDER BY id DESC) AS age FROM rejected)
                WHERE age > \(Limits.rejectedKeptMax))
            """)
    }

    private static func checksum(_ key: String, _ value: String) -> UInt32 {
        let bytes = Array(key.utf8) + [0] + Array(value.utf8)
        return CRC32C.checksum(bytes.span.bytes)
    }
}

/// A record that an uplink will never take, kept to be looked at and sent again.
public struct RejectedRecord: Sendable, Equatable {
    /// Who rejected it.
    public var uplink: UplinkName
    /// The stream that it is in.
    public var stream: StreamName
    /// Its place in the stream.
    public var position: Position
    /// The destination's own words.
    public var reason: String
    /// The topic that it came on.
    public var topic: String
    /// Its bytes as they came.
    public var payload: [UInt8]
    /// When it was rejected, milliseconds since 1970 as the clock stood.
    public var wallMilliseconds: Int64
}
