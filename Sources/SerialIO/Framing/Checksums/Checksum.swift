/// A ``ChecksumRule`` made ready for use: computes, compares and writes checksums.
///
/// A class, because it never changes and is passed on with every frame: tables and rule are not worth a copy each time.
public final class Checksum: Sendable {
    /// What it does.
    public let rule: ChecksumRule
    /// Bytes that it takes in a frame, as it is encoded.
    public let size: Int
    /// Bytes of the value itself.
    public let valueSize: Int
    private let table: CRCTable?

    /// Builds the tables that the rule needs.
    public init(_ rule: ChecksumRule) {
        self.rule = rule
        switch rule.kind {
        case .sum8, .sum8Not, .sum8Negative, .sum8To, .xor8, .sum6, .sum7Not: (valueSize, table) = (1, nil)
        case .sum16, .sum16Negative, .fletcher8: (valueSize, table) = (2, nil)
        case .crc(let crc): (valueSize, table) = ((crc.width + 7) / 8, CRCTable(crc))
        }
        switch rule.encoding {
        case .be, .le: size = valueSize
        case .hex, .hexLE: size = valueSize * 2
        case .sdi12: size = 3
        }
    }

    /// Whether the checksum in a frame is that of the frame. Not where the frame is too short to have one.
    public func matches(_ frame: Span<UInt8>) -> Bool {
        guard let place = place(inFrameOf: frame.count) else { return false }
        let value = value(of: frame.extracting(place.covered))
        for index in 0..<size {
            let difference = canonical(frame[place.at + index]) ^ encodedByte(index, of: value)
            if difference & mask(of: index) != 0 { return false }
        }
        return true
    }

    /// Whether the checksum in a frame is that of the frame. Not where the frame is too short to have one.
    public func matches(_ frame: [UInt8]) -> Bool { matches(frame.span) }

    /// What stands in a frame as its checksum, and what would fit; nil where the frame has no room for it.
    public func comparison(in frame: [UInt8]) -> (covered: Range<Int>, found: [UInt8], expected: [UInt8])? {
        guard let place = place(inFrameOf: frame.count) else { return nil }
        return (
            place.covered, Array(frame[place.at..<place.at + size]), bytes(of: Array(frame[place.covered]))
        )
    }

    /// Whether a frame of this size has room for what counts and for the checksum.
    public func fits(_ frameSize: Int) -> Bool { place(inFrameOf: frameSize) != nil }

    /// The checksum of these bytes, all of them, as it is written.
    public func bytes(of covered: Span<UInt8>) -> [UInt8] {
        let value = value(of: covered)
        return (0..<size).map { encodedByte($0, of: value) & mask(of: $0) }
    }

    /// The checksum of these bytes, all of them, as it is written.
    public func bytes(of covered: [UInt8]) -> [UInt8] { bytes(of: covered.span) }

    /// Writes a frame's checksum into its place, which is there already. False where the frame is too short for that.
    public func complete(_ frame: inout [UInt8]) -> Bool {
        guard let place = place(inFrameOf: frame.count) else { return false }
        frame.replaceSubrange(place.at..<place.at + size, with: bytes(of: Array(frame[place.covered])))
        return true
    }

    /// What counts, and where the checksum stands; nil where a frame of this size has no room for them.
    private func place(inFrameOf count: Int) -> (covered: Range<Int>, at: Int)? {
        func offset(_ offset: Int) -> Int { offset < 0 ? count + offset : offset }
        let at = offset(rule.at ?? -size)
        let from = offset(rule.from)
        let to = rule.to.map(offset) ?? at
        guard at >= 0, at <= count - size, from >= 0, from <= to, to <= count else { return nil }
        return (from..<to, at)
    }

    /// The checksum as a number.
    func value(of bytes: Span<UInt8>) -> UInt32 {
        if case .crc = rule.kind { return table?.checksum(of: bytes) ?? 0 }
        return (plainValue(of: bytes) ^ rule.finalXor) & (valueSize == 1 ? 0xFF : 0xFFFF)
    }

    private func plainValue(of bytes: Span<UInt8>) -> UInt32 {
        switch rule.kind {
        case .sum8, .sum16: sum(bytes)
        case .sum8Not: ~sum(bytes)
        case .sum8Negative, .sum16Negative: 0 &- sum(bytes)
        case .sum8To(let total): UInt32(total) &- sum(bytes)
        case .xor8: xor(bytes)
        case .fletcher8: fletcher(bytes)
        case .sum6: (sum(bytes) & 0x3F) + 0x20
        case .sum7Not: (0x7F &- sum(bytes)) & 0x7F
        case .crc: 0
        }
    }

    private func sum(_ bytes: Span<UInt8>) -> UInt32 {
        var sum = rule.initial
        for index in bytes.indices { sum &+= UInt32(bytes[unchecked: index]) }
        return sum
    }

    private func xor(_ bytes: Span<UInt8>) -> UInt32 {
        var xor = UInt8(truncatingIfNeeded: rule.initial)
        for index in bytes.indices { xor ^= bytes[unchecked: index] }
        return UInt32(xor)
    }

    /// Two sums modulo 256; the first of them is written first (RFC 1145 with 8 bits, as u-blox has it).
    private func fletcher(_ bytes: Span<UInt8>) -> UInt32 {
        var (first, second) = (UInt8(truncatingIfNeeded: rule.initial), UInt8(0))
        for index in bytes.indices {
            first &+= bytes[unchecked: index]
            second &+= first
        }
        return UInt32(first) << 8 | UInt32(second)
    }

    /// One byte of the checksum as it is written, `index` counted on the line.
    private func encodedByte(_ index: Int, of value: UInt32) -> UInt8 {
        let byte =
            switch rule.encoding {
            case .be: part(valueSize - 1 - index, of: value)
            case .le: part(index, of: value)
            case .hex: digit(part(valueSize - 1 - index / 2, of: value), isHigh: index.isMultiple(of: 2))
            case .hexLE: digit(part(index / 2, of: value), isHigh: index.isMultiple(of: 2))
            case .sdi12: UInt8(truncatingIfNeeded: 0x40 | value >> UInt32(12 - 6 * index) & 0x3F)
            }
        return !rule.avoided.isEmpty && rule.avoided.contains(byte) ? byte &+ 1 : byte
    }

    /// The bits that count in one byte of the checksum as it is written.
    private func mask(of index: Int) -> UInt8 {
        switch rule.encoding {
        case .be: part(valueSize - 1 - index, of: rule.mask)
        case .le: part(index, of: rule.mask)
        case .hex, .hexLE, .sdi12: 0xFF
        }
    }

    /// A byte of the value, counted from the lowest.
    private func part(_ number: Int, of value: UInt32) -> UInt8 {
        UInt8(truncatingIfNeeded: value >> UInt32(8 * number))
    }

    private func digit(_ byte: UInt8, isHigh: Bool) -> UInt8 {
        let nibble = isHigh ? byte >> 4 : byte & 0x0F
        return nibble < 10 ? 0x30 + nibble : 0x41 + nibble - 10
    }

    /// A byte of a frame's checksum as we would have written it: digits may be of either case.
    private func canonical(_ byte: UInt8) -> UInt8 {
        switch rule.encoding {
        case .hex, .hexLE: (0x61...0x66).contains(byte) ? byte - 0x20 : byte
        case .be, .le, .sdi12: byte
        }
    }
}
