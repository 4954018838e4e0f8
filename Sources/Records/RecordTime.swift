/// One boot of the gateway's kernel: `/proc/sys/kernel/random/boot_id` as 16 bytes.
public struct BootID: Hashable, Sendable, CustomStringConvertible {
    /// The first eight bytes.
    public let high: UInt64
    /// The last eight bytes.
    public let low: UInt64

    /// A boot by its 16 bytes.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads 32 hexadecimal digits, with or without the dashes of a UUID.
    public init?(_ text: String) {
        let digits = text.filter { $0 != "-" }
        guard digits.utf8.count == 32, let high = UInt64(digits.prefix(16), radix: 16),
            let low = UInt64(digits.suffix(16), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }

    /// 32 hexadecimal digits.
    public var description: String { hexadecimal(high, digits: 16) + hexadecimal(low, digits: 16) }
}

/// The clocks of the gateway, read together.
public struct ClockReading: Hashable, Sendable {
    /// The boot in which they were read.
    public var boot: BootID
    /// `CLOCK_BOOTTIME`: milliseconds since that boot, suspended time included; never steps.
    public var bootMilliseconds: Int64
    /// `CLOCK_REALTIME`: milliseconds since 1970-01-01 UTC as the clock stood, right or wrong.
    public var wallMilliseconds: Int64
    /// Whether the kernel held the wall clock to be synchronised.
    public var isSynchronised: Bool

    /// All clocks at one moment.
    public init(boot: BootID, bootMilliseconds: Int64, wallMilliseconds: Int64, isSynchronised: Bool) {
        self.boot = boot
        self.bootMilliseconds = bootMilliseconds
        self.wallMilliseconds = wallMilliseconds
        self.isSynchronised = isSynchronised
    }

    /// What to add to this boot's `CLOCK_BOOTTIME` to get the wall clock, milliseconds.
    public var wallOffsetMilliseconds: Int64 { wallMilliseconds - bootMilliseconds }
}

/// When a record was received, with how far its wall-clock time can be trusted.
public struct RecordTime: Hashable, Sendable {
    /// What is known of the wall clock.
    public enum Quality: UInt8, Sendable {
        /// The boot in which the record came never saw a synchronised clock: the time is what the clock showed.
        case unsynchronised
        /// The clock was synchronised when the record came.
        case synchronised
        /// The clock was synchronised later in the same boot, and the time was worked out from that.
        case corrected
    }

    /// Milliseconds since 1970-01-01 UTC.
    public var wallMilliseconds: Int64
    /// How far the wall-clock time can be trusted.
    public var quality: Quality
    /// The boot in which the record came.
    public var boot: BootID
    /// Milliseconds of `CLOCK_BOOTTIME` at which the record came.
    public var bootMilliseconds: Int64

    /// A moment by both clocks.
    public init(wallMilliseconds: Int64, quality: Quality, boot: BootID, bootMilliseconds: Int64) {
        self.wallMilliseconds = wallMilliseconds
        self.quality = quality
        self.boot = boot
        self.bootMilliseconds = bootMilliseconds
    }
}

/// Where the time comes from; tests pass their own.
public protocol GatewayClock: Sendable {
    /// Reads all clocks at once.
    func read() -> ClockReading
    /// Milliseconds of `CLOCK_BOOTTIME`, without the cost of the rest.
    func bootMilliseconds() -> Int64
}
