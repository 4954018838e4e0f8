import Records
import SerialIO

/// A broker that is read.
public struct MQTTSourceStatus: Sendable {
    /// As in the configuration.
    public var name: String
    /// `mqtt://127.0.0.1:1883`
    public var address: String
    /// Whether the broker has accepted us.
    public var isConnected = false
    /// Whether it has granted every subscription.
    public var isSubscribed = false
    /// Why it is not connected, or what the broker refused.
    public var problem: String?
    /// What it took in since the start.
    public var counters = SourceCounters()
    /// Messages in a second, over the last ten.
    public var rate: Double?

    /// A source of which nothing is known yet.
    public init(name: String, address: String) {
        self.name = name
        self.address = address
    }
}

/// A serial port that is read, or every match of a pattern.
public struct SerialSourceStatus: Sendable {
    /// As in the configuration.
    public var name: String
    /// The port as the configuration names it.
    public var port: String
    /// Each port that is read at present.
    public var lines: [SerialLineStatus] = []
    /// What it took in since the start, ports that have gone included.
    public var counters = SourceCounters()
    /// Records in a second, over the last ten.
    public var rate: Double?

    /// A source without lines.
    public init(name: String, port: String) {
        self.name = name
        self.port = port
    }
}

/// One serial port.
public struct SerialLineStatus: Sendable {
    /// The port, or one match of a pattern.
    public var port: String
    /// Whether it is open.
    public var state: SerialPortState
    /// What its reader has done.
    public var counters = SerialCounters()
    /// Frames that did not arrive whole.
    public var damage = FrameDamage()
    /// Requests that stayed without an answer in time; nil where nothing is asked.
    public var timeouts: Int?
    /// Requests sent; nil where nothing is asked.
    public var requests: Int?
    /// Devices that are named or were heard.
    public var devices = 0

    /// A port in a state.
    public init(port: String, state: SerialPortState) {
        self.port = port
        self.state = state
    }

    /// Whole frames.
    public var frames: Int { counters.frames }
    /// Bytes read.
    public var readBytes: Int { counters.bytes }
    /// Bytes sent.
    public var sentBytes: Int { counters.sentBytes }
    /// Bytes that belong to no frame.
    public var skippedBytes: Int { counters.skippedBytes }
    /// Times that the port went away while it was open.
    public var hangUps: Int { counters.hangUps }
    /// Characters that the hardware or the driver lost; nil where nobody counts.
    public var overruns: Int? { counters.faults.map { Int($0.overruns) + Int($0.bufferOverruns) } }
}

/// Frames of a line that did not arrive whole, by what was wrong.
public struct FrameDamage: Hashable, Sendable {
    /// The checksum did not fit.
    public var checksum = 0
    /// Longer than a frame may be.
    public var tooLong = 0
    /// The rest did not come.
    public var unfinished = 0
    /// Something else was wrong with the form.
    public var malformed = 0

    /// None.
    public init() {}

    /// Counts one.
    mutating func count(_ problem: FrameProblem) {
        switch problem {
        case .checksum: checksum += 1
        case .tooLong: tooLong += 1
        case .unfinished: unfinished += 1
        case .length, .trailer, .malformed: malformed += 1
        case .noise, .echo, .stranger: break
        }
    }
}
