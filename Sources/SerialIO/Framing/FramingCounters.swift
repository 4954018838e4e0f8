/// What a framer has told of since it was made.
public struct FramingCounters: Hashable, Sendable {
    /// Whole frames.
    public var frames = 0
    /// Frames whose checksum did not fit.
    public var checksumErrors = 0
    /// Frames that were lost for another reason: see ``FrameProblem/isError``.
    public var otherErrors = 0
    /// Bytes that belong to no frame, for whatever reason.
    public var skippedBytes = 0

    /// Nothing yet.
    public init() {}

    /// Counts bytes that were skipped.
    mutating func count(skipped bytes: Int, _ problem: FrameProblem) {
        skippedBytes += bytes
        if problem == .checksum {
            checksumErrors += 1
        } else if problem.isError {
            otherErrors += 1
        }
    }
}
