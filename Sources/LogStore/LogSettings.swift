import Records

/// How one stream is kept.
public struct StreamSettings: Hashable, Sendable {
    /// What to do with new records when the stream is full of records that an uplink has not confirmed.
    public enum Overflow: String, Sendable, CaseIterable {
        /// Make room; what is overwritten unforwarded is counted and reported as a ``LostRange``.
        case dropOldest = "drop-oldest"
        /// Take nothing more until there is room: sources stop acknowledging.
        case rejectNewest = "reject-newest"
    }

    /// Bytes on disk, everything included. At least ``capacityMin``.
    public var capacity: ByteCount
    /// What happens when it is full.
    public var overflow: Overflow
    /// How long records are kept, counted while the agent runs, never by the wall clock. Nil: until room is needed.
    public var retention: Duration?

    /// Room for a few of the smallest segments.
    public static let capacityMin = ByteCount.mebibytes(4)

    /// A stream of at least ``capacityMin``.
    public init(capacity: ByteCount, overflow: Overflow = .dropOldest, retention: Duration? = nil) {
        precondition(capacity >= StreamSettings.capacityMin)
        self.capacity = capacity
        self.overflow = overflow
        self.retention = retention
    }

    /// Bytes at which a segment is sealed: a sixteenth of the capacity, between 256 KiB and 64 MiB.
    var segmentSize: Int { min(max(capacity.rawValue / 16, 256 << 10), 64 << 20) }

    /// Pages that the write-ahead log of the active segment may have: a quarter of the segment, 1000 at most.
    var walPages: Int { min(max(segmentSize / 4 / pageSize, 16), 1000) }

    /// Bytes that are kept free for the active segment.
    var reserve: Int { segmentSize + walPages * pageSize }
}

/// Bytes of a SQLite page in our files.
let pageSize = 4096

/// How a log is kept.
public struct LogSettings: Sendable {
    /// The folder; made, with mode 0700, if its parent exists.
    public var path: String
    /// Whose log it is.
    public var gateway: GatewayID
    /// By name.
    public var streams: [StreamName: StreamSettings]
    /// Each uplink with the streams that it forwards. What an uplink has not confirmed is held for it.
    public var uplinks: [UplinkName: Set<StreamName>]

    /// The folder and all that is kept in it.
    public init(
        path: String, gateway: GatewayID, streams: [StreamName: StreamSettings],
        uplinks: [UplinkName: Set<StreamName>]
    ) {
        self.path = path
        self.gateway = gateway
        self.streams = streams
        self.uplinks = uplinks
    }
}
