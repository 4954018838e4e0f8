/// Finds the line of every key of a TOML document.
///
/// TOMLKit tells positions for syntax errors only. This walks the text of a document that the parser has accepted, and
/// therefore trusts its grammar: it looks for where things begin and end, not for mistakes.
struct TOMLLocator {
    /// One step of the way from the root to a value.
    enum Step: Hashable {
        case key(String)
        case index(Int)
    }

    /// Where a value stands.
    struct Place: Hashable {
        /// 1 for the first line.
        var line: Int
        /// Counts the keys in the order of the file.
        var order: Int
    }

    /// The places of all values, by their way from the root.
    private(set) var places: [[Step]: Place] = [:]
    /// Line of the first string that has U+0000 in it, which TOMLKit would cut there.
    private(set) var zeroLine: Int?

    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    /// Tables that have a header or a key of their own, not only deeper ones.
    private var explicit: Set<[Step]> = []
    /// How many elements each array of tables has so far.
    private var tableCounts: [[Step]: Int] = [:]

    /// Walks the whole text.
    init(_ text: String) {
        bytes = Array(text.utf8)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        var table: [Step] = []
        while true {
            skipSpace(alsoLines: true)
            guard let byte = peek() else { return }
            if byte == UInt8(ascii: "[") {
                table = readHeader()
            } else {
                readPair(in: table)
            }
        }
    }

    private mutating func readHeader() -> [Step] {
        position += 1
        let isArray = take(UInt8(ascii: "["))
        let header = line
        let keys = readKeys()
        _ = take(UInt8(ascii: "]"))
        if isArray { _ = take(UInt8(ascii: "]")) }
        var table: [Step] = []
        for key in keys.dropLast() {
            table.append(.key(key))
            record(table, line: header, isExplicit: false)
            if let count = tableCounts[table] { table.append(.index(count - 1)) }
        }
        guard let last = keys.last else { return table }
        table.append(.key(last))
        if isArray {
            let count = tableCounts[table, default: 0]
            tableCounts[table] = count + 1
            if count == 0 { record(table, line: header, isExplicit: true) }
            table.append(.index(count))
        }
        record(table, line: header, isExplicit: true)
        return table
    }

    private mutating func readPair(in table: [Step]) {
        let start = position
        let pairLine = line
        let keys = readKeys()
        var path = table
        for key in keys {
            path.append(.key(key))
            record(path, line: pairLine, isExplicit: path.count == table.count + keys.count)
        }
        skipSpace(alsoLines: false)
        _ = take(UInt8(ascii: "="))
        readValue(at: path)
        // The parser has accepted the text, so that there is progress; without it, this must still end.
        if position == start { position += 1 }
    }

    private mutating func readValue(at path: [Step]) {
        skipSpace(alsoLines: false)
        switch peek() {
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            _ = readString()
        case UInt8(ascii: "["):
            readArray(at: path)
        case UInt8(ascii: "{"):
            readInlineTable(at: path)
        default:
            while let byte = peek(), !Self.endsScalar(byte) { position += 1 }
        }
    }

    private mutating func readArray(at path: [Step]) {
        position += 1
        var index = 0
        while true {
            skipSpace(alsoLines: true)
            guard let byte = peek() else { return }
            if take(UInt8(ascii: "]")) { return }
            if take(UInt8(ascii: ",")) { continue }
            let start = position
            record(path + [.index(index)], line: line, isExplicit: true)
            readValue(at: path + [.index(index)])
            if position == start, peek() == byte { position += 1 }
            index += 1
        }
    }

    private mutating func readInlineTable(at path: [Step]) {
        position += 1
        while true {
            skipSpace(alsoLines: true)
            guard peek() != nil else { return }
            if take(UInt8(ascii: "}")) { return }
            if take(UInt8(ascii: ",")) { continue }
            readPair(in: path)
        }
    }

    private mutating func record(_ path: [Step], line: Int, isExplicit: Bool) {
        if let known = places[path] {
            // A table that so far was only on the way to a deeper one gets its own header's line.
            guard isExplicit, explicit.insert(path).inserted else { return }
            places[path] = Place(line: line, order: known.order)
        } else {
            places[path] = Place(line: line, order: places.count)
            if isExplicit { explicit.insert(path) }
        }
    }
}

/// Characters and strings.
extension TOMLLocator {
    private func peek(_ offset: Int = 0) -> UInt8? {
        position + offset < bytes.count ? bytes[position + offset] : nil
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    private static func endsScalar(_ byte: UInt8) -> Bool {
        [UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: "#"), 0x0A].contains(byte)
    }

    private mutating func skipSpace(alsoLines: Bool) {
        while let byte = peek() {
            switch byte {
            case 0x20, 0x09, 0x0D:
                position += 1
            case 0x0A where alsoLines:
                line += 1
                position += 1
            case UInt8(ascii: "#") where alsoLines:
                while let next = peek(), next != 0x0A { position += 1 }
            default:
                return
            }
        }
    }

    /// The parts of a dotted key.
    private mutating func readKeys() -> [String] {
        var keys: [String] = []
        repeat {
            skipSpace(alsoLines: false)
            if peek() == UInt8(ascii: "\"") || peek() == UInt8(ascii: "'") {
                keys.append(readString())
            } else {
                let start = position
                while let byte = peek(), Self.isBare(byte) { position += 1 }
                keys.append(String(decoding: bytes[start..<position], as: UTF8.self))
            }
            skipSpace(alsoLines: false)
        } while take(UInt8(ascii: "."))
        return keys
    }

    private static func isBare(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: byte >= 0x80
        }
    }

    /// A string of any of the four kinds. What a multi-line string says is not needed, only where it ends.
    private mutating func readString() -> String {
        let quote = bytes[position]
        let isMultiLine = peek(1) == quote && peek(2) == quote
        position += isMultiLine ? 3 : 1
        var text: [UInt8] = []
        while let byte = peek() {
            if byte == quote, !isMultiLine {
                position += 1
                break
            }
            if byte == quote, peek(1) == quote, peek(2) == quote {
                position += 3
                // Up to two more quotes belong to the text: """a"""""
                while take(quote) {}
                break
            }
            if byte == 0x0A { line += 1 }
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                text += readEscape()
            } else {
                text.append(byte)
                position += 1
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func readEscape() -> [UInt8] {
        let escape = peek(1) ?? 0
        let digits = escape == UInt8(ascii: "u") ? 4 : escape == UInt8(ascii: "U") ? 8 : 0
        if digits > 0 {
            let end = min(position + 2 + digits, bytes.count)
            let value = UInt32(String(decoding: bytes[position + 2..<end], as: UTF8.self), radix: 16) ?? 0
            if value == 0, zeroLine == nil { zeroLine = line }
            position = end
            return Array(String(Unicode.Scalar(value) ?? "\u{FFFD}").utf8)
        }
        let meanings: [UInt8: UInt8] = [
            UInt8(ascii: "b"): 0x08, UInt8(ascii: "t"): 0x09, UInt8(ascii: "n"): 0x0A, UInt8(ascii: "f"): 0x0C,
            UInt8(ascii: "r"): 0x0D,
        ]
        // A backslash at the end of a line keeps its newline for the caller to count.
        position += escape == 0x0A ? 1 : 2
        return escape == 0x0A ? [] : [meanings[escape] ?? escape]
    }
}
