import CSQLite

/// One prepared statement. Lives no longer than its connection, which it keeps.
final class SQLiteStatement {
    private let pointer: OpaquePointer
    private let connection: SQLiteConnection

    init(_ pointer: OpaquePointer, connection: SQLiteConnection) {
        self.pointer = pointer
        self.connection = connection
    }

    deinit { sqlite3_finalize(pointer) }

    /// Runs to the next row; false at the end.
    func step() throws(SQLiteError) -> Bool {
        let code = sqlite3_step(pointer)
        if code == SQLITE_ROW { return true }
        if code == SQLITE_DONE { return false }
        try connection.check(code, "read or write")
        return false
    }

    /// Makes the statement ready to run again.
    func reset() {
        // The code of the last step was reported by that step.
        sqlite3_reset(pointer)
    }

    func bind(_ value: Int64, at index: Int32) { sqlite3_bind_int64(pointer, index, value) }

    func bind(_ text: String, at index: Int32) {
        sqlite3_bind_text(pointer, index, text, -1, SQLiteStatement.transient)
    }

    func bind(_ bytes: [UInt8], at index: Int32) {
        bytes.withUnsafeBytes { buffer in
            _ = sqlite3_bind_blob64(
                pointer, index, buffer.baseAddress, UInt64(buffer.count), SQLiteStatement.transient)
        }
    }

    /// Runs a statement without rows whose first two parameters are an integer and bytes, without copying the bytes.
    func run(_ key: Int64, _ bytes: [UInt8]) throws(SQLiteError) {
        defer {
            reset()
            sqlite3_clear_bindings(pointer)
        }
        sqlite3_bind_int64(pointer, 1, key)
        let code = bytes.withUnsafeBytes { buffer in
            sqlite3_bind_blob64(pointer, 2, buffer.baseAddress, UInt64(buffer.count), nil)
            return sqlite3_step(pointer)
        }
        if code != SQLITE_DONE { try connection.check(code, "insert") }
    }

    func integer(at column: Int32) -> Int64 { sqlite3_column_int64(pointer, column) }

    func text(at column: Int32) -> String {
        sqlite3_column_text(pointer, column).map { String(cString: $0) } ?? ""
    }

    func bytes(at column: Int32) -> [UInt8] {
        guard let base = sqlite3_column_blob(pointer, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: base, count: Int(sqlite3_column_bytes(pointer, column))))
    }

    /// SQLite copies what it is given at once.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}
