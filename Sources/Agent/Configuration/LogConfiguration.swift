import Records

/// `[log]`: where the ring log is kept and how large it may grow.
public struct LogConfiguration: Hashable, Sendable {
    /// Directory of the log; a relative path in the file has been joined to the file's directory.
    public var path = "/var/lib/millrace"
    /// What all streams together may take of the disk.
    public var capacity = ByteCount.mebibytes(512)
    /// How long a record may wait for others to be committed with it. A longer wait spares the flash and delays the
    /// acknowledgement.
    public var commitLinger = Duration.milliseconds(50)
    /// Bytes that the medium stands, from its data sheet; nil: an assumption is shown as one.
    public var endurance: ByteCount?

    /// The defaults.
    public init() {}
}

/// `[streams.NAME]`: one ring log of its own.
public struct StreamConfiguration: Hashable, Sendable {
    /// What happens when a stream is full of records that are not forwarded yet.
    public enum Overflow: String, Hashable, Sendable, CaseIterable {
        /// The oldest records make room and are counted as lost.
        case dropOldest = "drop-oldest"
        /// Nothing more is acknowledged, so that the senders keep what they have.
        case rejectNewest = "reject-newest"
    }

    /// The name, unique among the streams.
    public var name: StreamName
    /// What the stream may take of the disk.
    public var capacity: ByteCount
    /// Age at which records may go although there is room; nil: they stay as long as there is room.
    public var retention: Duration?
    /// What happens when the stream is full.
    public var overflow = Overflow.dropOldest
    /// 0...100; the stream with the highest is forwarded first.
    public var priority = 0

    /// A stream with the defaults for the rest.
    public init(name: StreamName, capacity: ByteCount) {
        self.name = name
        self.capacity = capacity
    }
}

/// `[logging]`: how much the agent tells. The raw values are those of swift-log.
public enum LoggingLevel: String, Hashable, Sendable, CaseIterable {
    case trace, debug, info, notice, warning, error
}
