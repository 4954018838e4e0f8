/// Takes bytes from the front of a telegram; what is not there is nil, never a trap.
struct ByteReader {
    private var rest: ArraySlice<UInt8>
    private let start: Int

    /// A reader at the first of these bytes.
    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
        start = bytes.startIndex
    }

    /// Bytes taken so far.
    var offset: Int { rest.startIndex - start }
    /// Bytes left.
    var remaining: Int { rest.count }
    var isAtEnd: Bool { rest.isEmpty }
    /// The next byte, which stays.
    var next: UInt8? { rest.first }

    /// Takes one byte.
    mutating func byte() -> UInt8? { rest.popFirst() }

    /// Takes so many bytes, or none where there are fewer.
    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, count <= rest.count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    /// Takes an integer of 1 to 8 bytes, the highest first.
    mutating func bigEndian(_ width: Int) -> UInt64? {
        guard (1...8).contains(width), let bytes = take(width) else { return nil }
        return bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension UInt64 {
    /// The value as a signed integer of so many bytes, 1 to 8.
    func signed(bytes width: Int) -> Int64 {
        let shift = 64 - 8 * width
        return Int64(bitPattern: self << shift) >> shift
    }
}

extension ArraySlice<UInt8> {
    /// The integer of up to 8 bytes, the lowest first.
    var littleEndian: UInt64 { suffix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) } }
}
