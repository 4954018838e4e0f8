import SerialIO

/// A device on a line, and what it is asked.
public struct PolledDevice: Sendable {
    /// Its name, unique on its line.
    public var name: String
    /// What it is asked again and again.
    public var requests: [PollRequest]
    /// Done after the line was opened, and when the device comes back, before the first request.
    public var initialisation: [PollStep] = []
    /// Done before each request.
    public var wake: [PollStep] = []
    /// Done before the line is closed.
    public var shutdown: [PollStep] = []
    /// Least time between an answer of this device and the next request to it.
    public var pause = Duration.zero
    /// Time from the opening of the line to the first request.
    public var pauseAfterOpen = Duration.zero

    /// A device that is asked this.
    public init(name: String, requests: [PollRequest]) {
        self.name = name
        self.requests = requests
    }

    /// How often the device is asked anything.
    var period: Duration { requests.map(\.every).min() ?? BusMaster.backOffMax }
}

/// What a device is asked, how often, and how long it may take to answer.
public struct PollRequest: Sendable {
    /// How it is asked.
    public enum Conversation: Sendable {
        /// These bytes, and an answer that fits.
        case request([UInt8], ReplyRule)
        /// An M-Bus meter's readout.
        case mbus(MBusAddress)
        /// An SDI-12 measurement: address, and the command without address and `!`.
        case sdi12(address: UInt8, command: String)
        /// The readout of a meter with an optical head. It begins at the line's own speed, which should be 300 baud.
        case iec62056(IEC62056Mode, address: String)
    }

    /// How it is asked.
    public var conversation: Conversation
    /// How often, from the beginning of one to the beginning of the next.
    public var every: Duration
    /// How long the first byte of an answer may take, from the last byte of the request on.
    public var timeout: Duration
    /// How often it is asked again where no answer comes, unless the device has been silent before.
    public var retries: Int
    /// Bytes of the longest answer: how long a device may speak that speaks without end.
    public var replySizeMax = 512

    /// A request.
    public init(
        _ conversation: Conversation, every: Duration, timeout: Duration = .milliseconds(500), retries: Int = 1
    ) {
        precondition(every > .zero, "a request has a period")
        precondition(timeout > .zero, "an answer takes time")
        self.conversation = conversation
        self.every = every
        self.timeout = timeout
        self.retries = retries
    }
}

/// One step of a conversation that is fixed beforehand: initialisation, waking up, closing down. What is in it is done
/// in the order of the properties.
public struct PollStep: Hashable, Sendable {
    /// What is sent; empty for nothing.
    public var send: [UInt8] = []
    /// What is waited for; empty for nothing.
    public var expected = BytePattern()
    /// How long it is waited for.
    public var timeout = Duration.seconds(1)
    /// How often both are done until it came.
    public var times = 1
    /// Pause afterwards, in which input is thrown away.
    public var wait = Duration.zero
    /// Speed of the line from then on; nil for the same.
    public var baud: Int?

    /// A step that does nothing.
    public init() {}
}

/// How a line with polled devices behaves.
public struct BusLine: Hashable, Sendable {
    /// Speed and format.
    public var settings: SerialSettings
    /// The least pause between an answer and the next request, in addition to the silence that Modbus demands.
    public var gap = Duration.zero
    /// Whether only answers are of interest, as on a bus: what else comes is dropped and counted. Otherwise a device
    /// may also speak by itself.
    public var hearsOnlyAnswers = true

    /// A line with these settings.
    public init(settings: SerialSettings) { self.settings = settings }

    /// The silence that separates frames: 3.5 characters of 11 bits, and no less than 1.75 ms (Modbus over serial line
    /// V1.02, 2.5.1.1).
    public static func silence(baud: Int) -> Duration {
        baud > 19_200 ? .microseconds(1750) : .nanoseconds(Int64(38_500_000_000) / Int64(max(baud, 1)))
    }
}
