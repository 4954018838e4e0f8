import Records

/// A device behind a serial port, with its last readings; or a topic of a broker that is watched for silence.
public struct DeviceStatus: Sendable {
    /// Its name: the level of a topic, or the whole topic.
    public var name: String
    /// The table of its source: `serial.air`, `mqtt.shopfloor`.
    public var source: String
    /// The port that it is on; nil for a topic.
    public var port: String?
    /// The profile that it speaks by; nil for lines that stay as they are.
    public var profile: String?
    /// Whether it is there.
    public var state: State
    /// When it last sent something that was understood; nil: not since the start.
    public var lastMilliseconds: Int64?
    /// The last of each; at most 64.
    public var readings: [ReadingStatus] = []
    /// Readings that are out of their range.
    public var alarms: [RangeAlarm] = []

    /// Whether a device is there.
    public enum State: String, Sendable {
        /// Nothing was heard of it yet.
        case unknown
        /// It sends, or answers.
        case alive
        /// It has not sent or answered for longer than it should.
        case silent
    }

    /// A device.
    public init(name: String, source: String, port: String?, profile: String?, state: State) {
        self.name = name
        self.source = source
        self.port = port
        self.profile = profile
        self.state = state
    }
}

/// The last value of one reading, and those before it.
public struct ReadingStatus: Sendable {
    /// The value, with its name and unit.
    public var reading: Reading
    /// `CLOCK_BOOTTIME` when its frame came.
    public var bootMilliseconds: Int64
    /// Earlier values, the newest last, 15 s apart at least; numbers only.
    public var history: [Float]

    /// A value and those before it.
    public init(_ reading: Reading, bootMilliseconds: Int64, history: [Float] = []) {
        self.reading = reading
        self.bootMilliseconds = bootMilliseconds
        self.history = history
    }
}
