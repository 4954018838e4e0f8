/// Pylontech RS-485 frames: `~`, hexadecimal digits, CR. Version, address, two ids, the length of what follows with a
/// checksum of its own, that, and the negative sum of all characters.
///
/// The content is the bytes that the digits stand for, from version to checksum.
struct PylontechScanner: FrameScanner {
    private static let start = UInt8(ascii: "~")
    private static let end: UInt8 = 0x0D
    /// Digits before the information, and behind it.
    private static let headSize = 12
    private static let checksumSize = 4
    private static let checksum = Checksum(ChecksumRule(.sum16Negative))

    func scan(_ bytes: Span<UInt8>, known: Int, scratch: inout [UInt8]) -> FrameScan {
        if bytes[0] == Self.end || bytes[0] == 0x0A { return .frame(size: 1, content: 0..<0) }
        guard bytes[0] == Self.start else { return .skip(bytes.firstOffset(of: Self.start) ?? bytes.count, .noise) }
        // What is no digit ends the walk, so all that is known are digits.
        var last = max(1, known)
        while last < bytes.count, HexText.value(bytes[last]) != nil { last += 1 }
        guard last < bytes.count else { return .needMoreBytes }
        switch bytes[last] {
        case Self.end: break
        case Self.start: return .skip(last, .unfinished("a frame begins before the last one has ended"))
        default: return .skip(1, .malformed("not a hexadecimal digit"))
        }
        let digits = bytes.extracting(1..<last)
        guard digits.count >= Self.headSize + Self.checksumSize, digits.count.isMultiple(of: 2) else {
            return .skip(1, .length)
        }
        let covered = digits.extracting(0..<digits.count - Self.checksumSize)
        guard Self.checksum.value(of: covered) == number(digits, at: covered.count) else { return .skip(1, .checksum) }
        let length = number(digits, at: Self.headSize - 4)
        let nibbles = (length >> 8 & 15) + (length >> 4 & 15) + (length & 15)
        guard length >> 12 == (0 &- nibbles) & 15, Int(length & 0x0FFF) == covered.count - Self.headSize else {
            return .skip(1, .length)
        }
        for index in stride(from: 0, to: digits.count, by: 2) {
            scratch.append((HexText.value(digits[index]) ?? 0) << 4 | (HexText.value(digits[index + 1]) ?? 0))
        }
        return .frameInScratch(size: last + 1)
    }

    /// What four digits stand for.
    private func number(_ digits: Span<UInt8>, at offset: Int) -> UInt32 {
        (offset..<offset + 4).reduce(0) { $0 << 4 | UInt32(HexText.value(digits[$1]) ?? 0) }
    }
}
