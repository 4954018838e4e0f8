import Records

/// The ring log of a gateway.
public struct LogStatus: Sendable {
    /// Its folder.
    public var path: String
    /// How long ago the numbers were taken; grows while the disk does not answer. Nil before the first look.
    public var lookAge: Duration?
    /// In the order of their names.
    public var streams: [StreamStatus] = []
    /// What the log does to the medium it is on.
    public var medium = MediumStatus()

    /// A log of which nothing is known yet.
    public init(path: String) { self.path = path }
}

/// One stream.
public struct StreamStatus: Sendable {
    /// As in the configuration.
    public var name: StreamName
    /// Records accepted since the log was begun.
    public var accepted: UInt64 = 0
    /// Records held, forwarded or not.
    public var held: UInt64 = 0
    /// Records accepted in a second, over the last ten; nil in the first second.
    public var rate: Double?
    /// Bytes of the stream on the disk.
    public var size = ByteCount.bytes(0)
    /// What it may take at most.
    public var capacity = ByteCount.bytes(0)
    /// How long the ring holds what comes in at the rate of the last hour; nil where nothing came, or too little is
    /// known of how much room a record takes.
    public var lasts: Duration?
    /// When the oldest record came; nil where there is none or its time is not known yet.
    public var oldest: RecordTime?
    /// Where the newest record is.
    public var end: Position?
    /// Why it takes nothing at present.
    public var problem: String?
    /// Records accepted in each of the last minutes, the newest last; at most an hour.
    public var history: [Double] = []

    /// A stream of which nothing is known yet.
    public init(name: StreamName) { self.name = name }
}

/// The medium that the log is on, and how it wears.
public struct MediumStatus: Sendable {
    /// The kernel's name of it, such as `mmcblk0`; nil where there is no device behind the folder.
    public var device: String?
    /// Bytes free for the agent.
    public var free: ByteCount?
    /// Bytes of the whole file system.
    public var size: ByteCount?
    /// Bytes that the agent has sent to the medium since it started (`write_bytes` in `/proc/self/io`); nil where the
    /// kernel does not tell.
    public var written: UInt64?
    /// Bytes a day at the rate of the last hour; nil in the first minute.
    public var writtenPerDay: Double?
    /// How long the medium lasts at that rate.
    public var life: Duration?
    /// What ``life`` is worked out from.
    public var lifeBasis: String?
    /// Per cent of its life that the medium itself says are used up, at most (JEDEC eMMC 5.0, DEVICE_LIFE_TIME_EST).
    public var lifeUsedPercent: Int?

    /// Nothing is known.
    public init() {}
}
