/// What an uplink has used of its budget for bytes on the wire: kept with the cursors, so that a restart begins no new
/// period.
public struct LinkUsage: Hashable, Sendable, Codable {
    /// The day or the month that is counted, by the wall clock; nil where that is not known.
    public var period: String?
    /// Bytes of that period.
    public var bytes: UInt64 = 0
    /// Milliseconds that the agent has run since the period began: what tells its end without a wall clock.
    public var runningMilliseconds: Int64 = 0

    /// Nothing used yet.
    public init() {}
}
