import SerialIO
import StrictTOML

/// `[text]`, and what fields pick from where there is none.
extension ProfileReader {
    mutating func readAddressing(_ top: TableReader, kind: Kind) -> Addressing {
        switch kind {
        case .modbusRTU, .modbusASCII:
            top.refuse("text", "Modbus has registers, not text")
            return .registers
        case .telegram(.nmea):
            top.refuse("text", "sentences are divided into columns already")
            return .text(.csv(separator: 0x2C))
        case .telegram(.ubx), .telegram(.vbus), .telegram(.esp3), .telegram(.pylontech):
            top.refuse("text", "fields of this telegram stand at bytes")
            return .bytes
        case .telegram:
            top.refuse("text", "the telegram says by itself what is in it")
            return .keys
        default: return readText(top.table("text"))
        }
    }

    private enum TextFormat: String, CaseIterable {
        case csv, json, pattern, fixed
        case keyValue = "key-value"
    }

    private mutating func readText(_ table: TableReader?) -> Addressing {
        guard let table else { return .bytes }
        defer { table.finish() }
        table.require("format", example: "\"csv\"")
        let format = table.choice("format", of: TextFormat.self) ?? .csv
        for key in ["separator", "columns"] where format != .csv {
            table.refuse(key, "belongs to format = \"csv\", but the format is \(quoted(format.rawValue))")
        }
        for key in ["pair", "equals"] where format != .keyValue {
            table.refuse(key, "belongs to format = \"key-value\", but the format is \(quoted(format.rawValue))")
        }
        hasDecimalComma = readDecimalSign(table, format)
        switch format {
        case .csv:
            let separator = Array((table.string("separator") ?? ",").utf8)
            if separator.count != 1 { table.fail("must be one ASCII character", at: "separator") }
            if hasDecimalComma, separator == [0x2C] {
                table.fail("is the separator of columns; say separator = \";\" or what else parts them", at: "decimal")
            }
            return .text(.csv(separator: separator[0], columns: table.integer("columns", in: 1...256)))
        case .keyValue:
            let pair = Array((table.string("pair") ?? (hasDecimalComma ? " ;\t" : " ,;\t")).utf8)
            if hasDecimalComma, pair.contains(0x2C) { table.fail("a comma parts pairs already", at: "decimal") }
            return .text(.keyValue(pair: pair, equals: Array((table.string("equals") ?? "=:").utf8)))
        case .json: return .text(.json)
        case .pattern: return .text(.pattern)
        case .fixed: return .text(.characters)
        }
    }

    private func readDecimalSign(_ table: TableReader, _ format: TextFormat) -> Bool {
        if format == .json { table.refuse("decimal", "JSON has points") }
        switch table.string("decimal") {
        case nil, ".": return false
        case ",": return true
        case .some(let text):
            table.fail("\(quoted(text)) is no decimal sign; allowed are \".\" and \",\"", at: "decimal")
            return false
        }
    }
}
