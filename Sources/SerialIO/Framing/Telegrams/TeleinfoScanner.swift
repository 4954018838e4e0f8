/// Teleinfo frames (Enedis-NOI-CPT_54E): STX, groups from LF to CR, ETX. Each group has a checksum of its own; those
/// whose does not fit are left out.
struct TeleinfoScanner: FrameScanner {
    private static let startOfText: UInt8 = 0x02
    private static let endOfText: UInt8 = 0x03
    private static let endOfTransmission: UInt8 = 0x04

    func scan(_ bytes: Span<UInt8>, known: Int, scratch: inout [UInt8]) -> FrameScan {
        guard bytes[0] == Self.startOfText else {
            return .skip(bytes.firstOffset(of: Self.startOfText) ?? bytes.count, .noise)
        }
        let ends = [Self.startOfText, Self.endOfText, Self.endOfTransmission]
        guard let last = bytes.firstOffset(ofAny: ends, from: max(1, known)) else { return .needMoreBytes }
        switch bytes[last] {
        case Self.startOfText: return .skip(last, .unfinished("a frame begins before the last one has ended"))
        case Self.endOfTransmission: return .skip(last + 1, .unfinished("the meter broke the frame off"))
        default: break
        }
        scratch.append(Self.startOfText)
        var index = 1
        while index < last {
            let end = bytes.firstOffset(of: 0x0D, from: index) ?? last
            guard end < last else { break }
            if bytes[index] == 0x0A, isWhole(bytes.extracting(index + 1..<end)) {
                scratch.append(contentsOf: bytes.extracting(index...end))
            }
            index = end + 1
        }
        scratch.append(Self.endOfText)
        guard scratch.count > 2 else {
            scratch.removeAll(keepingCapacity: true)
            return .skip(last + 1, .checksum)
        }
        return .frameInScratch(size: last + 1)
    }

    /// `label SP value SP check`: the last separator does not count; with HT it does. The check may be a space.
    private func isWhole(_ group: Span<UInt8>) -> Bool {
        guard group.count >= 4 else { return false }
        let separator = group[group.count - 2]
        guard separator == 0x20 || separator == 0x09 else { return false }
        // Two groups whose CR and LF are damaged may have a sum that fits, and the highest bits are in no sum.
        for index in group.indices where !(0x20...0x7E).contains(group[index]) && group[index] != 0x09 { return false }
        var sum: UInt8 = 0
        for index in 0..<group.count - (separator == 0x09 ? 1 : 2) { sum &+= group[index] }
        return group[group.count - 1] == sum & 0x3F + 0x20
    }
}
