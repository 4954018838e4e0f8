/// Lines of text: a frame is what stands before a line's end. Empty lines are nothing.
///
/// A line that is too long is skipped up to its end and told of once, however long it is; of what follows nothing is
/// lost. With a start a line begins at the last one in it.
struct LineScanner: FrameScanner {
    private let start: Mark
    private let isStartGiven: Bool
    private let end: LineEnd
    /// The last byte of a line's end.
    private let lastByte: UInt8
    /// The end, where it is neither of the usual ones.
    private let endMark: Mark?
    private let checksum: Checksum?

    init(start: [UInt8], end: LineEnd, checksum: Checksum?) {
        self.start = Mark(start)
        isStartGiven = !start.isEmpty
        self.end = end
        lastByte = end == .cr ? 0x0D : 0x0A
        if case .text(let text) = end { endMark = Mark(text) } else { endMark = nil }
        self.checksum = checksum
    }

    var isKnownByStart: Bool { !start.isEmpty }
    var endSizeMax: Int { endMark?.count ?? (end == .cr ? 1 : 2) }

    func scan(_ bytes: Span<UInt8>, known: Int, scratch: inout [UInt8]) -> FrameScan {
        let last = endOffset(in: bytes, from: known)
        if isStartGiven, let skip = skipToStart(bytes, known: known, last: last) { return skip }
        guard let last else { return .needMoreBytes }
        let count = contentCount(bytes, last: last)
        let content = leftOverCount(bytes, count)..<count
        if let checksum, !content.isEmpty, !checksum.matches(bytes.extracting(content)) {
            return .skip(count, .checksum)
        }
        return .frame(size: last + 1, content: content)
    }

    func extent(ofRest bytes: Span<UInt8>) -> FrameRest {
        if let last = endOffset(in: bytes, from: 0) {
            return FrameRest(count: contentCount(bytes, last: last), isEnded: true)
        }
        return FrameRest(count: contentCount(bytes), isEnded: false)
    }

    /// The offset of the last byte of the first line end whose last byte is not known.
    private func endOffset(in bytes: Span<UInt8>, from known: Int) -> Int? {
        if let endMark {
            let start = max(0, known - endMark.count + 1)
            return endMark.firstWholeOffset(in: bytes, from: start).map { $0 + endMark.count - 1 }
        }
        var offset = known
        while let next = bytes.firstOffset(of: lastByte, from: offset) {
            if end != .crlf || (next > 0 && bytes[next - 1] == 0x0D) { return next }
            offset = next + 1
        }
        return nil
    }

    /// How much in front of a line is left of the last one's end, as where a device sends LF CR.
    private func leftOverCount(_ bytes: Span<UInt8>, _ count: Int) -> Int {
        if endMark == nil { return count > 0 && bytes[0] == (end == .cr ? 0x0A : 0x0D) ? 1 : 0 }
        return (0..<count).first { bytes[$0] != 0x0A && bytes[$0] != 0x0D } ?? count
    }

    /// How long the line is whose end has its last byte there.
    private func contentCount(_ bytes: Span<UInt8>, last: Int) -> Int {
        if let endMark { return last + 1 - endMark.count }
        return end != .cr && last > 0 && bytes[last - 1] == 0x0D ? last - 1 : last
    }

    /// How much of the line is there, whose end is not. A carriage return, or what begins like an end, may belong to
    /// that.
    private func contentCount(_ bytes: Span<UInt8>) -> Int {
        if let endMark { return endMark.firstOffset(in: bytes) }
        return end != .cr && bytes[bytes.count - 1] == 0x0D ? bytes.count - 1 : bytes.count
    }

    /// What stands before the line's start; nil where the line begins here.
    private func skipToStart(_ bytes: Span<UInt8>, known: Int, last: Int?) -> FrameScan? {
        let count = last.map { contentCount(bytes, last: $0) } ?? contentCount(bytes)
        if count == 0 { return nil }
        let line = bytes.extracting(0..<count)
        switch start.agreement(line, at: 0) {
        case .whole:
            let next = start.firstWholeOffset(in: line, from: max(1, known - start.count + 1))
            return next.map { .skip($0, .noise) }
        case .partial where last == nil: return .needMoreBytes
        case .partial, .none:
            let next = start.firstOffset(in: line, from: 1)
            // What only may become a start never does where the line is over.
            let isCut = last != nil && next > count - start.count
            return .skip(isCut ? count : next, .noise)
        }
    }
}
