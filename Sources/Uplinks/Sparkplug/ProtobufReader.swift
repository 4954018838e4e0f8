/// Steps through the fields of a Protocol Buffers message: for the commands that a host sends.
struct ProtobufReader {
    /// What a field holds, by its wire type.
    enum Content {
        case integer(UInt64)
        case bytes(ArraySlice<UInt8>)
        /// Four or eight bytes, which no field that is looked for has.
        case fixed
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// The next field; nil at the end, and where the rest is no message.
    mutating func next() -> (field: Int, content: Content)? {
        guard let tag = varint() else { return nil }
        let field = Int(truncatingIfNeeded: tag >> 3)
        switch tag & 7 {
        case 0: return varint().map { (field, .integer($0)) }
        case 1: return skip(8) ? (field, .fixed) : nil
        case 5: return skip(4) ? (field, .fixed) : nil
        case 2:
            guard let length = varint(), length <= UInt64(rest.count) else { return nil }
            let content = rest.prefix(Int(length))
            rest = rest.dropFirst(Int(length))
            return (field, .bytes(content))
        default: return nil
        }
    }

    private mutating func skip(_ count: Int) -> Bool {
        guard rest.count >= count else { return false }
        rest = rest.dropFirst(count)
        return true
    }

    private mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst() else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }
}
