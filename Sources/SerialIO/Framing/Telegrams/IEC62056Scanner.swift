/// Readouts of IEC 62056-21: `/` to `!`, or STX to ETX and BCC, with or without the identification before it.
struct IEC62056Scanner: FrameScanner {
    private static let slash = UInt8(ascii: "/")
    private static let exclamation = UInt8(ascii: "!")
    private static let startOfText: UInt8 = 0x02
    private static let endOfText: UInt8 = 0x03

    func scan(_ bytes: Span<UInt8>, known: Int, scratch: inout [UInt8]) -> FrameScan {
        switch bytes[0] {
        case 0x0D, 0x0A: return .frame(size: 1, content: 0..<0)
        case Self.slash:
            if bytes.count < 4 { return .needMoreBytes }
            // Without a checksum, what is taken for a readout must at least begin like one.
            return isIdentification(bytes, at: 0) ? readout(bytes) : .skip(1, .noise)
        case Self.startOfText: return block(bytes, from: 0)
        default: return .skip(bytes.firstOffset(ofAny: [Self.slash, Self.startOfText]) ?? bytes.count, .noise)
        }
    }

    private func readout(_ bytes: Span<UInt8>) -> FrameScan {
        guard let next = mark(in: bytes, from: 1, [Self.slash, Self.exclamation, Self.startOfText]) else {
            return .needMoreBytes
        }
        switch bytes[next] {
        case Self.exclamation: return .frame(size: next + 1, content: 0..<next + 1)
        case Self.startOfText: return block(bytes, from: next)
        default: return .skip(next, Self.interrupted)
        }
    }

    /// A block whose STX is at `start`; BCC is the exclusive or of all behind STX, ETX included.
    private func block(_ bytes: Span<UInt8>, from start: Int) -> FrameScan {
        guard let end = mark(in: bytes, from: start + 1, [Self.slash, Self.endOfText, Self.startOfText]) else {
            return .needMoreBytes
        }
        guard bytes[end] == Self.endOfText else { return .skip(end, Self.interrupted) }
        guard end + 1 < bytes.count else { return .needMoreBytes }
        var check: UInt8 = 0
        for index in start + 1...end { check ^= bytes[index] }
        guard bytes[end + 1] == check else { return .skip(start + 1, .checksum) }
        return .frame(size: end + 2, content: 0..<end)
    }

    /// The first of these marks from `start` on; a slash that begins no identification is none.
    private func mark(in bytes: Span<UInt8>, from start: Int, _ marks: [UInt8]) -> Int? {
        var index = start
        while let next = bytes.firstOffset(ofAny: marks, from: index) {
            if bytes[next] != Self.slash || isIdentification(bytes, at: next) { return next }
            index = next + 1
        }
        return nil
    }

    private static let interrupted = FrameProblem.unfinished("a readout begins before the last one has ended")

    /// A slash may also stand in a unit; in an identification three letters of the maker follow.
    private func isIdentification(_ bytes: Span<UInt8>, at offset: Int) -> Bool {
        guard offset + 3 < bytes.count else { return false }
        for index in offset + 1...offset + 3 where !(0x41...0x5A).contains(bytes[index] & 0xDF) { return false }
        return true
    }
}
