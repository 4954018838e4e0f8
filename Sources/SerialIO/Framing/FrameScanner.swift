/// One kind of framing: says what the bytes that wait are. Pure: the same bytes give the same answer.
///
/// ``FrameCutter`` does the rest: it holds the bytes, drops what is skipped, and keeps to the limit.
protocol FrameScanner: Sendable {
    /// Looks at what waits: at least one byte, beginning where the last step ended.
    ///
    /// - Parameters:
    ///   - bytes: all that waits.
    ///   - known: so many of them were there at the last call, which asked for more: a scanner that looks for an end
    ///     need not look there again.
    ///   - scratch: empty; where content goes that is not on the line as it is.
    func scan(_ bytes: Span<UInt8>, known: Int, scratch: inout [UInt8]) -> FrameScan
    /// A request was sent; see ``Framer/expectReply(to:)``.
    mutating func expectReply(to request: [UInt8])
    /// See ``Framer/beginMidstream()``.
    mutating func beginMidstream()
}

extension FrameScanner {
    mutating func expectReply(to request: [UInt8]) {}
    mutating func beginMidstream() {}
}

/// What the bytes that wait are.
enum FrameScan: Equatable {
    /// They begin as a frame does, and its end is not there yet.
    case needMoreBytes
    /// The first `size` bytes are a frame, whose content is a part of them.
    case frame(size: Int, content: Range<Int>)
    /// The first `size` bytes are a frame, whose content is in the scratch buffer.
    case frameInScratch(size: Int)
    /// The first so many bytes are none. After a failed check that is one byte for frames with a start mark, the line
    /// for lines, and all up to the closing flag for frames between flags.
    case skip(Int, FrameProblem)
}
