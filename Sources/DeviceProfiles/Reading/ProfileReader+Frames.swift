import SerialIO
import StrictTOML

/// Where frames of bytes end: length fields, flags and escapes.
extension ProfileReader {
    func readLength(_ table: TableReader) -> LengthField {
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
        if let bits = table.integers("bits", each: [0...31, 0...31], example: "[6, 15]") {
            if bits[0] > bits[1] {
                table.fail("the lower bit comes first", at: "bits")
            } else if bits[1] >= field.width * 8 {
                table.fail("there are \(field.width * 8) bits, counted from 0", at: "bits")
            } else {
                field.bits = bits[0]...bits[1]
            }
        }
        readSizes(table, into: &field)
        return field
    }

    /// The sizes that a frame may have, and those that a table names.
    private func readSizes(_ table: TableReader, into field: inout LengthField) {
        if let entries = table.namedScalars("values", example: "{ 0x41 = 17, 0x42 = 12 }") {
            for key in ["add", "times", "allow", "min", "max"] {
                table.refuse(key, "values says the sizes of whole frames already")
            }
            for entry in entries {
                guard let raw = Int(literal: entry.name), case .integer(let size) = entry.value,
                    (1...65536).contains(size)
                else {
                    table.fail(
                        "\(quoted(entry.name)) = \(entry.value) is no value of the length field and size of the "
                            + "frame, such as 0x42 = 12", at: "values")
                    continue
                }
                field.sizes[raw] = size
            }
            field.allowed = .sizes(Set(field.sizes.values))
            return
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

    func readStuffing(_ table: TableReader) -> Stuffing {
        if let word = table.string("preset") {
            let presets: [String: Stuffing] = ["dle": .dle, "ppp": .ppp, "shdlc": .shdlc, "slip": .slip]
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
        var stuffing = Stuffing(
            start: bytes(table, "start") ?? [0x7E], end: bytes(table, "end") ?? [0x7E], escape: escape,
            restoration: restoration ?? .exclusiveOr(0))
        let isEndEscaped = stuffing.end.count == 2 && stuffing.end[0] == escape
        if stuffing.end.count != 1, !isEndEscaped {
            table.fail("must be one byte, such as \"7E\", or the escape and one, such as \"10 03\"", at: "end")
            stuffing.end = [0x7E]
        }
        if isEndEscaped ? stuffing.start.count > 2 : stuffing.start.count != 1 {
            let allowed = isEndEscaped ? "one byte or two, such as \"10 02\"" : "one byte, such as \"7E\""
            table.fail("must be \(allowed)", at: "start")
            stuffing.start = [stuffing.start[0]]
        }
        return stuffing
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

    /// What start, size and checksum say together.
    func checkFrame(_ rule: FramingRule, _ table: TableReader, _ top: TableReader) {
        switch rule.kind {
        case .fixed(let start, let size, let trailer):
            if start.isEmpty, trailer.isEmpty, rule.checksum == nil {
                table.require("start", example: "\"FF 86\"")
            }
            if max(start.count, trailer.count) > size, table.has("size") {
                table.fail("the frame has more bytes: start or trailer alone has more than \(size)", at: "size")
            }
            checkPlace(of: rule.checksum, sizes: [size], top)
        case .length(_, let length, _):
            if case .sizes(let sizes) = length.allowed { checkPlace(of: rule.checksum, sizes: sizes.sorted(), top) }
        case .stuffed(let stuffing):
            if stuffing.end.count > 1, rule.checksum?.isOfRawBytes == true {
                top.fail("raw is for flags of one byte", at: "checksum")
            }
        default: break
        }
    }

    private func checkPlace(of rule: ChecksumRule?, sizes: [Int], _ top: TableReader) {
        guard let checksum = rule.map({ Checksum($0) }), let size = sizes.first(where: { !checksum.fits($0) }) else {
            return
        }
        top.fail("over or at is outside a frame of \(size) bytes, counted from 0", at: "checksum")
    }
}
