import CSQLite

/// One connection to one database file. Not for use from two threads at once.
final class SQLiteConnection {
    /// How a file is opened.
    enum Mode {
        /// Read and write, made if absent; WAL, flushed at each commit, exclusive.
        case active(checkpointPages: Int)
        /// A file that nobody writes any more: no lock, no WAL.
        case sealed
    }

    private let pointer: OpaquePointer
    let path: String

    init(path: String, mode: Mode) throws(SQLiteError) {
        var opened: OpaquePointer?
        let code: Int32
        switch mode {
        case .active:
            code = sqlite3_open_v2(
                path, &opened,
                SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW
                    | SQLITE_OPEN_EXRESCODE, nil)
        case .sealed:
            code = sqlite3_open_v2(
                "file:" + SQLiteConnection.uriPath(path) + "?immutable=1", &opened,
                SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW
                    | SQLITE_OPEN_EXRESCODE, nil)
        }
        guard code == SQLITE_OK, let opened else {
            let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(opened)
            throw SQLiteError(code: SQLiteCode(rawValue: code), message: "cannot open \(path): \(message)")
        }
        pointer = opened
        self.path = path
        try configure(mode)
    }

    deinit { sqlite3_close_v2(pointer) }

    /// Runs statements that give no rows of interest.
    func execute(_ sql: String) throws(SQLiteError) {
        try check(sqlite3_exec(pointer, sql, nil, nil, nil), "\(sql.prefix(60))")
    }

    func prepare(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
        var statement: OpaquePointer?
        try check(sqlite3_prepare_v3(pointer, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil), sql)
        guard let statement else { preconditionFailure("an empty statement was prepared") }
        return SQLiteStatement(statement, connection: self)
    }

    /// The single integer that `sql` gives; 0 where it gives no row.
    func integer(_ sql: String) throws(SQLiteError) -> Int64 {
        let statement = try prepare(sql)
        return try statement.step() ? statement.integer(at: 0) : 0
    }

    /// The single text that `sql` gives; empty where it gives no row.
    func text(_ sql: String) throws(SQLiteError) -> String {
        let statement = try prepare(sql)
        return try statement.step() ? statement.text(at: 0) : ""
    }

    /// Runs `body` between BEGIN and COMMIT; on any failure nothing of it remains.
    func transaction(_ body: () throws(SQLiteError) -> Void) throws(SQLiteError) {
        try execute("BEGIN IMMEDIATE")
        do {
            try body()
            try execute("COMMIT")
        } catch {
            // The first error counts. A ROLLBACK that fails means that SQLite has rolled back by itself.
            sqlite3_exec(pointer, "ROLLBACK", nil, nil, nil)
            throw error
        }
    }

    func check(_ code: Int32, _ attempt: @autoclosure () -> String) throws(SQLiteError) {
        guard code != SQLITE_OK else { return }
        throw SQLiteError(
            code: SQLiteCode(rawValue: code),
            message: "\(attempt()) on \(path): \(String(cString: sqlite3_errmsg(pointer)))")
    }

    private func configure(_ mode: Mode) throws(SQLiteError) {
        guard case .active(let checkpointPages) = mode else {
            try execute(
                "PRAGMA cache_size=-128; PRAGMA mmap_size=0; PRAGMA cell_size_check=ON; PRAGMA trusted_schema=OFF")
            return
        }
        // EXCLUSIVE before WAL keeps the WAL index in memory: no -shm file, and a second process gets SQLITE_BUSY.
        try execute(
            """
            PRAGMA locking_mode=EXCLUSIVE; PRAGMA page_size=4096; PRAGMA mmap_size=0; PRAGMA secure_delete=OFF;
            PRAGMA cache_size=-256; PRAGMA temp_store=MEMORY; PRAGMA cell_size_check=ON; PRAGMA trusted_schema=OFF
            """)
        let journal = try text("PRAGMA journal_mode=WAL")
        try execute(
            "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=\(checkpointPages); PRAGMA journal_size_limit=-1")
        let synchronous = try integer("PRAGMA synchronous")
        guard journal == "wal", synchronous == 2 else {
            throw SQLiteError(
                code: SQLiteCode(rawValue: SQLITE_CANTOPEN),
                message: "\(path): journal is \(journal) and synchronous \(synchronous), not wal and 2 (FULL)")
        }
    }

    /// `%`, `?` and `#` mean something in a URI (sqlite.org/uri.html).
    private static func uriPath(_ path: String) -> String {
        path.map { ["%": "%25", "?": "%3f", "#": "%23"][$0] ?? String($0) }.joined()
    }
}
