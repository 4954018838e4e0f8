/// DSMR P1 telegrams: from `/` to `!` and the CRC-16/ARC of all that in up to four digits.
///
/// Some meters leave zeros at the CRC's beginning out. Versions 2 and 3 have none: a telegram without CRC is taken,
/// unless it says in `1-3:0.2.8` that it is of a version which has one.
struct DSMRScanner: FrameScanner {
    private static let start = UInt8(ascii: "/")
    private static let end = UInt8(ascii: "!")
    private static let version = Mark(Array("1-3:0.2.8(".utf8))

    func scan(_ bytes: Span<UInt8>, known: Int, scratch: inout [UInt8]) -> FrameScan {
        if bytes[0] == 0x0D || bytes[0] == 0x0A { return .frame(size: 1, content: 0..<0) }
        guard bytes[0] == Self.start else { return .skip(bytes.firstOffset(of: Self.start) ?? bytes.count, .noise) }
        // Behind the end at most four bytes were asked for.
        guard let last = end(in: bytes, from: max(1, known - 5)) else { return .needMoreBytes }
        // In an identification it is forbidden, and texts are sent in hexadecimal digits.
        guard bytes[last] == Self.end else {
            return .skip(last, .unfinished("a telegram begins before the last one has ended"))
        }
        var crc: UInt32 = 0
        var index = last + 1
        while index < bytes.count, index < last + 5, let digit = HexText.value(bytes[index]) {
            crc = crc << 4 | UInt32(digit)
            index += 1
        }
        if index < last + 5 {
            guard index < bytes.count else { return .needMoreBytes }
            guard bytes[index] == 0x0D || bytes[index] == 0x0A else {
                return .skip(1, .malformed("the CRC is not in hexadecimal digits"))
            }
        }
        let telegram = bytes.extracting(0...last)
        if index == last + 1 {
            if Self.version.firstWholeOffset(in: telegram, from: 0) != nil { return .skip(1, .checksum) }
        } else if crc != CRCTable.arc.checksum(of: telegram) {
            return .skip(1, .checksum)
        }
        return .frame(size: index, content: 0..<last + 1)
    }

    /// Where the telegram ends, or another one begins. The `!` begins a line: elsewhere it is damage, which in a
    /// telegram without CRC nothing else would show.
    private func end(in bytes: Span<UInt8>, from start: Int) -> Int? {
        var index = start
        while let next = bytes.firstOffset(ofAny: [Self.start, Self.end], from: index) {
            if bytes[next] == Self.start || bytes[next - 1] == 0x0A || bytes[next - 1] == 0x0D { return next }
            index = next + 1
        }
        return nil
    }
}
