/// One file's bytes on disk: those that are sure, and the changes after them that may or may not be there.
struct FileState: Sendable {
    enum Change: Sendable {
        case write(offset: Int, bytes: [UInt8])
        case resize(Int)
    }

    private struct Pending: Sendable {
        let change: Change
        /// Nil where the call never returned: no sync can cover it.
        let ended: Int?
        var isSure = false
        /// A sync that covered it failed: no later one makes it sure.
        var isAbandoned = false
    }

    /// The sure bytes.
    private var content: [UInt8]
    /// In order. A sure change stays here while an unsure one is before it.
    private var pending: [Pending] = []

    init(content: [UInt8]) { self.content = content }

    mutating func change(_ change: Change, ended: Int?) { pending.append(Pending(change: change, ended: ended)) }

    /// Makes sure what had returned before `moment`.
    mutating func cover(before moment: Int) {
        for index in pending.indices where !pending[index].isAbandoned {
            if let ended = pending[index].ended, ended < moment { pending[index].isSure = true }
        }
        var sure = 0
        while sure < pending.count, pending[sure].isSure {
            Self.apply(pending[sure].change, to: &content)
            sure += 1
        }
        pending.removeFirst(sure)
    }

    mutating func abandon(before moment: Int) {
        for index in pending.indices {
            if let ended = pending[index].ended, ended < moment, !pending[index].isSure {
                pending[index].isAbandoned = true
            }
        }
    }

    /// The bytes after a power cut.
    func kept(_ survival: PowerCut.Survival, _ random: inout SeededGenerator) -> [UInt8] {
        var result = content
        for pending in pending {
            if pending.isSure {
                Self.apply(pending.change, to: &result)
                continue
            }
            switch survival {
            case .nothing: continue
            case .everything: Self.apply(pending.change, to: &result)
            case .random(let probability):
                if random.isTrue(probability) {
                    Self.apply(pending.change, to: &result)
                } else if case .write(let offset, let bytes) = pending.change, random.isTrue(0.5) {
                    Self.tear(offset, bytes, into: &result, &random)
                }
            }
        }
        return result
    }

    private static func apply(_ change: Change, to content: inout [UInt8]) {
        switch change {
        case .write(let offset, let bytes): put(bytes[...], at: offset, into: &content)
        case .resize(let size):
            if size < content.count {
                content.removeLast(content.count - size)
            } else {
                lengthen(&content, to: size)
            }
        }
    }

    private static func put(_ bytes: ArraySlice<UInt8>, at offset: Int, into content: inout [UInt8]) {
        let end = offset + bytes.count
        lengthen(&content, to: end)
        content.withUnsafeMutableBytes { target in
            bytes.withUnsafeBytes { source in
                UnsafeMutableRawBufferPointer(rebasing: target[offset..<end]).copyMemory(from: source)
            }
        }
    }

    /// Keeps some of the write's sectors: a first part of them, or any. In every second case the file has its full
    /// new length all the same, with zeros where nothing was.
    private static func tear(
        _ offset: Int, _ bytes: [UInt8], into content: inout [UInt8], _ random: inout SeededGenerator
    ) {
        let first = offset / sectorSize
        let count = (offset + bytes.count - 1) / sectorSize - first + 1
        guard !bytes.isEmpty else { return }
        let prefix = random.isTrue(0.5) ? random.below(count + 1) : nil
        let hasFullLength = random.isTrue(0.5)
        for sector in 0..<count {
            guard prefix.map({ sector < $0 }) ?? random.isTrue(0.5) else { continue }
            let start = max(0, (first + sector) * sectorSize - offset)
            let end = min(bytes.count, (first + sector + 1) * sectorSize - offset)
            put(bytes[start..<end], at: offset + start, into: &content)
        }
        if hasFullLength { lengthen(&content, to: offset + bytes.count) }
    }

    /// Fills with zeros up to `size`, where the content is shorter.
    private static func lengthen(_ content: inout [UInt8], to size: Int) {
        while content.count < size { content += zeros[..<min(zeros.count, size - content.count)] }
    }

    /// Copied as a block; a repeated element would be appended one by one in builds without optimisation.
    private static let zeros = [UInt8](repeating: 0, count: 1 << 16)

    /// In bytes: the smallest unit that a disk writes as a whole.
    private static let sectorSize = 512
}
