/// Steps through JSON text (RFC 8259) and hands out the bytes of its parts, without building a tree.
///
/// It checks only as much as it needs to find where a value ends: the text comes from a program that wrote it right, or
/// it ends in an error, never in a crash or an endless loop.
struct JSONSkimmer {
    /// The text is not JSON at this offset.
    struct Malformed: Error { let offset: Int }

    let bytes: ArraySlice<UInt8>
    private(set) var offset: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        offset = bytes.startIndex
    }

    /// Whether nothing but white space is left.
    mutating func isAtEnd() -> Bool {
        skipBlanks()
        return offset == bytes.endIndex
    }

    /// Calls `body` at each element of an array; `body` must step over it.
    mutating func forEachElement(_ body: (inout JSONSkimmer) throws -> Void) throws {
        try expect(UInt8(ascii: "["))
        if take(UInt8(ascii: "]")) { return }
        repeat { try body(&self) } while take(UInt8(ascii: ","))
        try expect(UInt8(ascii: "]"))
    }

    /// Calls `body` at the value of each member of an object, with the member's name as it is written; `body` must step
    /// over the value.
    mutating func forEachMember(_ body: (inout JSONSkimmer, ArraySlice<UInt8>) throws -> Void) throws {
        try expect(UInt8(ascii: "{"))
        if take(UInt8(ascii: "}")) { return }
        repeat {
            let name = try string()
            try expect(UInt8(ascii: ":"))
            try body(&self, name)
        } while take(UInt8(ascii: ","))
        try expect(UInt8(ascii: "}"))
    }

    /// Steps over a string and returns what is between its quotes, escapes and all.
    mutating func string() throws -> ArraySlice<UInt8> {
        try expect(UInt8(ascii: "\""))
        let start = offset
        while offset < bytes.endIndex {
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                offset += 1
                return bytes[start..<(offset - 1)]
            case UInt8(ascii: "\\"):
                offset += 2
            default:
                offset += 1
            }
        }
        offset = bytes.endIndex
        throw Malformed(offset: start)
    }

    /// Steps over any value and returns its bytes.
    mutating func value() throws -> ArraySlice<UInt8> {
        skipBlanks()
        let start = offset
        var depth = 0
        while offset < bytes.endIndex {
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                _ = try string()
                if depth == 0 { return bytes[start..<offset] }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                offset += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return try scalar(from: start) }
                depth -= 1
                offset += 1
                if depth == 0 { return bytes[start..<offset] }
            case UInt8(ascii: ","), 0x20, 0x09, 0x0A, 0x0D:
                if depth == 0 { return try scalar(from: start) }
                offset += 1
            default:
                offset += 1
            }
        }
        guard depth == 0 else { throw Malformed(offset: start) }
        return try scalar(from: start)
    }

    /// A string's content without escapes; nil where an escape is not one or the result is not UTF-8.
    static func unescaped(_ content: ArraySlice<UInt8>) -> [UInt8]? {
        guard content.contains(UInt8(ascii: "\\")) else { return Array(content) }
        var plain: [UInt8] = []
        plain.reserveCapacity(content.count)
        var rest = content
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                plain.append(byte)
                continue
            }
            guard let kind = rest.popFirst() else { return nil }
            if kind == UInt8(ascii: "u") {
                guard let scalar = scalarEscape(&rest) else { return nil }
                plain.append(contentsOf: String(Character(scalar)).utf8)
            } else {
                guard let index = escapes.firstIndex(where: { $0.0 == kind }) else { return nil }
                plain.append(escapes[index].1)
            }
        }
        return plain
    }

    private static let escapes: [(UInt8, UInt8)] = [
        (UInt8(ascii: "\""), 0x22), (UInt8(ascii: "\\"), 0x5C), (UInt8(ascii: "/"), 0x2F), (UInt8(ascii: "b"), 0x08),
        (UInt8(ascii: "f"), 0x0C), (UInt8(ascii: "n"), 0x0A), (UInt8(ascii: "r"), 0x0D), (UInt8(ascii: "t"), 0x09),
    ]

    /// Four digits behind `\u`, or eight over a surrogate pair.
    private static func scalarEscape(_ rest: inout ArraySlice<UInt8>) -> Unicode.Scalar? {
        guard let unit = hexadecimal(&rest) else { return nil }
        guard (0xD800...0xDBFF).contains(unit) else { return Unicode.Scalar(unit) }
        guard rest.popFirst() == UInt8(ascii: "\\"), rest.popFirst() == UInt8(ascii: "u"),
            let low = hexadecimal(&rest), (0xDC00...0xDFFF).contains(low)
        else { return nil }
        return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
    }

    private static func hexadecimal(_ rest: inout ArraySlice<UInt8>) -> UInt32? {
        guard rest.count >= 4 else { return nil }
        let digits = rest.prefix(4)
        rest = rest.dropFirst(4)
        var value: UInt32 = 0
        for digit in digits {
            guard let number = Character(Unicode.Scalar(digit)).hexDigitValue else { return nil }
            value = value << 4 | UInt32(number)
        }
        return value
    }

    private func scalar(from start: Int) throws -> ArraySlice<UInt8> {
        guard offset > start else { throw Malformed(offset: start) }
        return bytes[start..<offset]
    }

    private mutating func skipBlanks() {
        while offset < bytes.endIndex, bytes[offset] <= 0x20 {
            guard bytes[offset] == 0x20 || [0x09, 0x0A, 0x0D].contains(bytes[offset]) else { return }
            offset += 1
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipBlanks()
        guard offset < bytes.endIndex, bytes[offset] == byte else { return false }
        offset += 1
        return true
    }

    private mutating func expect(_ byte: UInt8) throws {
        guard take(byte) else { throw Malformed(offset: offset) }
    }
}
