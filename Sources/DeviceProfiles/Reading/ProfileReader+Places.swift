import SerialIO
import StrictTOML

/// Where a field stands, by what the profile's fields pick from.
extension ProfileReader {
    private static let textKeys = [
        "column", "key", "negative_if", "letters", "letter_at", "part", "separator", "index",
    ]
    private static let registerKeys = ["input", "holding", "coil", "discrete", "high", "low"]
    private static let byteKeys = ["until", "after", "record"]
    private static let arrayKeys = ["count", "stride"]

    func readPlace(_ table: TableReader, _ message: Message, _ profile: Profile) -> FieldPlace? {
        if table.has("compose") {
            let keys = Self.textKeys + Self.registerKeys + Self.byteKeys + Self.arrayKeys
            refuse(["at", "size", "type", "order"] + keys, "a composed text stands nowhere", table)
            return readComposition(table).map { .composed($0) }
        }
        // So that it is a known key.
        _ = table.string("compose")
        if addressing != .registers { refuse(Self.registerKeys, "registers are of Modbus", table) }
        if addressing != .bytes { refuse(Self.byteKeys, "is for fields at bytes of a frame", table) }
        if addressing != .bytes, addressing != .registers {
            refuse(Self.arrayKeys, "is for fields at bytes of a frame and in registers", table)
        }
        switch addressing {
        case .bytes:
            refuse(Self.textKeys, "is for text; say in [text] how it is divided", table)
            return readBytePlace(table, message, profile).map { .bytes($0) }
        case .registers:
            refuse(Self.textKeys + ["at"], "fields of Modbus stand at input, holding, coil or discrete", table)
            return readRegisterPlace(table, profile).map { .register($0) }
        case .text(let rule):
            table.refuse("order", "text has no order of bytes")
            return readTextPlace(table, rule, message).map { .text($0) }
        case .keys:
            refuse(["column", "at", "size", "order"], "fields of this telegram are picked by key", table)
            if case .telegram(let telegram) = profile.framing.kind, let key = table.peekString("key"),
                let problem = TelegramKeys.problem(with: key, in: telegram)
            {
                table.fail(problem, at: "key")
            }
            return readTextPlace(table, nil, message).map { .text($0) }
        }
    }

    func refuse(_ keys: [String], _ reason: String, _ table: TableReader) {
        for key in keys { table.refuse(key, reason) }
    }

    /// `"{year}-{month:02}"` in pieces.
    private func readComposition(_ table: TableReader) -> [ComposedPiece]? {
        guard let text = table.string("compose") else { return nil }
        var pieces: [ComposedPiece] = []
        for (index, part) in text.split(separator: "{", omittingEmptySubsequences: false).enumerated() {
            guard index > 0 else {
                if !part.isEmpty { pieces.append(.text(String(part))) }
                continue
            }
            guard let end = part.firstIndex(of: "}") else {
                table.fail("a brace has no end", at: "compose")
                return nil
            }
            let words = part[..<end].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            var digits = 0
            if words.count == 2 {
                guard words[1].first == "0", let count = Int(words[1]), (1...20).contains(count) else {
                    table.fail("\(quoted(words[1])) is no number of digits; write {month:02}", at: "compose")
                    return nil
                }
                digits = count
            }
            pieces.append(.field(String(words[0]), digits: digits))
            let rest = part[part.index(after: end)...]
            if !rest.isEmpty { pieces.append(.text(String(rest))) }
        }
        return pieces
    }

    // MARK: Bytes

    private func readBytePlace(_ table: TableReader, _ message: Message, _ profile: Profile) -> BytePlace? {
        table.require("at", example: "12")
        let at = table.integer("at", in: -65535...65535)
        guard var type = readType(table, needsOrder: true) else { return nil }
        let size = table.integer("size", in: -1...4096)
        if let own = type.size {
            if size != nil { table.fail("the type has a size of its own, \(own)", at: "size") }
        } else if type.coding == .kmp {
            if size != nil { table.fail("the value says by itself how long it is", at: "size") }
        } else if size == nil || size == 0 {
            if size == 0 { table.fail("must be at least 1, or -1 for up to the end", at: "size") }
            table.require("size", example: "4")
            return nil
        }
        var place = BytePlace(at: at ?? 0, size: size == -1 ? nil : size, type: type)
        if size == -1, !type.isText { table.fail("only text and hex may go up to the end", at: "size") }
        if type.coding == .bcd, let size, size > 9 { table.fail("at most 9 bytes of digits", at: "size") }
        if [.digits, .hexDigits, .signedHexDigits].contains(type.coding), let size, size > 18 {
            table.fail("at most 18 digits", at: "size")
        }
        type.size = place.size
        place.until = table.integer("until", in: -65535 ... -1)
        if place.until != nil, size != -1 { table.fail("belongs to size = -1", at: "until") }
        place.after = table.string("after")
        place.record = readRecordTag(table, message)
        if at != nil { checkInside(place, table, message, profile) }
        return at == nil ? nil : place
    }

    private func readRecordTag(_ table: TableReader, _ message: Message) -> Int? {
        guard let tag = table.integer("record", in: 0...Int(UInt32.max)) else { return nil }
        if message.records == nil {
            table.fail("the message has no records; say records = { at = 6, tag = ..., length = ... }", at: "record")
        }
        if table.has("after") { table.fail("a field stands in a record or behind an array", at: "after") }
        return tag
    }

