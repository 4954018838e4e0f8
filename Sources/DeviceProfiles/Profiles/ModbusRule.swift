/// How a Modbus device is asked: `[modbus]`.
public struct ModbusRule: Hashable, Sendable {
    /// Slave address, 1 to 254.
    public var unit = 1
    /// How often.
    public var every = Duration.seconds(10)
    /// How long an answer may take.
    public var timeout = Duration.milliseconds(500)
    /// How often a request is sent again where no answer comes.
    public var retries = 1
    /// Order of bytes of fields that do not say their own.
    public var order = BinaryType.Order.big
    /// Most registers in one request.
    public var registersMax = 125
    /// Registers that one request may read over to join two.
    public var bridge = 0
    /// Least time between requests to this device.
    public var pause = Duration.zero
    /// Before the first request.
    public var pauseAfterOpen = Duration.zero
    /// Whether each field has a request of its own.
    public var usesOneRequestPerField = false
    /// Whether the number of bytes in a reply is what was asked for, whatever the reply says.
    public var takesByteCountFromRequest = false
    /// Whether detection may send the requests.
    public var isSafe = true

    /// The defaults.
    public init() {}
}

/// How a meter with an optical head is read: `[iec62056]`.
public struct IEC62056Rule: Hashable, Sendable {
    /// Who begins.
    public enum Mode: String, CaseIterable, Hashable, Sendable {
        /// The meter, without being asked.
        case push
        /// Sign-on, and the answer at the same speed.
        case a
        /// Sign-on; the answer comes at the speed that the meter's identification says.
        case b
        /// Sign-on, and an acknowledgement that sets the speed.
        case c
    }

    /// Who begins.
    public var mode = Mode.push
    /// Address in the sign-on; empty for any meter.
    public var address = ""
    /// How often; not for `push`.
    public var every = Duration.seconds(60)

    /// The defaults.
    public init() {}
}

/// How an M-Bus meter is read: `[mbus]`.
public struct MBusRule: Hashable, Sendable {
    /// Primary address, 0 to 250, or 254 for the only meter on the line. Not used with ``secondary``.
    public var address = 1
    /// Secondary address: identification number of eight digits, or 16 with manufacturer, version and medium; `F`
    /// stands for any digit. Nil for primary addressing.
    public var secondary: String?
    /// How often.
    public var every = Duration.seconds(60)

    /// The defaults.
    public init() {}
}

/// How an SDI-12 sensor is read: `[sdi12]`.
public struct SDI12Rule: Hashable, Sendable {
    /// One letter or digit.
    public var address = "0"
    /// The measurement command without the address and the `!`: `M`, `MC`, `C1`.
    public var command = "M"
    /// How often.
    public var every = Duration.seconds(10)

    /// The defaults.
    public init() {}
}
