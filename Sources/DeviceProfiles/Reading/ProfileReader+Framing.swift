import SerialIO
import StrictTOML

/// `[framing]` and `[checksum]`.
extension ProfileReader {
    struct ReadFraming {
        var rule: FramingRule
        var subtraction: Subtraction?
    }

    enum Kind: Equatable {
        case line, fixed, length, stuffed, cobs, asciiHex, block, modbusRTU, modbusASCII
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
            ("ascii-hex", .asciiHex), ("block", .block), ("modbus-rtu", .modbusRTU), ("modbus-ascii", .modbusASCII),
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
            table.require("start", example: "\"FF 86\"")
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

    private func readLength(_ table: TableReader) -> LengthField {
        defer { table.finish() }
        if table.line != nil {
            table.require("at", example: "2")
            table.require("type", example: "\"u16be\"")
        }
        var field = LengthField(at: 0, width: 1, isLittleEndian: false, add: 0, allowed: .range(1...4096))
        field.at = table.integer("at", in: 0...255) ?? 0
        field.add = table.integer("add", in: -65536...65536) ?? 0
        field.times = table.integer("times", in: 1...256) ?? 1
        if let type = readUnsigned(table, sizes: 1...4) {
            field.width = type.size ?? 1
            field.isLittleEndian = type.order == .little
        }
        let least = table.integer("min", in: 1...65536)
        let most = table.integer("max", in: 1...65536)
        if let sizes = table.integers("allow", in: 1...65536) {
            field.allowed = .sizes(Set(sizes))
            if least != nil || most != nil { table.fail("give either allow, or min and max", at: "allow") }
        } else if let most {
            let start = least ?? field.at + field.width
            if start > most { table.fail("\(most) is below min, or within the length field", at: "max") }
            field.allowed = .range(min(start, most)...most)
        } else if table.line != nil, !table.has("allow"), !table.has("max") {
            table.fail(
                "give allow, an array of the whole sizes that are possible, or max: noise must not wait for more")
        }
        return field
    }

    /// An unsigned integer type, such as that of a length or a count.
    func readUnsigned(_ table: TableReader, sizes: ClosedRange<Int>) -> BinaryType? {
        guard let word = table.string("type") else { return nil }
        let names = ["u8", "u16be", "u16le", "u24be", "u24le", "u32be", "u32le"].filter {
            BinaryType.parse($0)?.type.size.map(sizes.contains) ?? false
        }
        guard names.contains(word), let (type, _) = BinaryType.parse(word) else {
            table.fail("\(quoted(word)) is none of \(quotedList(names))", at: "type")
            return nil
        }
        return type
    }

    private func readStuffing(_ table: TableReader) -> Stuffing {
        if let word = table.string("preset") {
            let presets: [String: Stuffing] = ["shdlc": .shdlc, "slip": .slip, "ppp": .ppp]
            for key in ["start", "end", "escape", "xor", "pairs"] { table.refuse(key, "preset says it already") }
            if let preset = presets[word] { return preset }
            table.fail("\(quoted(word)) is none of \(quotedList(presets.keys.sorted()))", at: "preset")
            return .shdlc
        }
        for (key, example) in [("start", "\"7E\""), ("end", "\"7E\""), ("escape", "\"7D\"")] {
            table.require(key, example: example)
        }
        let escape = byte(table, "escape") ?? 0x7D
        var restoration: Stuffing.Restoration?
        if let xor = table.integer("xor", in: 0...255) { restoration = .exclusiveOr(UInt8(xor)) }
        if let pairs = readPairs(table, escape: escape) {
            if restoration != nil { table.fail("give either xor or pairs", at: "pairs") }
            restoration = .pairs(pairs)
        }
        if restoration == nil, !table.has("xor"), !table.has("pairs") {
            table.fail("give xor = 0x20, or pairs = { \"DB DC\" = \"C0\" }: how an escaped byte is restored")
        }
        return Stuffing(
            start: byte(table, "start") ?? 0x7E, end: byte(table, "end") ?? 0x7E, escape: escape,
            restoration: restoration ?? .exclusiveOr(0))
    }

    private func readPairs(_ table: TableReader, escape: UInt8) -> [UInt8: UInt8]? {
        guard let entries = table.namedScalars("pairs", example: "{ \"DB DC\" = \"C0\", \"DB DD\" = \"DB\" }") else {
            return nil
        }
        var pairs: [UInt8: UInt8] = [:]
        for entry in entries {
            let from = BytePattern(hexadecimal: entry.name)?.bytes ?? []
            let to = BytePattern(hexadecimal: entry.value.description)?.bytes ?? []
            guard from.count == 2, from[0] == escape, let code = from[1], to.count == 1, let restored = to[0] else {
                table.fail(
                    "\(quoted(entry.name)) = \(quoted(entry.value.description)) is no pair: the escape and the byte "
                        + "behind it, then the byte that they stand for", at: "pairs")
                continue
            }
            pairs[code] = restored
        }
        return pairs
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
