/// The range that a reading should be in, in its primary unit: `alarms` of a device.
public struct RangeRule: Hashable, Sendable {
    /// The reading.
    public var reading: String
    /// Above this is an alarm; nil: nothing is.
    public var above: Double?
    /// Below this is an alarm; nil: nothing is.
    public var below: Double?
    /// How far back within the range it must come for the alarm to end, so that noise at a limit is one alarm.
    public var hysteresis = 0.0

    /// A range without ends.
    public init(reading: String) { self.reading = reading }

    /// On which side of the range a value is.
    ///
    /// - Parameter side: where the value before it was; nil: within.
    func side(of value: Double, after side: RangeAlarm.Side?) -> RangeAlarm.Side? {
        if let above, value > (side == .above ? above - hysteresis : above) { return .above }
        if let below, value < (side == .below ? below + hysteresis : below) { return .below }
        return nil
    }
}