    /// A field must be inside a frame whose size is known.
    private func checkInside(_ place: BytePlace, _ table: TableReader, _ message: Message, _ profile: Profile) {
        guard place.after == nil, place.record == nil, let most = frameSizeMax(message, profile) else { return }
        let size = place.type.coding == .kmp ? 2 : place.size ?? 1
        let count = table.peekInteger("count") ?? 1
        let stride = table.peekInteger("stride") ?? size
        let total = (count - 1) * stride + size
        let fits = place.at >= 0 ? place.at + total <= most : -place.at <= most && place.at + total <= 0
        if !fits {
            let last = place.at >= 0 ? place.at + total - 1 : most + place.at + total - 1
            table.fail(
                "the field ends at byte \(last), and the frame has \(most) bytes, counted from 0", at: "at")
        }
    }

    /// The most bytes that a frame of this message can have; nil where nothing says it.
    private func frameSizeMax(_ message: Message, _ profile: Profile) -> Int? {
        for case .length(let length) in message.match { return length }
        switch profile.framing.kind {
        case .fixed(_, let size, _): return size
        case .length(_, let length, _):
            switch length.allowed {
            case .sizes(let sizes): return sizes.max()
            case .range(let range): return range.upperBound
            }
        default: return nil
        }
    }

    /// The type with its order; nil where it is wrong, which is reported. Bits without a type are of `u8`, or of a
    /// register.
    private func readType(_ table: TableReader, needsOrder: Bool) -> BinaryType? {
        let order = table.choice("order", of: BinaryType.Order.self)
        guard table.has("type") else {
            if needsOrder, table.has("bit") || table.has("bits") { return BinaryType(.unsigned, size: 1) }
            if needsOrder {
                table.require("type", example: "\"u16be\"")
                return nil
            }
            return BinaryType(.unsigned, size: 2)
        }
        guard let word = table.string("type") else { return nil }
        guard let (parsed, named) = BinaryType.parse(word) else {
            let hint = NearestKey.hint(word, in: BinaryType.knownNames) ?? ""
            table.fail("\(quoted(word)) is no type of bytes\(hint)", at: "type")
            return nil
        }
        var type = parsed
        if let order {
            if named != nil, type.size != 1 {
                table.fail("the type says the order of bytes already", at: "order")
            } else if type.size == 2, !needsOrder, order == .bytesSwapped {
                // A register with its low byte first.
            } else if let size = type.size, size != 4, size != 8 {
                let hint = needsOrder ? "" : ", and \"BADC\" for 16 bits whose low byte comes first"
                table.fail("is for 32 and 64 bits\(hint)", at: "order")
            } else if needsOrder, type.size == nil {
                table.fail("is for 32 and 64 bits", at: "order")
            }
            type.order = order
        } else if needsOrder, named == nil, type.size != nil, type.size != 1 {
            table.fail(
                "\(quoted(word)) needs an order of bytes: \(quoted(word + "be")) or \(quoted(word + "le"))", at: "type")
        } else if needsOrder, type.coding == .bcd, named == nil {
            table.fail("\(quoted(word)) needs an order of bytes: \"bcdbe\" or \"bcdle\"", at: "type")
        } else if !needsOrder, named != nil, type.size != 1 {
            table.fail("\(quoted(word)): in Modbus the order of bytes is said by order", at: "type")
        }
        return type
    }

    // MARK: Registers

    private func readRegisterPlace(_ table: TableReader, _ profile: Profile) -> RegisterPlace? {
        let tables: [(key: String, table: RegisterPlace.Table)] = [
            ("input", .input), ("holding", .holding), ("coil", .coil), ("discrete", .discrete),
        ]
        let given = tables.compactMap { entry in
            table.integer(entry.key, in: 0...65535).map { (table: entry.table, address: $0) }
        }
        guard given.count == 1 else {
            if !tables.contains(where: { table.has($0.key) }) || given.count > 1 {
                table.fail("give one of input, holding, coil and discrete: the register, counted from 0")
            }
            _ = (readType(table, needsOrder: false), table.integer("size", in: 1...250))
            return nil
        }
        var place = RegisterPlace(table: given[0].table, address: given[0].address, type: nil, size: 0)
        if place.table.isOfBits {
            refuse(["type", "size", "order", "high", "low"], "a coil or discrete input is one bit", table)
            return place
        }
        guard var type = readType(table, needsOrder: false) else { return nil }
        if !table.has("order"), type.size ?? 4 > 2, !type.isText { type.order = profile.modbus?.order ?? .big }
        let size = table.integer("size", in: 1...250)
        if type.size != nil, size != nil { table.fail("the type has a size of its own", at: "size") }
        if [.kmp, .digits, .hexDigits, .signedHexDigits].contains(type.coding) {
            table.fail("is no type of registers", at: "type")
        }
        if type.size == nil { table.require("size", example: "16") }
        if type.coding == .text, type.order != .big, type.order != .bytesSwapped {
            table.fail("a text has \"ABCD\" or \"BADC\"", at: "order")
        }
        place.size = type.size ?? size ?? 2
        place.type = type
        let (high, low) = (table.boolean("high") ?? false, table.boolean("low") ?? false)
        if high || low {
            if high, low { table.fail("a byte is either high or low", at: "low") }
            if type.size != 1 { table.fail("the halves of a register are u8 and s8", at: high ? "high" : "low") }
            place.half = high ? .high : .low
        } else if type.size == 1 {
            table.fail("u8 and s8 are half a register: say high = true or low = true")
        }
        let count = table.peekInteger("count") ?? 1
        let last = place.address + (count - 1) * (table.peekInteger("stride") ?? place.count) + place.count
        if last > 65536 { table.fail("the registers end at 65535") }
        return place
    }
}
