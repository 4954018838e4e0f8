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
    /// The bit with which a receiver finds a character that came wrong.
    public var parity: Parity
    /// 1 or 2.
    public var stopBits: Int
    /// Who may ask the other side to wait.
    public var flowControl: FlowControl
    /// How long after opening input is thrown away: an Arduino resets when DTR rises, and its bootloader prints.
    public var settle: Duration
    /// The DTR wire while the port is open; nil for what the driver does.
    public var dtr: Bool?
    /// The RTS wire while the port is open; nil for what the driver does.
    public var rts: Bool?
    /// Whether the driver switches the direction of an RS-485 line by RTS.
    public var usesRS485 = false
    /// Whether the line returns what we send, so that it has to be dropped.
    public var hasEcho = false
    /// Whether the driver is asked to hand on each byte at once, for lines on which requests wait for answers. It
    /// costs interrupts; a driver that cannot does without.
    public var wantsLowLatency = false
    /// A frame whose bytes pause longer than this is given up.
    public var byteTimeout = Duration.seconds(1)

    /// 9600 8N1 without flow control, unless said otherwise: what most sensors use.
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

    /// Bits per second that a configuration may ask for. The slowest devices in use send 50; no adapter does more
    /// than 12 million.
    public static let baudRange = 50...12_000_000
    /// Bits of one character.
    public static let dataBitsRange = 5...8
    /// Stop bits of one character.
    public static let stopBitsRange = 1...2
    /// The longest that input may be thrown away after opening.
    public static let settleMax = Duration.seconds(60)

    /// The shortest pause that can be told from the work of the operating system.
    public static let byteTimeoutMin = Duration.milliseconds(1)
    /// The longest that a frame may pause.
    public static let byteTimeoutMax = Duration.seconds(60)

    /// What a configuration has wrong, one sentence each; empty where all is well.
    public var problems: [String] {
        var problems: [String] = []
        if !Self.baudRange.contains(baud) { problems.append("baud \(baud) is not between 50 and 12000000") }
        if !Self.dataBitsRange.contains(dataBits) { problems.append("data bits \(dataBits) is not between 5 and 8") }
        if !Self.stopBitsRange.contains(stopBits) { problems.append("stop bits \(stopBits) is neither 1 nor 2") }
        if byteTimeout < Self.byteTimeoutMin || byteTimeout > Self.byteTimeoutMax {
            problems.append("the byte timeout is not between 1 ms and 60 s")
        }
        if settle < .zero || settle > Self.settleMax { problems.append("settle is not between 0 s and 60 s") }
        return problems
    }
}

extension SerialSettings {
    /// How long so many characters take on the line at this speed or another: start bit, data, parity and stop bits.
    public func time(ofCharacters count: Int, baud: Int? = nil) -> Duration {
        let bits = 1 + dataBits + (parity == .none ? 0 : 1) + stopBits
        return .nanoseconds(Int64(count * bits) * 1_000_000_000 / Int64(max(baud ?? self.baud, 1)))
    }
}

extension SerialSettings: CustomStringConvertible {
    /// The usual short form: `9600 8N1`, with the flow control where there is one.
    public var description: String {
        let letter =
            switch parity {
            case .none: "N"
            case .even: "E"
            case .odd: "O"
            }
        let flow =
            switch flowControl {
            case .none: ""
            case .hardware: " RTS/CTS"
            case .software: " XON/XOFF"
            }
        return "\(baud) \(dataBits)\(letter)\(stopBits)\(flow)"
    }
}
