import Records

extension [UInt8] {
    /// Appends an unsigned LEB128.
    @inline(__always)
    mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    /// Appends the length as a varint, then the bytes.
    mutating func append(counted bytes: some Collection<UInt8>) {
        append(varint: UInt64(bytes.count))
        append(contentsOf: bytes)
    }

    /// Appends the length as a varint, then the bytes.
    @inline(__always)
    mutating func append(counted bytes: RawSpan) {
        append(varint: UInt64(bytes.byteCount))
        bytes.withUnsafeBytes { append(contentsOf: $0) }
    }

    /// Appends an integer, least significant byte first.
    mutating func append(littleEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}

/// Why bytes could not be read back.
struct DecodingFailure: Error {
    let reason: String
}

/// Reads what ``ByteCoding`` wrote, never beyond the end.
struct ByteReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var offset: Int

    /// The caller keeps `bytes` alive while it reads.
    init(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    var isAtEnd: Bool { offset >= bytes.count }

    mutating func byte() throws(DecodingFailure) -> UInt8 {
        guard offset < bytes.count else { throw DecodingFailure(reason: "it ends too early") }
        defer { offset += 1 }
        return bytes[offset]
    }

    @inline(__always)
    mutating func varint() throws(DecodingFailure) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while shift < 64 {
            let next = try byte()
            value |= UInt64(next & 0x7F) << shift
            if next < 0x80 { return value }
            shift += 7
        }
        throw DecodingFailure(reason: "a number is too long")
    }

    /// The range of counted bytes, which are passed over.
    @inline(__always)
    mutating func counted() throws(DecodingFailure) -> Range<Int> {
        let count = try varint()
        guard count <= UInt64(bytes.count - offset) else { throw DecodingFailure(reason: "a length is too large") }
        defer { offset += Int(count) }
        return offset..<(offset + Int(count))
    }

    mutating func text() throws(DecodingFailure) -> String {
        String(decoding: bytes[try counted()], as: UTF8.self)
    }

    mutating func countedBytes() throws(DecodingFailure) -> [UInt8] { Array(bytes[try counted()]) }

    mutating func integer<Value: FixedWidthInteger>(as type: Value.Type) throws(DecodingFailure) -> Value {
        guard bytes.count - offset >= MemoryLayout<Value>.size else {
            throw DecodingFailure(reason: "it ends too early")
        }
        defer { offset += MemoryLayout<Value>.size }
        return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }
}
