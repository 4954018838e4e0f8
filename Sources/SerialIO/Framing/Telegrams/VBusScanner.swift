/// Resol VBus packets, protocol version 1: AA, a head of nine bytes, and frames of four bytes with their septet and
/// checksum. Of all bytes but the first the highest bit is clear.
///
/// The content is the head as it came, ten bytes with the AA, and behind it the data, four bytes for each frame with
/// their highest bits put back: the first value is at 10.
struct VBusScanner: FrameScanner {
    private static let sync: UInt8 = 0xAA
    private static let headSize = 10
    private static let frameSize = 6
    private static let checksum = Checksum(ChecksumRule(.sum7Not))

    func scan(_ bytes: Span<UInt8>, known: Int, scratch: inout [UInt8]) -> FrameScan {
        guard bytes[0] == Self.sync else {
            return .skip(bytes.firstOffset(of: Self.sync) ?? bytes.count, .noise)
        }
        // Datagrams of version 2 and 3 are no readings.
        if bytes.count > 5, bytes[5] < 0x80, bytes[5] & 0xF0 != 0x10 { return .skip(1, .noise) }
        if let problem = highBit(bytes, upTo: Self.headSize) { return problem }
        guard bytes.count >= Self.headSize else { return .needMoreBytes }
        guard isWhole(bytes, 1..<Self.headSize) else { return .skip(1, .checksum) }
        let size = Self.headSize + Self.frameSize * Int(bytes[8])
        if let problem = highBit(bytes, upTo: size) { return problem }
        guard bytes.count >= size else { return .needMoreBytes }
        scratch.append(contentsOf: bytes.extracting(0..<Self.headSize))
        for start in stride(from: Self.headSize, to: size, by: Self.frameSize) {
            guard isWhole(bytes, start..<start + Self.frameSize) else {
                scratch.removeAll(keepingCapacity: true)
                return .skip(1, .checksum)
            }
            let septet = bytes[start + 4]
            for index in 0..<4 { scratch.append(bytes[start + index] | (septet >> UInt8(index) & 1) << 7) }
        }
        return .frameInScratch(size: size)
    }

    /// What to skip where a byte of the first `end` has its highest bit set: that breaks the packet off.
    private func highBit(_ bytes: Span<UInt8>, upTo end: Int) -> FrameScan? {
        for index in 1..<max(1, min(end, bytes.count)) where bytes[index] >= 0x80 {
            if bytes[index] != Self.sync {
                return .skip(index + 1, .malformed("a byte in a packet has its highest bit set"))
            }
            return .skip(index, index == 1 ? .noise : .unfinished("a packet begins before the last one has ended"))
        }
        return nil
    }

    /// Whether the last of these bytes is the checksum of those before it.
    private func isWhole(_ bytes: Span<UInt8>, _ part: Range<Int>) -> Bool {
        let covered = bytes.extracting(part.lowerBound..<part.upperBound - 1)
        return Self.checksum.value(of: covered) == UInt32(bytes[part.upperBound - 1])
    }
}
