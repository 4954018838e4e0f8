/// What the log could not do.
public struct LogStoreError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure; later versions may add kinds.
    public struct Code: Hashable, Sendable {
        fileprivate enum Kind: Hashable, Sendable {
            case inUse, full, refused, unusable, laterFormat, inputOutput, damaged, notFound
        }
        fileprivate let kind: Kind

        /// Another process holds the log.
        public static let inUse = Code(kind: .inUse)
        /// The file system has no room, and nothing more may be evicted.
        public static let full = Code(kind: .full)
        /// The stream is full and its overflow policy is to take nothing more.
        public static let refused = Code(kind: .refused)
        /// The log's folder cannot be used.
        public static let unusable = Code(kind: .unusable)
        /// A later version of the program wrote the file: it is neither written nor put aside.
        public static let laterFormat = Code(kind: .laterFormat)
        /// The device failed to read or write.
        public static let inputOutput = Code(kind: .inputOutput)
        /// What was read is not what was written.
        public static let damaged = Code(kind: .damaged)
        /// No such stream, uplink or record.
        public static let notFound = Code(kind: .notFound)
    }

    /// What kind of failure.
    public let code: Code
    /// What was attempted on what, and the next step where a person can act.
    public let message: String
    /// The reason below, where there is one.
    public let underlying: (any Error)?

    /// A failure with its message, and the one below it.
    public init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    init(_ error: SQLiteError) {
        switch error.code {
        case .busy: self.init(.inUse, error.message, underlying: error)
        case .full: self.init(.full, "no room on the disk: \(error.message)", underlying: error)
        case .corrupt, .notADatabase: self.init(.damaged, error.message, underlying: error)
        default: self.init(.inputOutput, error.message, underlying: error)
        }
    }

    static func laterFormat(_ path: String, _ version: Int64) -> LogStoreError {
        LogStoreError(
            .laterFormat,
            "\(path) has format \(version), which a later version of millrace wrote: install that version again")
    }

    /// The message.
    public var description: String { message }
}
