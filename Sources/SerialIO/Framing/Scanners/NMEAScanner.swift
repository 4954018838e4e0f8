/// NMEA 0183 sentences: from `$` or `!` to the line's end, with `*hh`, the exclusive or of what is between, where the
/// sender has it.
///
/// A sentence begins at the last `$` of its line: what is before it was cut, or is another protocol. `!` may also stand
/// in a text, so it begins a sentence only where there is no `$`, or where the `$` before it begins none.
struct NMEAScanner: FrameScanner {
    private static let dollar = UInt8(ascii: "$")
    private static let exclamation = UInt8(ascii: "!")

    var endSizeMax: Int { 2 }

    /// A sentence that is given up ends where a line does, or where the next one begins.
    var isKnownByStart: Bool { false }

    func extent(ofRest bytes: Span<UInt8>) -> FrameRest {
        let ends = [0x0A, 0x0D, Self.dollar].compactMap { bytes.firstOffset(of: $0) }
        return FrameRest(count: ends.min() ?? bytes.count, isEnded: !ends.isEmpty)
    }

    func scan(_ bytes: Span<UInt8>, known: Int, scratch: inout [UInt8]) -> FrameScan {
        if isBreak(bytes[0]) { return .frame(size: 1, content: 0..<0) }
        let last = bytes.firstOffset(of: 0x0A, from: known)
        let line = bytes.extracting(0..<(last ?? bytes.count))
        if let next = line.firstOffset(of: Self.dollar, from: max(1, known)) { return .skip(next, .noise) }
        guard let last else { return .needMoreBytes }
        let end = bytes[last - 1] == 0x0D ? last - 1 : last
        guard isMark(bytes[0]) else {
            return .skip(line.firstOffset(of: Self.exclamation, from: 1) ?? end, .noise)
        }
        switch judge(bytes.extracting(1..<end)) {
        case .sentence(let count): return .frame(size: last + 1, content: 1..<1 + count)
        case .wrong(let problem):
            // A digit that became an exclamation mark begins none, whatever the checksum of what follows.
            guard let next = line.firstOffset(of: Self.exclamation, from: 1),
                hasAddress(bytes.extracting(next + 1..<max(next + 1, end))),
                case .sentence = judge(bytes.extracting(next + 1..<end))
            else { return .skip(end, problem) }
            return .skip(next, .noise)
        }
    }

    private enum Judgement {
        /// It is sound; so many bytes stand before the `*`.
        case sentence(Int)
        case wrong(FrameProblem)
    }

    private func judge(_ text: Span<UInt8>) -> Judgement {
        let star = text.count - 3
        if star >= 0, let high = HexText.value(text[star + 1]), let low = HexText.value(text[star + 2]) {
            let difference = text[star] ^ UInt8(ascii: "*")
            // With one bit of its star turned round, a sentence with a checksum is none without.
            if difference.nonzeroBitCount <= 1 {
                let sentence = text.extracting(0..<star)
                var sum: UInt8 = 0
                for index in sentence.indices { sum ^= sentence[index] }
                let fits = high << 4 | low == sum
                if difference == 0 { return fits ? .sentence(star) : .wrong(.checksum) }
                if fits { return .wrong(.checksum) }
            }
        }
        for index in text.indices where !(0x20...0x7E).contains(text[index]) { return .wrong(.noise) }
        // A `*` elsewhere means that the end was hurt.
        if text.firstOffset(of: UInt8(ascii: "*")) != nil { return .wrong(.checksum) }
        return hasAddress(text) ? .sentence(text.count) : .wrong(.noise)
    }

    /// Without a checksum, what is taken for a sentence must at least begin like one: with capital letters.
    private func hasAddress(_ text: Span<UInt8>) -> Bool {
        guard text.count >= 3, (0x41...0x5A).contains(text[0]) else { return false }
        for index in 1..<3 where !(0x41...0x5A).contains(text[index]) && !(0x30...0x39).contains(text[index]) {
            return false
        }
        return true
    }

    private func isMark(_ byte: UInt8) -> Bool { byte == Self.dollar || byte == Self.exclamation }
    private func isBreak(_ byte: UInt8) -> Bool { byte == 0x0D || byte == 0x0A }
}
