import DeviceProfiles
import Records
import SerialIO

/// `[serial.NAME]`: a serial port, and what is at its other end.
public struct SerialSourceConfiguration: Hashable, Sendable {
    /// What a port carries.
    public enum Content: Hashable, Sendable {
        /// Lines of text that nothing is read from.
        case raw(RawLines)
        /// Devices, at least one: as profiles describe them, or one whose lines the configuration itself describes.
        case devices([DeviceConfiguration])
        /// Whatever detection finds among these profiles, where it is unambiguous: `port = "auto"` without a profile.
        case detected(among: ProfileLibrary)
    }

    /// The name, unique among all sources.
    public var name: SourceName
    /// The port, or the pattern of several.
    public var port: PortName
    /// Speed, character format, wires and pauses.
    public var link = LinkRule()
    /// What it carries.
    public var content: Content
    /// The topic of its records, with `{device}` still in it.
    public var topic: String
    /// Where its records go.
    public var stream: StreamName

    /// A source with the defaults for the rest.
    public init(name: SourceName, port: PortName, stream: StreamName) {
        self.name = name
        self.port = port
        self.stream = stream
        content = .raw(RawLines(device: name.rawValue))
        topic = "serial/\(name)"
    }

    /// The topic of one device's records.
    public func topic(device: String) -> String {
        // For every record of a port: most topics have nothing to fill in.
        topic.utf8.contains(UInt8(ascii: "{")) ? topic.replacing("{device}", with: device) : topic
    }
}

/// Lines of text on a serial port that are kept as they come.
public struct RawLines: Hashable, Sendable {
    /// What ends a line, and how long it may be; a longer one is skipped and counted.
    public var framing = FramingRule(.line(start: [], end: .lf), sizeMax: Limits.frameSizeMax)
    /// The device that they are of.
    public var device: String
    /// It is silent when no line came for longer; nil: never.
    public var silentAfter: Duration?

    /// Lines of a device, up to 4 KiB, that end with a line feed.
    public init(device: String) { self.device = device }
}

/// One device on a serial port.
public struct DeviceConfiguration: Hashable, Sendable {
    /// Its name: one level of a topic, unique on its port.
    public var name: String
    /// How it speaks, with the address and the intervals of this device.
    public var profile: Profile
    /// Values of the profile's parameters, by name.
    public var parameters: [String: String]
    /// It is silent when it was not heard for longer; nil: see ``silenceMax``.
    public var silentAfter: Duration?
    /// The ranges that its readings should be in.
    public var ranges: [RangeRule] = []

    /// A device.
    public init(name: String, profile: Profile, parameters: [String: String] = [:]) {
        self.name = name
        self.profile = profile
        self.parameters = parameters
    }

    /// The longest silence that is none: what is configured; else of a device that is asked, three times its interval,
    /// and a minute at least. Nil: nobody knows how often it speaks.
    public var silenceMax: Duration? { silentAfter ?? profile.pollInterval.map { max($0 * 3, .seconds(60)) } }
}
