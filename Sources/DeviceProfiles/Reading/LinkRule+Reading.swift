import SerialIO
import StrictTOML

/// The keys of a line, which are the same in profiles and in the configuration.
extension LinkRule {
    /// The keys that ``read(_:)`` takes.
    public static let keys = [
        "baud", "data_bits", "parity", "stop_bits", "flow_control", "settle", "dtr", "rts", "rs485", "echo",
        "byte_timeout", "gap",
    ]

    /// Reads the speed, of which there is one, and all of ``readFormat(_:)``; what the table does not say stays.
    public mutating func read(_ table: TableReader) {
        if let baud = table.integer("baud", in: SerialSettings.baudRange) {
            bauds = [baud]
            settings.baud = baud
        }
        readFormat(table)
    }

    /// Reads everything but the speed; what the table does not say stays.
    mutating func readFormat(_ table: TableReader) {
        settings.dataBits = table.integer("data_bits", in: SerialSettings.dataBitsRange) ?? settings.dataBits
        settings.parity = table.choice("parity", of: SerialSettings.Parity.self) ?? settings.parity
        settings.stopBits = table.integer("stop_bits", in: SerialSettings.stopBitsRange) ?? settings.stopBits
        settings.flowControl = table.choice("flow_control", of: SerialSettings.FlowControl.self) ?? settings.flowControl
        settings.settle = table.duration("settle", in: .zero...SerialSettings.settleMax) ?? settings.settle
        settings.dtr = table.boolean("dtr") ?? settings.dtr
        settings.rts = table.boolean("rts") ?? settings.rts
        settings.usesRS485 = table.boolean("rs485") ?? settings.usesRS485
        settings.hasEcho = table.boolean("echo") ?? settings.hasEcho
        settings.byteTimeout =
            table.duration("byte_timeout", in: SerialSettings.byteTimeoutMin...SerialSettings.byteTimeoutMax)
            ?? settings.byteTimeout
        gap = table.duration("gap", in: .zero...(.seconds(60))) ?? gap
    }
}
