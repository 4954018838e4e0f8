/// What a framer says of the bytes it has.
public enum FrameStep: Equatable, Sendable {
    /// Nothing whole yet.
    case needMoreBytes
    /// One whole frame, as ``FramingRule`` says what is in it. Let go of it before the next step: as long as it is
    /// held, the framer has to copy its buffer.
    case frame(ArraySlice<UInt8>)
    /// Bytes that belong to no frame were dropped, and why. Never zero bytes.
    case skipped(bytes: Int, reason: FrameProblem)
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
    /// A request was sent: what comes next answers it. Framers whose frames say by themselves where they end need not
    /// know; that of Modbus RTU takes from it how long the answer is, and that an echo is none.
    mutating func expectReply(to request: [UInt8])
}

extension Framer {
    /// Nothing: for framers that know a frame by its start and its checksum.
    public mutating func beginMidstream() {}
    /// Nothing: for framers that know a frame by itself.
    public mutating func expectReply(to request: [UInt8]) {}
}
