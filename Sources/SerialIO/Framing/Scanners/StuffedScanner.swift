/// Frames between flags, with escapes.
///
/// Where one flag does both, the flag that ends a frame stays: it may begin the next one, and what stands between two
/// frames is an empty one.
struct StuffedScanner: FrameScanner {
    private let stuffing: Stuffing
    private let start: UInt8
    private let end: UInt8
    private let checksum: Checksum?

    init(_ stuffing: Stuffing, checksum: Checksum?) {
        precondition(!stuffing.hasEscapedMarks, "a flag is one byte")
        self.stuffing = stuffing
        start = stuffing.start[0]
        end = stuffing.end[0]
        self.checksum = checksum
    }

    private var isFlagShared: Bool { start == end }

    func isIdle(_ bytes: Span<UInt8>) -> Bool { isFlagShared && bytes.count == 1 && bytes[0] == start }

    func scan(_ bytes: Span<UInt8>, known: Int, scratch: inout [UInt8]) -> FrameScan {
        guard bytes[0] == start else {
            return .skip(bytes.firstOffset(of: start, from: 1) ?? bytes.count, .noise)
        }
        let end = bytes.firstOffset(of: end, from: max(1, known))
        if !isFlagShared, let next = bytes.firstOffset(of: start, from: max(1, known)), next < end ?? .max {
            return .skip(next, .unfinished("a frame begins before the last one has ended"))
        }
        guard let end else { return .needMoreBytes }
        let size = isFlagShared ? end : end + 1
        let raw = bytes.extracting(1..<end)
        if let checksum, checksum.rule.isOfRawBytes, !raw.isEmpty, !checksum.matches(raw) {
            return .skip(size, .checksum)
        }
        guard let escape = raw.firstOffset(of: stuffing.escape) else {
            guard raw.isEmpty || isWhole(raw) else { return .skip(size, .checksum) }
            return .frame(size: size, content: 1..<end)
        }
        guard restore(raw, firstEscape: escape, into: &scratch) else {
            return .skip(size, .malformed("an escape stands for nothing"))
        }
        guard isWhole(scratch.span) else { return .skip(size, .checksum) }
        return .frameInScratch(size: size)
    }

    private func isWhole(_ content: Span<UInt8>) -> Bool {
        guard let checksum, !checksum.rule.isOfRawBytes else { return true }
        return checksum.matches(content)
    }

    /// Puts back what the escapes stand for; false where one stands for nothing.
    private func restore(_ raw: Span<UInt8>, firstEscape: Int, into content: inout [UInt8]) -> Bool {
        content.reserveCapacity(raw.count)
        for index in 0..<firstEscape { content.append(raw[index]) }
        var index = firstEscape
        while index < raw.count {
            let byte = raw[index]
            index += 1
            guard byte == stuffing.escape else {
                content.append(byte)
                continue
            }
            guard index < raw.count else { return false }
            switch stuffing.restoration {
            case .exclusiveOr(let change): content.append(raw[index] ^ change)
            case .pairs(let pairs):
                guard let restored = pairs[raw[index]] else { return false }
                content.append(restored)
            }
            index += 1
        }
        return true
    }
}
