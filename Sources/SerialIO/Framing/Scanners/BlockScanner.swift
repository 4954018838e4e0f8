/// Telegrams of several lines: from a line that begins with one mark to a line that begins with another. A mark that
/// begins with a control character counts wherever it stands.
///
/// What is skipped reaches to the end of a line wherever it can, so that what waits begins one.
struct BlockScanner: FrameScanner {
    private let start: Mark
    private let end: Mark
    private let takesEndLine: Bool
    /// Bytes behind the end that belong to the block.
    private let tail: Int
    private let checksum: Checksum?
    /// So much of noise is looked at: where no line ends in it, it waits no longer for that.
    private let noiseSizeMax: Int

    init(start: [UInt8], end: [UInt8], takesEndLine: Bool, tail: Int, checksum: Checksum?, sizeMax: Int) {
        precondition(!start.isEmpty && !end.isEmpty, "a block has a start and an end")
        self.start = Mark(start)
        self.end = Mark(end)
        self.takesEndLine = takesEndLine
        self.tail = tail
        self.checksum = checksum
        noiseSizeMax = min(sizeMax, 257)
    }

    func scan(_ bytes: Span<UInt8>, known: Int, scratch: inout [UInt8]) -> FrameScan {
        switch start.agreement(bytes, at: 0) {
        case .partial: return .needMoreBytes
        case .none: return skipNoise(bytes.extracting(0..<min(bytes.count, noiseSizeMax)))
        case .whole: break
        }
        // With something behind the end to be waited for, the end may stand in what is known.
        let from = takesEndLine || tail > 0 ? start.count : max(start.count, known - end.count + 1)
        let last = lineOffset(of: end, in: bytes, from: from)
        if start.isControl {
            // Such a mark is in no block, so that the one which began is damaged.
            let block = bytes.extracting(0..<(last ?? bytes.count))
            if let next = start.firstWholeOffset(in: block, from: max(start.count, known - start.count + 1)) {
                return .skip(next, .unfinished("a block begins before the last one has ended"))
            }
        }
        guard let last, end.agreement(bytes, at: last) == .whole else { return .needMoreBytes }
        var count = last + end.count
        if takesEndLine {
            guard let lineEnd = breakOffset(in: bytes, from: count) else { return .needMoreBytes }
            count = lineEnd
        }
        count += tail
        guard count <= bytes.count else { return .needMoreBytes }
        if let checksum, !checksum.matches(bytes.extracting(0..<count)) {
            if start.isControl { return .skip(1, .checksum) }
            return .skip(breakOffset(in: bytes, from: 0).map { min($0 + 1, count) } ?? count, .checksum)
        }
        return .frame(size: count, content: 0..<count)
    }

    /// What stands before the next start, line by line. Line ends between two blocks are nothing.
    ///
    /// No more of it is looked at than waits where it comes byte by byte: else a start would be seen not to begin a
    /// line in one piece, and taken for a line's beginning in several.
    private func skipNoise(_ bytes: Span<UInt8>) -> FrameScan {
        let next = lineOffset(of: start, in: bytes, from: 1) ?? bytes.count
        if isBreak(bytes[0]) {
            let count = (1..<next).first { !isBreak(bytes[$0]) } ?? next
            return .frame(size: count, content: 0..<0)
        }
        if let count = breakOffset(in: bytes, from: 0) { return .skip(min(count, next), .noise) }
        if next < bytes.count { return .skip(next, .noise) }
        if start.isControl { return .skip(bytes.count, .noise) }
        guard bytes.count == noiseSizeMax else { return .needMoreBytes }
        // What is kept shows that its line has begun already, so that a mark behind it begins none.
        let kept = (1..<bytes.count).last { bytes[$0] != start.first } ?? bytes.count
        return .skip(kept, .noise)
    }

    /// The first offset from `from`, above 0, at which a line begins with the mark, or may do so once more is there.
    private func lineOffset(of mark: Mark, in bytes: Span<UInt8>, from: Int) -> Int? {
        var offset = mark.firstOffset(in: bytes, from: from)
        while offset < bytes.count, !mark.isControl, !isBreak(bytes[offset - 1]) {
            offset = mark.firstOffset(in: bytes, from: offset + 1)
        }
        return offset < bytes.count ? offset : nil
    }

    private func breakOffset(in bytes: Span<UInt8>, from start: Int) -> Int? {
        (start..<bytes.count).first { isBreak(bytes[$0]) }
    }

    private func isBreak(_ byte: UInt8) -> Bool { byte == 0x0D || byte == 0x0A }
}
