/// Writes CBOR (RFC 8949) in its preferred serialisation (section 4.1): every number in its shortest form.
struct CBORWriter: Sendable {
    private(set) var bytes: [UInt8] = []

    mutating func reserveCapacity(_ capacity: Int) { bytes.reserveCapacity(capacity) }
    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// The head of an array; that many items follow.
    mutating func array(count: Int) { head(4, UInt64(count)) }
    /// The head of a map; that many pairs follow.
    mutating func map(count: Int) { head(5, UInt64(count)) }

    /// Sets the number of pairs, at most 23, of a map whose head says at most 23.
    mutating func setMapCount(_ count: UInt8, at offset: Int) {
        precondition(count < 24, "a longer count needs a longer head")
        bytes[offset] = 5 << 5 | count
    }

    mutating func unsigned(_ value: UInt64) { head(0, value) }

    mutating func integer(_ value: Int) {
        if value >= 0 { head(0, UInt64(value)) } else { head(1, UInt64(-1 - value)) }
    }

    mutating func boolean(_ value: Bool) { bytes.append(value ? 0xF5 : 0xF4) }

    /// A text; what is not UTF-8 in it becomes U+FFFD.
    mutating func text(_ content: UnsafeBufferPointer<UInt8>) {
        // What is ASCII needs no look at its sequences, and nearly everything is.
        if content.allSatisfy({ $0 < 0x80 }) { return string(3, content) }
        text(String(decoding: content, as: UTF8.self))
    }

    /// A text that is Unicode.
    mutating func text(_ content: String) {
        var content = content
        content.withUTF8 { string(3, $0) }
    }

    mutating func bytes(_ content: UnsafeBufferPointer<UInt8>) { string(2, content) }

    /// An integer where the number is whole, else the shortest float that holds it exactly.
    mutating func number(_ value: Double) {
        if value.magnitude < 9_007_199_254_740_992, let whole = Int(exactly: value), whole != 0 || value.sign == .plus {
            integer(whole)
        } else if let single = Float(exactly: value) {
            if let half = Self.half(single) {
                bytes.append(0xF9)
                append(half)
            } else {
                bytes.append(0xFA)
                append(single.bitPattern)
            }
        } else {
            bytes.append(0xFB)
            append(value.bitPattern)
        }
    }

    /// The bits of a half-precision float (IEEE 754 binary16); nil where it would lose any, or be subnormal.
    private static func half(_ value: Float) -> UInt16? {
        if value == 0 { return value.sign == .minus ? 0x8000 : 0 }
        let bits = value.bitPattern
        let exponent = Int(bits >> 23 & 0xFF) - 127
        guard (-14...15).contains(exponent), bits & 0x1FFF == 0 else { return nil }
        return UInt16(bits >> 31) << 15 | UInt16(exponent + 15) << 10 | UInt16(bits >> 13 & 0x3FF)
    }

    private mutating func string(_ major: UInt8, _ content: UnsafeBufferPointer<UInt8>) {
        head(major, UInt64(content.count))
        bytes.append(contentsOf: content)
    }

    private mutating func head(_ major: UInt8, _ value: UInt64) {
        let major = major << 5
        switch value {
        case ..<24: bytes.append(major | UInt8(value))
        case ...0xFF:
            bytes.append(major | 24)
            bytes.append(UInt8(value))
        case ...0xFFFF:
            bytes.append(major | 25)
            append(UInt16(value))
        case ...0xFFFF_FFFF:
            bytes.append(major | 26)
            append(UInt32(value))
        default:
            bytes.append(major | 27)
            append(value)
        }
    }

    private mutating func append<Integer: FixedWidthInteger>(_ value: Integer) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
