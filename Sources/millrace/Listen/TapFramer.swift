import SerialIO

/// Shows what comes on a line as it comes, and then cuts it into frames; without a rule all of it is skipped.
struct TapFramer: Framer {
    private var cutter: FrameCutter?
    private var dropped = 0
    private let tap: @Sendable (ArraySlice<UInt8>) -> Void

    init(_ rule: FramingRule?, tap: @escaping @Sendable (ArraySlice<UInt8>) -> Void) {
        cutter = rule.map { FrameCutter($0) }
        self.tap = tap
    }

    var pendingCount: Int { cutter?.pendingCount ?? dropped }

    mutating func append(_ bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        tap(bytes[...])
        if cutter == nil { dropped += bytes.count } else { cutter?.append(bytes) }
    }

    mutating func next() -> FrameStep {
        if let step = cutter?.next() { return step }
        defer { dropped = 0 }
        return dropped > 0 ? .skipped(bytes: dropped, reason: .noise) : .needMoreBytes
    }

    mutating func reset() -> Int {
        defer { dropped = 0 }
        return cutter?.reset() ?? dropped
    }

    mutating func beginMidstream() { cutter?.beginMidstream() }
    mutating func expectReply(to request: [UInt8]) { cutter?.expectReply(to: request) }
}
