/// Consistent overhead byte stuffing (Cheshire and Baker, 1997): no 00 in a frame, and one behind it.
struct COBSScanner: FrameScanner {
    private let checksum: Checksum?

    init(checksum: Checksum?) { self.checksum = checksum }

    /// The tail of a frame may be decoded like one.
    var isKnownByStart: Bool { false }

    func extent(ofRest bytes: Span<UInt8>) -> FrameRest {
        let end = bytes.firstOffset(of: 0)
        return FrameRest(count: end ?? bytes.count, isEnded: end != nil)
    }

    func scan(_ bytes: Span<UInt8>, known: Int, scratch: inout [UInt8]) -> FrameScan {
        guard let end = bytes.firstOffset(of: 0, from: known) else { return .needMoreBytes }
        guard end > 0 else { return .frame(size: 1, content: 0..<0) }
        guard decode(bytes.extracting(0..<end), into: &scratch) else {
            return .skip(end, .malformed("a COBS block reaches beyond its frame"))
        }
        if let checksum, !checksum.matches(scratch.span) { return .skip(end, .checksum) }
        return .frameInScratch(size: end + 1)
    }

    /// Puts the zeroes back; false where a block is longer than what is there.
    private func decode(_ bytes: Span<UInt8>, into content: inout [UInt8]) -> Bool {
        content.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let code = Int(bytes[index])
            let next = index + code
            guard code > 0, next <= bytes.count else { return false }
            for place in index + 1..<next { content.append(bytes[place]) }
            if code < 0xFF, next < bytes.count { content.append(0) }
            index = next
        }
        return true
    }
}
