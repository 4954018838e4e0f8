/// Lines of text: a frame is what stands before a terminator. Empty lines are nothing.
///
/// A line that is too long is skipped up to its terminator and told of once, however long it is; of what follows
/// nothing is lost.
public struct LineFramer: Framer {
    /// What ends a line.
    public enum Terminator: String, Sendable, CaseIterable {
        /// Line feed. A carriage return before it is dropped, so that CR LF ends a line too.
        case lf
        /// Carriage return.
        case cr
        /// Carriage return and line feed, in this order; either one alone is part of the line.
        case crlf

        /// The last byte of it.
        fileprivate var lastByte: UInt8 { self == .cr ? 0x0D : 0x0A }
    }

    /// What ends a line.
    public let terminator: Terminator
    /// Bytes of the longest line, its terminator not counted.
    public let lengthMax: Int

    /// Bytes not yet told of, from `start` on; those before `scanned` hold no terminator.
    private var buffer: [UInt8] = []
    private var start = 0
    private var scanned = 0
    /// While a line is skipped: how many of its bytes are gone already, and why.
    private var skipping: (bytes: Int, reason: FrameProblem)?

    /// A framer for lines of up to `lengthMax` bytes, at least 1.
    public init(terminator: Terminator = .lf, lengthMax: Int) {
        precondition(lengthMax >= 1, "a line has at least one byte")
        self.terminator = terminator
        self.lengthMax = lengthMax
    }

    /// Bytes of the line that has begun, those of it that were skipped included.
    public var pendingCount: Int { (skipping?.bytes ?? 0) + buffer.count - start }

    /// Adds bytes as they were read.
    public mutating func append(_ bytes: some Sequence<UInt8>) {
        let done: Void? = bytes.withContiguousStorageIfAvailable { buffer.append(contentsOf: $0) }
        if done == nil { buffer.append(contentsOf: bytes) }
    }

    /// The next line, or the next run of bytes that is none.
    public mutating func next() -> FrameStep {
        while let end = nextTerminator() {
            let line = buffer[start..<contentEnd(at: end)]
            start = end + 1
            scanned = start
            if let skipping {
                self.skipping = nil
                let bytes = skipping.bytes + line.count
                if bytes > 0 { return .skipped(bytes: bytes, reason: skipping.reason) }
            } else if line.count > lengthMax {
                return .skipped(bytes: line.count, reason: tooLong)
            } else if !line.isEmpty {
                return .frame(line)
            }
        }
        compact()
        return .needMoreBytes
    }

    /// Forgets the line that has begun.
    public mutating func reset() -> Int {
        let count = pendingCount
        buffer.removeAll(keepingCapacity: true)
        start = 0
        scanned = 0
        skipping = nil
        return count
    }

    /// Skips to the next terminator: the end of a line reads like a line, and `5` is not `21.5`.
    public mutating func beginMidstream() {
        if skipping == nil { skipping = (0, .noise) }
    }

    private var tooLong: FrameProblem { .tooLong(max: lengthMax) }

    /// The index of the last byte of the next terminator.
    private mutating func nextTerminator() -> Int? {
        while let index = buffer[scanned...].firstIndex(of: terminator.lastByte) {
            if terminator != .crlf || (index > start && buffer[index - 1] == 0x0D) { return index }
            scanned = index + 1
        }
        scanned = buffer.count
        return nil
    }

    /// Where the line ends whose terminator's last byte is at `index`.
    private func contentEnd(at index: Int) -> Int {
        let isReturnBefore = terminator != .cr && index > start && buffer[index - 1] == 0x0D
        return isReturnBefore ? index - 1 : index
    }

    /// Lets go of what has been told of, and of a line that is too long. A carriage return at the end stays: it may
    /// belong to the terminator.
    private mutating func compact() {
        let isReturnLast = terminator != .cr && buffer.count > start && buffer[buffer.count - 1] == 0x0D
        let keep = isReturnLast ? buffer.count - 1 : buffer.count
        if skipping == nil, keep - start > lengthMax { skipping = (0, tooLong) }
        if let run = skipping {
            skipping = (run.bytes + keep - start, run.reason)
            start = keep
        }
        buffer.removeSubrange(..<start)
        start = 0
        scanned = buffer.count
    }
}
