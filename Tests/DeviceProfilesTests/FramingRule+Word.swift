import SerialIO

extension FramingRule.Kind {
    /// What a profile calls it.
    var word: String {
        switch self {
        case .line: "line"
        case .fixed: "fixed"
        case .length: "length"
        case .stuffed: "stuffed"
        case .cobs: "cobs"
        case .asciiHex: "ascii-hex"
        case .block: "block"
        case .reply: "reply"
        case .modbusRTU: "modbus-rtu"
        case .modbusASCII: "modbus-ascii"
        case .telegram(let telegram): telegram.rawValue
        }
    }
}
