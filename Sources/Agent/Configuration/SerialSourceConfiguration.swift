import DeviceProfiles
import Records
import SerialIO

/// `[serial.NAME]`: a serial port that carries lines of text.
public struct SerialSourceConfiguration: Hashable, Sendable {
    /// What ends a line.
    public enum LineEnd: String, Hashable, Sendable, CaseIterable {
        /// Line feed; a carriage return before it is dropped.
        case lineFeed = "lf"
        /// Carriage return alone.
        case carriageReturn = "cr"
        /// Carriage return and line feed, both needed.
        case both = "crlf"
    }

    /// The name, unique among all sources.
    public var name: SourceName
    /// `usb:1a86:7523`, `usb:1a86:7523:SERIAL`, or an absolute path of a device, by-id and by-path included.
    public var port: String
    /// Speed, character format and flow control.
    public var settings = SerialSettings()
    /// How a line becomes readings.
    public var format = LineFormat.raw
    /// What ends a line.
    public var lineEnd = LineEnd.lineFeed
    /// The longest line in bytes; a longer one is skipped and counted.
    public var lineMax = ByteCount(rawValue: Limits.frameSizeMax)
    /// The topic of its records, placeholders filled in.
    public var topic: String
    /// The device that its readings are of; one level of a topic.
    public var device: String
    /// Where its records go.
    public var stream: StreamName

    /// A source with the defaults for the rest.
    public init(name: SourceName, port: String, stream: StreamName) {
        self.name = name
        self.port = port
        self.stream = stream
        topic = "serial/\(name)"
        device = name.rawValue
    }
}
