/// How a serial line is set: speed, character format, flow control.
public struct SerialSettings: Hashable, Sendable {
    /// The parity bit.
    public enum Parity: String, Sendable, CaseIterable { case none, even, odd }
    /// Who says stop: nobody, RTS/CTS wires, or XON/XOFF characters.
    public enum FlowControl: String, Sendable, CaseIterable { case none, hardware, software }

    /// Bits per second, any integer that the driver takes (termios2 with BOTHER).
    public var baud: Int
    /// 5 to 8.
    public var dataBits: Int
    public var parity: Parity
    /// 1 or 2.
    public var stopBits: Int
    public var flowControl: FlowControl
    /// How long after opening input is thrown away: an Arduino resets when DTR rises, and its bootloader prints.
    public var settle: Duration

    public init(
        baud: Int = 9600, dataBits: Int = 8, parity: Parity = .none, stopBits: Int = 1,
        flowControl: FlowControl = .none, settle: Duration = .zero
    ) {
        self.baud = baud
        self.dataBits = dataBits
        self.parity = parity
        self.stopBits = stopBits
        self.flowControl = flowControl
        self.settle = settle
    }
}

/// What happens to a port; absence is a state, not an error.
public enum SerialPortState: Sendable, Equatable {
    /// Open, by the path that the name resolved to.
    case open(path: String)
    /// No such device at present; it is looked for again.
    case absent
    /// It is there and could not be used: held by another program, no permission, refused settings.
    case unavailable(reason: String)
}

/// Takes what a port delivers. All calls come from the port's own reader thread and must not block on a disk.
public protocol SerialReceiver: Sendable {
    /// A whole frame. `bootMilliseconds` is `CLOCK_BOOTTIME` when its first byte was read.
    func received(frame: [UInt8], bootMilliseconds: Int64)
    /// Bytes that belong to no frame, and why.
    func skipped(bytes: Int, reason: String)
    /// The port was opened, went away, or cannot be used.
    func stateChanged(_ state: SerialPortState)
}
