/// What a framer says of the bytes it has.
public enum FrameStep: Equatable, Sendable {
    /// Nothing whole yet.
    case needMoreBytes
    /// One whole frame.
    case frame([UInt8])
    /// Bytes that belong to no frame were dropped, and why. Never zero bytes.
    case skipped(bytes: Int, reason: String)
}

/// Turns bytes, split anywhere, into frames. Bounded: it never holds more than its longest frame and what was added
/// last.
public protocol Framer: Sendable {
    /// Adds bytes as they were read. Call ``next()`` until it needs more before adding again.
    mutating func append(_ bytes: some Sequence<UInt8>)
    /// The next step.
    mutating func next() -> FrameStep
    /// Bytes taken in that no step has told of yet: those of a partial frame, or of a run that is being skipped.
    var pendingCount: Int { get }
    /// Forgets a partial frame, at a gap in the input: after a hang-up, what comes must not be joined to what came.
    /// Returns the number of bytes forgotten: what ``pendingCount`` was.
    mutating func reset() -> Int
    /// What comes next may begin in the middle of a frame: the line was already busy when it was opened. A framer
    /// that cannot tell a frame's tail from a frame skips to the next sure beginning.
    mutating func beginMidstream()
}

extension Framer {
    /// Nothing: for framers that know a frame by its start and its checksum.
    public mutating func beginMidstream() {}
}
