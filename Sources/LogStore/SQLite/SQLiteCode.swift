import CSQLite

/// A result code of SQLite, extended form.
struct SQLiteCode: RawRepresentable, Hashable, Sendable {
    let rawValue: Int32

    /// The low byte: the family that the extended code belongs to.
    var primary: SQLiteCode { SQLiteCode(rawValue: rawValue & 0xFF) }

    static let ok = SQLiteCode(rawValue: SQLITE_OK)
    static let row = SQLiteCode(rawValue: SQLITE_ROW)
    static let done = SQLiteCode(rawValue: SQLITE_DONE)
    static let busy = SQLiteCode(rawValue: SQLITE_BUSY)
    static let full = SQLiteCode(rawValue: SQLITE_FULL)
    static let corrupt = SQLiteCode(rawValue: SQLITE_CORRUPT)
    static let notADatabase = SQLiteCode(rawValue: SQLITE_NOTADB)
    static let inputOutput = SQLiteCode(rawValue: SQLITE_IOERR)
    static let cannotOpen = SQLiteCode(rawValue: SQLITE_CANTOPEN)
    /// Our own: the file's `user_version` is of a later release. Outside the range that SQLite uses.
    static let laterFormat = SQLiteCode(rawValue: -1)

    /// A primary code matches all of its extended codes.
    static func ~= (pattern: SQLiteCode, code: SQLiteCode) -> Bool {
        pattern == pattern.primary ? pattern == code.primary : pattern == code
    }
}

/// What SQLite could not do.
struct SQLiteError: Error, CustomStringConvertible {
    let code: SQLiteCode
    let message: String

    var description: String { "SQLite \(code.rawValue): \(message)" }

    /// Whether the content of the file is not what SQLite wrote, as against a device that fails or is full.
    var isDamage: Bool {
        switch code {
        case .corrupt, .notADatabase: true
        default: false
        }
    }
}

/// The version of the SQLite library in use, such as `3.40.1`.
public var sqliteVersion: String { String(cString: sqlite3_libversion()) }
