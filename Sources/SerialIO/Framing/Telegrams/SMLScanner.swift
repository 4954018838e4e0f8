/// SML transport protocol, version 1 (BSI TR-03109-1, annex IV, 8): between escape sequences, with a CRC over it all.
///
/// The CRC is X-25; some meters send KERMIT, and are right as well.
struct SMLScanner: FrameScanner {
    private static let escape: UInt8 = 0x1B
    private static let start = Mark([0x1B, 0x1B, 0x1B, 0x1B, 0x01, 0x01, 0x01, 0x01])

    func scan(_ bytes: Span<UInt8>, known: Int, scratch: inout [UInt8]) -> FrameScan {
        switch Self.start.agreement(bytes, at: 0) {
        case .none: return .skip(Self.start.firstOffset(in: bytes, from: 1), .noise)
        case .partial: return .needMoreBytes
        case .whole: break
        }
        // An escape sequence in the content is sent twice.
        var doubled: [Int] = []
        var index = Self.start.count
        while let offset = bytes.firstOffset(of: Self.escape, from: index) {
            let run = Self.run(of: Self.escape, in: bytes, at: offset)
            guard run == 4 || offset + run == bytes.count else {
                index = offset + run
                continue
            }
            guard offset + 8 <= bytes.count else { return .needMoreBytes }
            switch bytes[offset + 4] {
            case 0x1A: return end(bytes, at: offset, doubled: doubled, scratch: &scratch)
            case 0x01 where Self.run(of: 0x01, in: bytes, at: offset + 4) == 4:
                return .skip(offset, .unfinished("a file begins before the last one has ended"))
            case Self.escape where Self.run(of: Self.escape, in: bytes, at: offset + 4) == 4:
                doubled.append(offset)
                index = offset + 8
            // The last byte of the content looks like an escape's first.
            case Self.escape: index = offset + 1
            default: return .skip(1, .malformed("an unknown escape sequence"))
            }
        }
        return .needMoreBytes
    }

    /// How many of at most four such bytes stand here.
    private static func run(of byte: UInt8, in bytes: Span<UInt8>, at offset: Int) -> Int {
        var count = 0
        while count < 4, offset + count < bytes.count, bytes[offset + count] == byte { count += 1 }
        return count
    }

    /// The end sequence is at `offset`: 1B 1B 1B 1B 1A, bytes that fill up, CRC.
    private func end(
        _ bytes: Span<UInt8>, at offset: Int, doubled: [Int], scratch: inout [UInt8]
    ) -> FrameScan {
        let covered = bytes.extracting(0..<offset + 6)
        let crc = bytes.littleEndian16(at: offset + 6)
        guard crc == CRCTable.x25.checksum(of: covered) || crc == CRCTable.kermit.checksum(of: covered) else {
            return .skip(1, .checksum)
        }
        var from = Self.start.count
        let to = offset - Int(bytes[offset + 5])
        guard bytes[offset + 5] < 4, from <= to else { return .skip(1, .malformed("more fills it up than there is")) }
        if doubled.isEmpty { return .frame(size: offset + 8, content: from..<to) }
        for place in doubled where place + 8 <= to {
            scratch.append(contentsOf: bytes.extracting(from..<place + 4))
            from = place + 8
        }
        scratch.append(contentsOf: bytes.extracting(from..<to))
        return .frameInScratch(size: offset + 8)
    }
}
