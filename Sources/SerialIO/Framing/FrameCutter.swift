/// Cuts what comes on a line into frames, by a rule.
///
/// It holds the bytes and keeps to the limit; what they are says a ``FrameScanner`` for the rule's kind. A frame whose
/// content is on the line as it is gets handed out as a slice of the buffer, without a copy.
///
/// The same bytes give the same frames in whatever pieces they come: the scanner judges by what is there so far, and is
/// never shown more than the longest frame and one byte, however much of it has come at once.
public struct FrameCutter: Framer {
    /// What it cuts by.
    public let rule: FramingRule
    /// What it told of.
    public private(set) var counters = FramingCounters()

    private var scanner: any FrameScanner
    /// The longest frame, without what may come on top of it for its end.
    private let sizeMax: Int
    /// So many bytes are looked at, one more than a frame and its end may have.
    private let windowSize: Int
    /// Bytes not yet told of, from `start` on; the first `known` of them were looked at and were no frame yet.
    private var buffer: [UInt8] = []
    private var start = 0
    private var known = 0
    private var scratch: [UInt8] = []
    /// Noise that is not told of yet, because more of it may follow.
    private var noise = 0
    /// While the rest of a frame is skipped: how many of its bytes are gone already, and why.
    private var rest: (bytes: Int, reason: FrameProblem)?

    /// A framer for a rule whose parts fit together: the reader of profiles checks that.
    public init(_ rule: FramingRule) {
        self.rule = rule
        scanner = rule.scanner()
        sizeMax = rule.frameSizeMax
        windowSize = sizeMax + scanner.endSizeMax + 1
    }

    /// Bytes of the frame that has begun, those of it that were skipped included. A flag that ended a frame and may
    /// begin the next is none of them: at 0 there is nothing to ``reset()`` after a pause.
    public var pendingCount: Int {
        var waiting = buffer.count - start
        if waiting > 0, rest == nil, scanner.isIdle(buffer.span.extracting(start...)) { waiting = 0 }
        return noise + (rest?.bytes ?? 0) + waiting
    }

    /// Adds bytes as they were read.
    public mutating func append(_ bytes: some Sequence<UInt8>) {
        if start > 0 {
            buffer.removeSubrange(..<start)
            start = 0
        }
        let done: Void? = bytes.withContiguousStorageIfAvailable { buffer.append(contentsOf: $0) }
        if done == nil { buffer.append(contentsOf: bytes) }
    }

    /// The next frame, or the next run of bytes that is none.
    public mutating func next() -> FrameStep {
        while start < buffer.count {
            if rest != nil {
                if let step = skipRest() { return step }
                continue
            }
            if !scratch.isEmpty { scratch.removeAll(keepingCapacity: true) }
            switch Self.scan(scanner, buffer, from: start, atMost: windowSize, known: known, scratch: &scratch) {
            case .needMoreBytes:
                known = min(buffer.count - start, windowSize)
                guard known == windowSize else { return pause() }
                if let step = giveUp() { return step }
            case .frame(let size, let content):
                if isTooLong(size, content.count) {
                    if let step = giveUp() { return step }
                } else if content.isEmpty {
                    drop(size)
                } else if noise > 0 {
                    return noiseStep()
                } else {
                    let frame = buffer[start + content.lowerBound..<start + content.upperBound]
                    drop(size)
                    counters.frames += 1
                    return .frame(frame)
                }
            case .frameInScratch(let size):
                if isTooLong(size, scratch.count) {
                    if let step = giveUp() { return step }
                } else if scratch.isEmpty {
                    drop(size)
                } else if noise > 0 {
                    return noiseStep()
                } else {
                    drop(size)
                    counters.frames += 1
                    return .frame(scratch[...])
                }
            case .skip(let count, let problem):
                if let step = skip(count, problem) { return step }
            }
        }
        return pause()
    }

    /// Forgets the frame that has begun. A request keeps being expected to be answered.
    public mutating func reset() -> Int {
        let count = pendingCount
        buffer.removeAll(keepingCapacity: true)
        start = 0
        known = 0
        noise = 0
        rest = nil
        return count
    }

    /// Skips to the next sure beginning: the end of a line reads like a line, and `5` is not `21.5`.
    public mutating func beginMidstream() {
        scanner.beginMidstream()
        if !scanner.isKnownByStart, rest == nil { rest = (0, .noise) }
    }

    /// See ``Framer/expectReply(to:)``.
    public mutating func expectReply(to request: [UInt8]) {
        scanner.expectReply(to: request)
        // What waits was looked at with another request in mind.
        known = 0
    }

    /// Static, so that buffer and scratch are seen to be two.
    private static func scan(
        _ scanner: any FrameScanner, _ buffer: [UInt8], from start: Int, atMost count: Int, known: Int,
        scratch: inout [UInt8]
    ) -> FrameScan {
        scanner.scan(buffer.span.extracting(start...).extracting(first: count), known: known, scratch: &scratch)
    }

    private func isTooLong(_ size: Int, _ contentCount: Int) -> Bool {
        contentCount > sizeMax || size == windowSize
    }

    private mutating func drop(_ count: Int) {
        precondition(count > 0 && count <= buffer.count - start, "a scanner tells of bytes that are there")
        start += count
        known = 0
    }

    /// Drops bytes; nil where they are noise, of which more may follow, or where something else is to be told first.
    private mutating func skip(_ count: Int, _ problem: FrameProblem) -> FrameStep? {
        if problem == .noise {
            drop(count)
            noise += count
            return nil
        }
        if noise > 0 { return noiseStep() }
        drop(count)
        return step(skipped: count, problem)
    }

    /// Drops what waits, or a byte of it, as too long.
    private mutating func giveUp() -> FrameStep? {
        if scanner.isKnownByStart { return skip(1, .tooLong(max: sizeMax)) }
        if noise > 0 { return noiseStep() }
        // The first byte belongs to it in any case, also where it is the mark that ends what is given up.
        drop(1)
        rest = (1, .tooLong(max: sizeMax))
        return start < buffer.count ? nil : pause()
    }

    /// Drops what belongs to the frame that is given up; nil where it ended without a byte.
    private mutating func skipRest() -> FrameStep? {
        guard let run = rest else { return nil }
        let extent = scanner.extent(ofRest: buffer.span.extracting(start...))
        let bytes = run.bytes + extent.count
        start += extent.count
        known = 0
        rest = extent.isEnded ? nil : (bytes, run.reason)
        if !extent.isEnded { return pause() }
        return bytes > 0 ? step(skipped: bytes, run.reason) : nil
    }

    private mutating func noiseStep() -> FrameStep {
        let count = noise
        noise = 0
        return step(skipped: count, .noise)
    }

    private mutating func step(skipped bytes: Int, _ problem: FrameProblem) -> FrameStep {
        counters.count(skipped: bytes, problem)
        return .skipped(bytes: bytes, reason: problem)
    }

    /// Nothing more to say of what is there. Noise is told of now: nobody knows when the next byte comes.
    private mutating func pause() -> FrameStep {
        if noise > 0 { return noiseStep() }
        if start > 0, start == buffer.count {
            buffer.removeAll(keepingCapacity: true)
            start = 0
        }
        return .needMoreBytes
    }
}
