/// SDI-12 answers (specification 1.4, section 4.4): a line that begins with an address and ends with CR LF.
///
/// Where data end in three characters that no number has, these are the CRC. What is neither data nor one of the other
/// answers is rejected, so that damage does not turn an answer with CRC into one without.
struct SDI12Scanner: FrameScanner {
    private static let checksum = Checksum(ChecksumRule(.crc(CRC(preset: "crc16/arc")), encoding: .sdi12))

    var endSizeMax: Int { 2 }
    /// The rest of a line of data reads like data of another address.
    var isKnownByStart: Bool { false }

    func extent(ofRest bytes: Span<UInt8>) -> FrameRest {
        let end = bytes.firstOffset(of: 0x0A)
        return FrameRest(count: end ?? bytes.count, isEnded: end != nil)
    }

    func scan(_ bytes: Span<UInt8>, known: Int, scratch: inout [UInt8]) -> FrameScan {
        guard let last = bytes.firstOffset(of: 0x0A, from: known) else { return .needMoreBytes }
        guard last > 0 else { return .frame(size: 1, content: 0..<0) }
        guard bytes[last - 1] == 0x0D else { return .skip(last + 1, .malformed("the line does not end with CR LF")) }
        guard last > 1 else { return .frame(size: 2, content: 0..<0) }
        // What is before is the echo of the command, or what the break before it was read as.
        var start = last - 1
        while start > 0, bytes[start - 1] != 0, bytes[start - 1] != UInt8(ascii: "!") { start -= 1 }
        guard start < last - 1 else { return .skip(last + 1, .noise) }
        switch judge(bytes.extracting(start..<last - 1)) {
        case .whole(let count): return .frame(size: last + 1, content: start..<start + count)
        case .wrong(let problem): return .skip(last + 1, problem)
        }
    }

    private enum Judgement {
        /// So many characters stand before the CRC.
        case whole(Int)
        case wrong(FrameProblem)
    }

    private func judge(_ line: Span<UInt8>) -> Judgement {
        let count = line.count
        guard Self.isAddress(line[0]) else { return .wrong(.malformed("the line does not begin with an address")) }
        if count == 1 { return .whole(1) }
        let isData = line[1] == UInt8(ascii: "+") || line[1] == UInt8(ascii: "-")
        // Data, or none of them, with CRC.
        if count >= 4, isData || count == 4, (0x40...0x7F).contains(line[count - 1]) {
            return Self.checksum.matches(line) ? .whole(count - 3) : .wrong(.checksum)
        }
        var digits = 0
        for index in 1..<count {
            if (0x30...0x39).contains(line[index]) {
                digits += 1
            } else if isData, ![0x2B, 0x2D, 0x2E].contains(line[index]) {
                return .wrong(.checksum)
            }
        }
        // aTTTn, aTTTnn, aTTTnnn: how long a measurement takes, and how many values it gives.
        if isData || (digits == count - 1 && (5...7).contains(count)) { return .whole(count) }
        // Identification: version in two digits, maker, model, firmware.
        let isVersion = count >= 20 && (0x30...0x39).contains(line[1]) && (0x30...0x39).contains(line[2])
        return isVersion ? .whole(count) : .wrong(.malformed("the line is no answer of SDI-12"))
    }

    private static func isAddress(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
