import Records

/// A frame that could not be understood, as it came.
public struct BadFrameStatus: Sendable {
    /// Why not.
    public var reason: String
    /// From where it seemed to begin; at most 64 bytes.
    public var bytes: [UInt8]
    /// `CLOCK_BOOTTIME` when it came.
    public var bootMilliseconds: Int64

    /// A frame.
    public init(reason: String, bytes: [UInt8], bootMilliseconds: Int64) {
        self.reason = reason
        self.bytes = bytes
        self.bootMilliseconds = bootMilliseconds
    }

    func write(at now: ClockReading, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("reason", string: reason)
        writer.member("age_seconds", seconds: .milliseconds(now.bootMilliseconds - bootMilliseconds))
        let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }
        writer.member("bytes", string: digits.joined(separator: " "))
        writer.endObject()
    }
}
