/// HDLC frames of DLMS (IEC 62056-46): 7E, format and length, addresses, control, HCS, information, FCS, 7E.
///
/// Meters do not stuff: a 7E may stand anywhere inside, so the length counts. A flag may end one frame and begin the
/// next, so a frame may also begin without one; then its HCS must fit. The information of segmented frames is put
/// together; the LLC header at its beginning is left out.
struct DLMSScanner: FrameScanner {
    private static let flag: UInt8 = 0x7E

    func scan(_ bytes: Span<UInt8>, known: Int, scratch: inout [UInt8]) -> FrameScan {
        let hasFlag = bytes[0] == Self.flag
        guard hasFlag || Self.isFormat(bytes[0]) else { return skipNoise(bytes) }
        if hasFlag, bytes.count > 1, !Self.isFormat(bytes[1]) {
            return bytes[1] == Self.flag ? .frame(size: 1, content: 0..<0) : .skip(1, .noise)
        }
        var parts: [Range<Int>] = []
        var start = 0
        while true {
            switch segment(bytes, from: start) {
            case .needMoreBytes: return .needMoreBytes
            case .bad(let problem): return .skip(1, hasFlag ? problem : .noise)
            case .segment(let end, let part, let isLast):
                parts.append(part)
                start = end
                if isLast { return frame(bytes, size: end, parts: parts, scratch: &scratch) }
            }
        }
    }

    /// A flag alone may begin the next frame; it is none that has begun.
    func isIdle(_ bytes: Span<UInt8>) -> Bool { bytes.count == 1 && bytes[0] == Self.flag }

    /// Format type 3.
    private static func isFormat(_ byte: UInt8) -> Bool { byte & 0xF0 == 0xA0 }

    private func skipNoise(_ bytes: Span<UInt8>) -> FrameScan {
        var index = 1
        while index < bytes.count, bytes[index] != Self.flag, !Self.isFormat(bytes[index]) { index += 1 }
        return .skip(index, .noise)
    }

    private enum Segment {
        case needMoreBytes
        case bad(FrameProblem)
        /// It ends, closing flag included, before `end`; `part` is its information.
        case segment(end: Int, part: Range<Int>, isLast: Bool)
    }

    private func segment(_ bytes: Span<UInt8>, from start: Int) -> Segment {
        var first = start
        while first < bytes.count, bytes[first] == Self.flag { first += 1 }
        guard first + 2 <= bytes.count else { return .needMoreBytes }
        guard Self.isFormat(bytes[first]) else { return .bad(.noise) }
        let end = first + Int(bytes[first] & 7) << 8 + Int(bytes[first + 1])
        var index = first + 2
        // Destination and source: the lowest bit is set in the last byte of each.
        for _ in 0..<2 {
            let address = index
            repeat {
                guard index < end, index - address < 4 else { return .bad(.length) }
                guard index < bytes.count else { return .needMoreBytes }
                index += 1
            } while bytes[index - 1] & 1 == 0
        }
        let head = first..<index + 1
        // Without information there is no HCS; FCS alone follows.
        let hasInformation = head.upperBound + 2 != end
        guard end >= head.upperBound + (hasInformation ? 4 : 2) else { return .bad(.length) }
        if hasInformation {
            guard head.upperBound + 2 <= bytes.count else { return .needMoreBytes }
            guard fits(bytes, head) else { return .bad(.checksum) }
        }
        guard end <= bytes.count else { return .needMoreBytes }
        guard fits(bytes, first..<end - 2) else { return .bad(.checksum) }
        guard end < bytes.count else { return .needMoreBytes }
        guard bytes[end] == Self.flag else { return .bad(.trailer) }
        let part = hasInformation ? head.upperBound + 2..<end - 2 : end..<end
        return .segment(end: end + 1, part: part, isLast: bytes[first] & 8 == 0)
    }

    /// Whether the CRC behind these bytes is theirs.
    private func fits(_ bytes: Span<UInt8>, _ covered: Range<Int>) -> Bool {
        CRCTable.x25.checksum(of: bytes.extracting(covered)) == bytes.littleEndian16(at: covered.upperBound)
    }

    private func frame(
        _ bytes: Span<UInt8>, size: Int, parts: [Range<Int>], scratch: inout [UInt8]
    ) -> FrameScan {
        var parts = parts
        let first = parts[0]
        if first.count >= 3, bytes[first.lowerBound] == 0xE6, bytes[first.lowerBound + 1] & 0xFE == 0xE6,
            bytes[first.lowerBound + 2] == 0
        {
            parts[0] = first.lowerBound + 3..<first.upperBound
        }
        if parts.count == 1 { return .frame(size: size, content: parts[0]) }
        for part in parts { scratch.append(contentsOf: bytes.extracting(part)) }
        return .frameInScratch(size: size)
    }
}
