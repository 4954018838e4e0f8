import Records

/// One element of A-XDR as COSEM writes it (IEC 62056-5-3): a tag, and what it announces.
enum DLMSElement {
    case null
    case boolean(Bool)
    case number(Double)
    /// An integer small enough to be a scaler.
    case small(Int8)
    case enumeration(UInt8)
    case octets(ArraySlice<UInt8>)
    case text(String)
    case list([DLMSElement])

    /// Push lists lie three deep; what is deeper is made to exhaust the stack.
    private static let depthMax = 12

    /// Takes one element; nil where the bytes are none, or of a type that no push list has.
    init?(_ reader: inout ByteReader, depth: Int = 0) {
        guard depth < Self.depthMax, let tag = reader.byte() else { return nil }
        switch tag {
        case 0x00: self = .null
        case 0x01, 0x02:
            guard let elements = Self.elements(&reader, depth: depth) else { return nil }
            self = .list(elements)
        case 0x03:
            guard let byte = reader.byte() else { return nil }
            self = .boolean(byte != 0)
        case 0x04:
            guard let bits = Self.length(&reader), let bytes = reader.take((bits + 7) / 8) else { return nil }
            self = .text(TelegramText.hexadecimal(bytes))
        case 0x09:
            guard let count = Self.length(&reader), let bytes = reader.take(count) else { return nil }
            self = .octets(bytes)
        case 0x0A, 0x0C:
            guard let count = Self.length(&reader), let bytes = reader.take(count) else { return nil }
            self = .text(TelegramText.trimmed(bytes))
        case 0x0F:
            guard let byte = reader.byte() else { return nil }
            self = .small(Int8(bitPattern: byte))
        case 0x16:
            guard let byte = reader.byte() else { return nil }
            self = .enumeration(byte)
        case 0x19:
            guard let bytes = reader.take(12) else { return nil }
            self = .octets(bytes)
        case 0x1A:
            guard let bytes = reader.take(5) else { return nil }
            self = .octets(bytes)
        case 0x1B:
            guard let bytes = reader.take(4) else { return nil }
            self = .octets(bytes)
        default:
            guard let number = Self.number(tag, &reader) else { return nil }
            self = .number(number)
        }
    }

    /// What a reading may carry of it; `exponent` scales numbers.
    func value(exponent: Int = 0) -> Reading.Value? {
        switch self {
        case .null, .list: nil
        case .boolean(let boolean): .boolean(boolean)
        case .number(let number): TelegramNumber.scaled(number, exponent: exponent).map { .number($0) }
        case .small(let number): TelegramNumber.scaled(Double(number), exponent: exponent).map { .number($0) }
        case .enumeration(let number): .number(Double(number))
        case .octets(let bytes): (DLMSDateTime.text(bytes) ?? TelegramText.octets(bytes)).map { .text($0) }
        case .text(let text): text.isEmpty ? nil : .text(text)
        }
    }

    /// The text, where it is one; meters send it as visible string and as octet string.
    var text: String? {
        guard case .text(let text) = value() else { return nil }
        return text
    }

    /// The code, where it is the octet string of one.
    var obisCode: String? {
        guard case .octets(let bytes) = self, bytes.count == 6 else { return nil }
        return bytes.map { String($0) }.joined(separator: ".")
    }

    /// Whether it is one value.
    var isScalar: Bool {
        if case .list = self { false } else { true }
    }

    private static func elements(_ reader: inout ByteReader, depth: Int) -> [DLMSElement]? {
        // Each element is a byte at least: a list that says more is damaged, and nothing is reserved for it.
        guard let count = length(&reader), count <= reader.remaining else { return nil }
        var elements: [DLMSElement] = []
        for _ in 0..<count {
            guard let element = DLMSElement(&reader, depth: depth + 1) else { return nil }
            elements.append(element)
        }
        return elements
    }

    private static func number(_ tag: UInt8, _ reader: inout ByteReader) -> Double? {
        switch tag {
        case 0x05: reader.bigEndian(4).map { Double($0.signed(bytes: 4)) }
        case 0x06: reader.bigEndian(4).map { Double($0) }
        case 0x0D: reader.byte().flatMap { $0 >> 4 < 10 && $0 & 15 < 10 ? Double($0 >> 4 * 10 + $0 & 15) : nil }
        case 0x10: reader.bigEndian(2).map { Double($0.signed(bytes: 2)) }
        case 0x11: reader.byte().map { Double($0) }
        case 0x12: reader.bigEndian(2).map { Double($0) }
        case 0x14: reader.bigEndian(8).map { Double($0.signed(bytes: 8)) }
        case 0x15: reader.bigEndian(8).map { Double($0) }
        case 0x17: reader.bigEndian(4).map { Double(Float(bitPattern: UInt32($0))) }
        case 0x18: reader.bigEndian(8).map { Double(bitPattern: $0) }
        default: nil
        }
    }

    /// A length: one byte below 80, or the count of its bytes, up to four.
    private static func length(_ reader: inout ByteReader) -> Int? {
        guard let first = reader.byte() else { return nil }
        guard first >= 0x80 else { return Int(first) }
        guard (1...4).contains(first & 0x7F) else { return nil }
        return reader.bigEndian(Int(first & 0x7F)).map { Int($0) }
    }
}
