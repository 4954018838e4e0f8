/// One kind of framing: says what the bytes that wait are. Pure: the same bytes give the same answer, and once it is
/// something else than that more are needed, bytes that follow change nothing about it.
///
/// ``FrameCutter`` does the rest: it holds the bytes, drops what is skipped, and keeps to the limit.
protocol FrameScanner: Sendable {
    /// Looks at what waits: at least one byte, beginning where the last step ended.
    ///
    /// - Parameters:
    ///   - bytes: what waits, of which more may be there than is shown: never more than a frame and its end may have,
    ///     and one byte.
    ///   - known: so many of them were there at the last call, which asked for more: a scanner that looks for an end
    ///     need not look there again. All of them, where nothing came since.
    ///   - scratch: empty; where content goes that is not on the line as it is.
    func scan(_ bytes: Span<UInt8>, known: Int, scratch: inout [UInt8]) -> FrameScan
    /// A request was sent; see ``Framer/expectReply(to:)``.
    mutating func expectReply(to request: [UInt8])
    /// See ``Framer/beginMidstream()``.
    mutating func beginMidstream()
    /// Whether of a frame that is too long a single byte is dropped, because its tail cannot be taken for a frame. Else
    /// all of it is dropped, as ``extent(ofRest:)`` says, and so is the first one when reading began midstream.
    var isKnownByStart: Bool { get }
    /// Of a frame whose first byte is gone at least: how far it reaches.
    func extent(ofRest bytes: Span<UInt8>) -> FrameRest
    /// Whether what waits, while more is asked for, is no frame that has begun: a flag that ended one and may begin
    /// the next.
    func isIdle(_ bytes: Span<UInt8>) -> Bool
    /// Bytes of a frame's end that its greatest size does not count: those of a line's end.
    var endSizeMax: Int { get }
}

extension FrameScanner {
    mutating func expectReply(to request: [UInt8]) {}
    mutating func beginMidstream() {}
    var isKnownByStart: Bool { true }
    func extent(ofRest bytes: Span<UInt8>) -> FrameRest { FrameRest(count: bytes.count, isEnded: false) }
    func isIdle(_ bytes: Span<UInt8>) -> Bool { false }
    var endSizeMax: Int { 0 }
}

/// What the bytes that wait are.
enum FrameScan: Equatable {
    /// They begin as a frame does, and its end is not there yet.
    case needMoreBytes
    /// The first `size` bytes are a frame, whose content is a part of them. Without content it is nothing: the end of
    /// an empty line, the second of two flags.
    case frame(size: Int, content: Range<Int>)
    /// The first `size` bytes are a frame, whose content is in the scratch buffer. Without content it is nothing.
    case frameInScratch(size: Int)
    /// The first so many bytes are none. After a failed check that is one byte for frames with a start mark, the line
    /// for lines, and all up to the closing flag for frames between flags.
    case skip(Int, FrameProblem)
}

/// The rest of a frame that is given up.
struct FrameRest: Equatable {
    /// So many of the bytes that wait belong to it, its end mark not counted.
    var count: Int
    /// Whether it ends there.
    var isEnded: Bool
}
