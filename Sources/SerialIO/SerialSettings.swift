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

    /// What a configuration has wrong, one sentence each; empty where all is well.
    public var problems: [String] {
        var problems: [String] = []
        if !Self.baudRange.contains(baud) { problems.append("baud \(baud) is not between 50 and 12000000") }
        if !Self.dataBitsRange.contains(dataBits) { problems.append("data bits \(dataBits) is not between 5 and 8") }
        if !Self.stopBitsRange.contains(stopBits) { problems.append("stop bits \(stopBits) is neither 1 nor 2") }
        if settle < .zero || settle > Self.settleMax { problems.append("settle is not between 0 s and 60 s") }
        return problems
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
