import SerialIO
import StrictTOML

/// `[framing]` and `[checksum]`.
extension ProfileReader {
    struct ReadFraming {
        var rule: FramingRule
        var subtraction: Subtraction?
    }

    enum Kind: Equatable {
        case line, fixed, length, stuffed, cobs, asciiHex, block, reply, modbusRTU, modbusASCII
        case telegram(FramingRule.Telegram)

        init?(_ word: String) {
            if let telegram = FramingRule.Telegram(rawValue: word) {
                self = .telegram(telegram)
            } else if let kind = Kind.declared.first(where: { $0.word == word }) {
                self = kind.kind
            } else {
                return nil
            }
        }

        static let declared: [(word: String, kind: Kind)] = [
            ("line", .line), ("fixed", .fixed), ("length", .length), ("stuffed", .stuffed), ("cobs", .cobs),
            ("ascii-hex", .asciiHex), ("block", .block), ("reply", .reply), ("modbus-rtu", .modbusRTU),
            ("modbus-ascii", .modbusASCII),
        ]
        static let words = declared.map(\.word) + FramingRule.Telegram.allCases.map(\.rawValue)
    }

    /// Reads how frames are cut, and from that and `[text]` what fields pick from.
    mutating func readFraming(_ top: TableReader) -> ReadFraming {
        top.require("framing", example: "{ kind = \"line\" }")
        let table = top.tableOrEmpty("framing")
        let kind = readKind(table, isMissing: !top.has("framing"))
        var framing = ReadFraming(rule: FramingRule(readRule(kind, table)))
        framing.rule.sizeMax = sizeMax(framing.rule.kind, table)
        framing.subtraction = readSubtraction(table)
        table.finish()
        checksum = readChecksum(top, kind: kind)
        framing.rule.checksum = checksum
        checkFrame(framing.rule, table, top)
        addressing = readAddressing(top, kind: kind)
        return framing
    }

    private func readKind(_ table: TableReader, isMissing: Bool) -> Kind {
        if !isMissing { table.require("kind", example: "\"line\"") }
        guard let word = table.string("kind") else { return .line }
        if let kind = Kind(word) { return kind }
        let hint = NearestKey.hint(word, in: Kind.words) ?? "; there are \(quotedList(Kind.words))"
        table.fail("\(quoted(word)) is no framing\(hint)", at: "kind")
        return .line
    }

    private func readRule(_ kind: Kind, _ table: TableReader) -> FramingRule.Kind {
        switch kind {
        case .line:
            let start = Array((table.string("start") ?? "").utf8)
            noteHexadecimal(table)
            return .line(start: start, end: readTerminator(table))
        case .fixed:
            table.require("size", example: "9")
            let size = table.integer("size", in: 1...65536) ?? 1
            return .fixed(
                start: pattern(table, "start") ?? BytePattern(), size: size,
                trailer: pattern(table, "trailer") ?? BytePattern())
        case .length:
            table.require("length", example: "{ at = 2, type = \"u16be\", add = 4, max = 64 }")
            return .length(
                start: pattern(table, "start") ?? BytePattern(), length: readLength(table.tableOrEmpty("length")),
                trailer: pattern(table, "trailer") ?? BytePattern())
        case .stuffed: return .stuffed(readStuffing(table))
        case .cobs: return .cobs
        case .asciiHex:
            noteHexadecimal(table)
            table.require("end", example: "\"\\n\"")
            let start = Array((table.string("start") ?? "").utf8)
            let end = Array((table.string("end") ?? "\n").utf8)
            return .asciiHex(start: start, end: end, nibbleFirst: table.boolean("nibble_first") ?? false)
        case .block:
            let (start, end) = readMarks(table)
            let takesEndLine = table.boolean("end_line") ?? false
            if takesEndLine { table.refuse("tail", "end_line says already what belongs to the block") }
            return .block(
                start: start, end: end, takesEndLine: takesEndLine, tail: table.integer("tail", in: 0...16) ?? 0)
        // The sizes are said by the polls.
        case .reply: return .reply([])
        case .modbusRTU: return .modbusRTU
        case .modbusASCII: return .modbusASCII
        case .telegram(let telegram): return .telegram(telegram)
        }
    }

    private func readTerminator(_ table: TableReader) -> LineEnd {
        switch table.string("end") {
        case nil, "\n": return .lf
        case "\r": return .cr
        case "\r\n": return .crlf
        case .some(let text): return .text(Array(text.utf8))
        }
    }

    /// Marks of text that look like the bytes which other framings have.
    private func noteHexadecimal(_ table: TableReader) {
        for key in ["start", "end"] {
            guard let text = table.peekString(key), let bytes = BytePattern(hexadecimal: text)?.bytes,
                let first = bytes.first,
                let byte = first, byte < 0x20
            else { continue }
            let escape = "\\u00" + TelegramText.hexadecimal(byte)
            table.note(
                "is the text \(quoted(text)) here; the byte \(TelegramText.hexadecimal(byte)) is \"\(escape)\"", at: key
            )
        }
    }

    private func readMarks(_ table: TableReader) -> (start: [UInt8], end: [UInt8]) {
        noteHexadecimal(table)
        table.require("start", example: "\":\"")
        table.require("end", example: "\"\\n\"")
        return (Array((table.string("start") ?? ":").utf8), Array((table.string("end") ?? "\n").utf8))
    }

    private func sizeMax(_ kind: FramingRule.Kind, _ table: TableReader) -> Int {
        switch kind {
        case .fixed(_, let size, _): return size
        case .length(_, let length, _):
            switch length.allowed {
            case .sizes(let sizes): return sizes.max() ?? 4096
            case .range(let range): return range.upperBound
            }
        case .modbusRTU: return 256
        case .modbusASCII: return 513
        // A sentence has at most 82 bytes; those that makers add are longer.
        case .telegram(.nmea): return table.integer("max", in: 82...65536) ?? 512
        case .telegram: return 65536
        default: return table.integer("max", in: 1...1_048_576) ?? 4096
        }
    }

    private func readSubtraction(_ table: TableReader) -> Subtraction? {
        guard let changes = table.table("subtract") else { return nil }
        defer { changes.finish() }
        changes.require("value", example: "0x33")
        changes.require("over", example: "[10, -2]")
        guard let value = changes.integer("value", in: 0...255),
            let over = changes.integers("over", each: [0...65535, -65535...65535], example: "[10, -2]")
        else { return nil }
        return Subtraction(value: UInt8(value), from: over[0], to: over[1])
    }

    private func readChecksum(_ top: TableReader, kind: Kind) -> ChecksumRule? {
        switch kind {
        case .modbusRTU, .modbusASCII, .telegram:
            top.refuse("checksum", "the checksum of this framing is built in")
            return nil
        default: return top.table("checksum").flatMap { readChecksum($0) }
        }
    }
}
