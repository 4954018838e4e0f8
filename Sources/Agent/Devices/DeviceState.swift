import Records

/// What is known of one device: what it said last, and whether that is as it should be.
///
/// Of an MQTT source, whose payloads nobody reads, a topic that is watched for silence stands for a device.
public struct DeviceState: Sendable, Equatable {
    /// The source that it belongs to, as in the configuration.
    public let source: String
    /// Its name, as in topics and readings.
    public let name: String
    /// The profile that describes it; nil where none does.
    public var profile: String?
    /// The newest value of each name, in primary units; empty where nothing is read from what it says.
    public var readings: [Reading] = []
    /// When it was last heard, by `CLOCK_BOOTTIME`; nil: not since the source was started.
    public var heardMilliseconds: Int64?
    /// It is silent when it was not heard for longer; nil: nobody knows how often it speaks.
    public var silentAfter: Duration?
    /// Whether it is.
    public var isSilent = false
    /// Readings that are or were out of their range, one for each that ever was.
    public var alarms: [RangeAlarm] = []

    init(source: String, name: String, profile: String? = nil) {
        self.source = source
        self.name = name
        self.profile = profile
    }

    /// Decides whether it is silent.
    ///
    /// - Parameter start: when listening began, by `CLOCK_BOOTTIME`.
    mutating func judgeSilence(listeningSince start: Int64, atMilliseconds now: Int64) {
        guard let silentAfter else { return }
        isSilent = now - (heardMilliseconds ?? start) > silentAfter.wholeMilliseconds
    }
}

/// A reading that is, or was, out of its range.
public struct RangeAlarm: Sendable, Equatable {
    /// Which end of the range it was beyond.
    public enum Side: String, Sendable, Equatable { case above, below }

    /// The reading.
    public let reading: String
    /// The end of the range that it was beyond last.
    public var side: Side
    /// That end.
    public var limit: Double
    /// The value that was beyond it first.
    public var value: Double
    /// Its unit.
    public var unit: String?
    /// Whether it still is.
    public var isOn = true
    /// How often it has gone beyond.
    public var onsets: UInt64 = 1
}
