/// What a framer says of the bytes it has.
public enum FrameStep: Equatable, Sendable {
    /// Nothing whole yet.
    case needMoreBytes
    /// One whole frame.
    case frame([UInt8])
    /// Bytes that belong to no frame were dropped, and why.
    case skipped(bytes: Int, reason: String)
}

/// Turns bytes, split anywhere, into frames. Bounded: it never holds more than its longest frame.
public protocol Framer: Sendable {
    /// Adds bytes as they were read. Call ``next()`` until it needs more before adding again.
    mutating func append(_ bytes: some Sequence<UInt8>)
    /// The next step.
    mutating func next() -> FrameStep
    /// Forgets a partial frame, at a gap in the input: after a hang-up, what comes must not be joined to what came.
    /// Returns the number of bytes forgotten.
    mutating func reset() -> Int
}
