/// Frames whose marks are escaped bytes: DLE STX to DLE ETX, where a DLE in the frame is sent twice.
///
/// A mark can stand nowhere in a frame, so that a beginning inside one is the next frame's.
struct EscapedMarkScanner: FrameScanner {
    private let stuffing: Stuffing
    private let start: Mark
    private let checksum: Checksum?

    init(_ stuffing: Stuffing, checksum: Checksum?) {
        precondition(stuffing.hasEscapedMarks, "the end is the escape and another byte")
        self.stuffing = stuffing
        start = Mark(stuffing.start)
        self.checksum = checksum
    }

    func scan(_ bytes: Span<UInt8>, known: Int, scratch: inout [UInt8]) -> FrameScan {
        switch start.agreement(bytes, at: 0) {
        case .none: return .skip(start.firstOffset(in: bytes, from: 1), .noise)
        case .partial: return .needMoreBytes
        case .whole: break
        }
        // Where a frame begins with the escape alone, a doubled one and an end are no beginning.
        if start.count == 1, bytes[0] == stuffing.escape {
            guard bytes.count > 1 else { return .needMoreBytes }
            if bytes[1] == stuffing.end[1] || restored(bytes[1]) != nil { return .skip(2, .noise) }
        }
        var index = start.count
        while index < bytes.count {
            let byte = bytes[index]
            guard byte == stuffing.escape else {
                scratch.append(byte)
                index += 1
                continue
            }
            guard index + 1 < bytes.count else { return .needMoreBytes }
            let next = bytes[index + 1]
            if next == stuffing.end[1] { return frame(size: index + 2, scratch) }
            guard let restored = restored(next) else {
                if start.agreement(bytes, at: index) != .none {
                    return .skip(index, .unfinished("a frame begins before the last one has ended"))
                }
                return .skip(index + 1, .malformed("an escape stands for nothing"))
            }
            scratch.append(restored)
            index += 2
        }
        return .needMoreBytes
    }

    private func frame(size: Int, _ content: [UInt8]) -> FrameScan {
        if let checksum, !content.isEmpty, !checksum.matches(content.span) { return .skip(1, .checksum) }
        return .frameInScratch(size: size)
    }

    private func restored(_ byte: UInt8) -> UInt8? {
        switch stuffing.restoration {
        case .exclusiveOr(let change): byte ^ change
        case .pairs(let pairs): pairs[byte]
        }
    }
}

extension Stuffing {
    /// Whether the end is the escape and another byte.
    var hasEscapedMarks: Bool { end.count > 1 }
}
