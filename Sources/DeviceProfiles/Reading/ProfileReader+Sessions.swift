import SerialIO
import StrictTOML

/// `[modbus]`, `[iec62056]`, `[mbus]`, `[sdi12]`: how devices of named framings are asked.
extension ProfileReader {
    private static let intervals: ClosedRange<Duration> = .milliseconds(1)...(.seconds(86_400))

    func readSessions(_ top: TableReader, into profile: inout Profile) {
        let kind = profile.framing.kind
        if profile.isModbus {
            profile.modbus = readModbus(top.tableOrEmpty("modbus"))
        } else {
            top.refuse("modbus", "belongs to kind = \"modbus-rtu\" or \"modbus-ascii\" in [framing]")
        }
        if kind == .telegram(.iec62056) {
            profile.iec62056 = readIEC62056(top.tableOrEmpty("iec62056"))
        } else {
            top.refuse("iec62056", "belongs to kind = \"iec62056-21\" in [framing]")
        }
        if kind == .telegram(.mbus) {
            profile.mbus = readMBus(top.tableOrEmpty("mbus"))
        } else {
            top.refuse("mbus", "belongs to kind = \"mbus\" in [framing]")
        }
        if kind == .telegram(.sdi12) {
            profile.sdi12 = readSDI12(top.tableOrEmpty("sdi12"))
        } else {
            top.refuse("sdi12", "belongs to kind = \"sdi-12\" in [framing]")
        }
    }

    private enum ByteCountSource: String, CaseIterable { case trust, request }

    private func readModbus(_ table: TableReader) -> ModbusRule {
        defer { table.finish() }
        var rule = ModbusRule()
        rule.readUnit(table)
        rule.every = table.duration("every", in: Self.intervals) ?? rule.every
        rule.timeout = table.duration("timeout", in: .milliseconds(1)...(.seconds(60))) ?? rule.timeout
        rule.retries = table.integer("retries", in: 0...100) ?? rule.retries
        rule.order = table.choice("order", of: BinaryType.Order.self) ?? rule.order
        rule.registersMax = table.integer("registers_max", in: 1...125) ?? rule.registersMax
        rule.bridge = table.integer("bridge", in: 0...124) ?? rule.bridge
        rule.pause = table.duration("pause", in: .zero...(.seconds(60))) ?? rule.pause
        rule.pauseAfterOpen = table.duration("pause_after_open", in: .zero...(.seconds(60))) ?? rule.pauseAfterOpen
        rule.usesOneRequestPerField = table.boolean("one_request_per_field") ?? false
        rule.takesByteCountFromRequest = table.choice("byte_count", of: ByteCountSource.self) == .request
        rule.isSafe = table.boolean("safe") ?? true
        return rule
    }

    private func readIEC62056(_ table: TableReader) -> IEC62056Rule {
        defer { table.finish() }
        var rule = IEC62056Rule()
        rule.mode = table.choice("mode", of: IEC62056Rule.Mode.self) ?? rule.mode
        rule.readAddress(table)
        rule.every = table.duration("every", in: Self.intervals) ?? rule.every
        return rule
    }

    private func readMBus(_ table: TableReader) -> MBusRule {
        defer { table.finish() }
        var rule = MBusRule()
        rule.readAddress(table)
        rule.every = table.duration("every", in: Self.intervals) ?? rule.every
        return rule
    }

    private func readSDI12(_ table: TableReader) -> SDI12Rule {
        defer { table.finish() }
        var rule = SDI12Rule()
        rule.readAddress(table)
        rule.command = table.string("command") ?? rule.command
        let command = rule.command
        let isCommand =
            command.first.map { "MCR".contains($0) } == true && command.utf8.count <= 3
            && command.dropFirst().allSatisfy { $0 == "C" || ($0.isASCII && $0.isNumber) }
        if !isCommand {
            table.fail(
                "\(quoted(command)) is no command; there are M, MC, M1 to M9, C, CC, C1 to C9, R0 to R9", at: "command")
        }
        rule.every = table.duration("every", in: Self.intervals) ?? rule.every
        return rule
    }
}
