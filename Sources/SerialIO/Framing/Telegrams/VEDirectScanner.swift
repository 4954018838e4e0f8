/// VE.Direct text blocks of Victron: lines CR LF label HT value, the last of them `Checksum`, whose value is one byte
/// that makes the sum of all 0. That byte may be anything, also a line feed or a colon.
///
/// Hexadecimal frames, from `:` to LF, cut into a block where they like, and count in no sum.
struct VEDirectScanner: FrameScanner {
    private static let last = Array("\r\nChecksum\t".utf8)
    /// With one of these each block begins: it is where to search when a block's end got lost.
    private static let starts = [Mark(Array("\r\nPID\t".utf8)), Mark(Array("\r\nH1\t".utf8))]

    func scan(_ bytes: Span<UInt8>, known: Int, scratch: inout [UInt8]) -> FrameScan {
        guard bytes[0] == 0x0D else { return .skip(bytes.firstOffset(of: 0x0D) ?? bytes.count, .noise) }
        var hexadecimals: [Range<Int>] = []
        var sum: UInt8 = 0
        // Bytes of the text so far, and how many of the last of them are the beginning of the last line.
        var (count, matched) = (0, 0)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if matched == Self.last.count {
                guard sum &+ byte == 0 else { return .skip(nextStart(in: bytes, before: index + 1), .checksum) }
                return frame(bytes, size: index + 1, without: hexadecimals, scratch: &scratch)
            }
            if byte == 0x3A {
                guard let end = bytes.firstOffset(of: 0x0A, from: index) else { return .needMoreBytes }
                hexadecimals.append(index..<end + 1)
                index = end + 1
                continue
            }
            if count == 1, byte != 0x0A { return .skip(1, .noise) }
            guard Self.isText(byte) else { return .skip(index + 1, .malformed("a byte in a block is no text")) }
            matched = byte == Self.last[matched] ? matched + 1 : byte == Self.last[0] ? 1 : 0
            sum &+= byte
            count += 1
            index += 1
        }
        return .needMoreBytes
    }

    private static func isText(_ byte: UInt8) -> Bool {
        (0x20...0x7E).contains(byte) || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    /// Where in a damaged block the next one begins; its end where none does. What came as its checksum may have been
    /// the next block's first byte.
    private func nextStart(in bytes: Span<UInt8>, before end: Int) -> Int {
        let block = bytes.extracting(0..<end)
        let start = Self.starts.compactMap { $0.firstWholeOffset(in: block, from: 1) }.min()
        return start ?? (bytes[end - 1] == 0x0D ? end - 1 : end)
    }

    private func frame(
        _ bytes: Span<UInt8>, size: Int, without hexadecimals: [Range<Int>], scratch: inout [UInt8]
    ) -> FrameScan {
        if hexadecimals.isEmpty { return .frame(size: size, content: 0..<size) }
        var start = 0
        for hexadecimal in hexadecimals {
            scratch.append(contentsOf: bytes.extracting(start..<hexadecimal.lowerBound))
            start = hexadecimal.upperBound
        }
        scratch.append(contentsOf: bytes.extracting(start..<size))
        return .frameInScratch(size: size)
    }
}
