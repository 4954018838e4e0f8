import Records

/// How a gateway stands at one moment: what the page, the commands and the metrics show. `docs/admin.md` describes its
/// JSON field by field.
///
/// Taking it costs no disk access: the numbers of the log are those of the recorder's last look, at most a second old
/// while the disk answers.
public struct AgentStatus: Sendable {
    /// The gateway's name in the fleet.
    public var gateway: GatewayID
    /// The agent's version.
    public var version: String
    /// How long the agent has run.
    public var uptime: Duration
    /// The clocks.
    public var clock: ClockStatus
    /// What the agent takes of the machine.
    public var process: ProcessStatus
    /// The ring log.
    public var log: LogStatus
    /// Brokers that are read, in the order of the configuration.
    public var mqttSources: [MQTTSourceStatus] = []
    /// Serial ports that are read, in the order of the configuration.
    public var serialSources: [SerialSourceStatus] = []
    /// Devices behind serial ports; at most ``devicesMax``.
    public var devices: [DeviceStatus] = []
    /// Destinations, in the order of the configuration.
    public var uplinks: [UplinkStatus] = []
    /// Files by which the gateway proves who it is, or knows whom to trust, in the order of the configuration.
    public var credentials: [CredentialWatch.Status] = []
    /// What came of the last reload; nil before the first since the start.
    public var reload: ReloadStatus?
    /// What was lost lately, the newest first; at most ``lossesMax``.
    public var losses: [LossStatus] = []
    /// What happened lately, the newest first; at most ``RecentEvents/countMax``.
    public var events: [StatusEvent] = []
    /// What is not as it should be; empty where all is well.
    public var problems: [StatusProblem] = []

    /// Devices that are shown; ``SerialSourceStatus`` counts all of them.
    public static let devicesMax = 1000
    /// Lost ranges that are shown; the sums of each uplink count all of them.
    public static let lossesMax = 100

    /// Whether the agent does what it is there for: it takes in, keeps and forwards, or waits for a link.
    public var isReady: Bool { !problems.contains { $0.severity == .error } }

    /// A status with nothing in it but what every gateway has.
    public init(
        gateway: GatewayID, version: String, uptime: Duration, clock: ClockStatus, process: ProcessStatus,
        log: LogStatus
    ) {
        self.gateway = gateway
        self.version = version
        self.uptime = uptime
        self.clock = clock
        self.process = process
        self.log = log
    }
}

/// The clocks of the gateway.
public struct ClockStatus: Sendable {
    /// All of them, read together.
    public var reading: ClockReading

    /// The clocks as read.
    public init(_ reading: ClockReading) { self.reading = reading }
}

/// Something that is not as it should be.
public struct StatusProblem: Sendable, Equatable {
    /// How bad it is.
    public enum Severity: String, Sendable {
        /// The agent works on, and a person may want to know.
        case warning
        /// Something is not taken in, kept or forwarded until it is mended.
        case error
    }

    /// How bad it is.
    public var severity: Severity
    /// Where: `configuration`, `log`, `mqtt.shopfloor`, `serial.air`, `uplinks.central`.
    public var part: String
    /// What, in words.
    public var text: String

    /// A problem of a part.
    public init(_ severity: Severity, _ part: String, _ text: String) {
        self.severity = severity
        self.part = part
        self.text = text
    }
}

/// A record that is gone before an uplink confirmed it, with its neighbours.
public struct LossStatus: Sendable {
    /// The uplink that did not get it.
    public var uplink: UplinkName
    /// What is lost, when and why.
    public var range: LostRange

    /// What an uplink did not get.
    public init(uplink: UplinkName, range: LostRange) {
        self.uplink = uplink
        self.range = range
    }
}
