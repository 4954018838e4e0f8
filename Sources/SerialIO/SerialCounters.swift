/// What a reader has done since it was made.
public struct SerialCounters: Hashable, Sendable {
    /// Times that opening was tried.
    public var openAttempts = 0
    /// Times that it worked.
    public var opens = 0
    /// Times that the device went away while it was open.
    public var hangUps = 0
    /// Bytes read, those in the time after opening in which input is thrown away included.
    public var bytes = 0
    /// Whole frames.
    public var frames = 0
    /// Bytes that belong to no frame, and those of frames that nobody had asked for where only answers count.
    public var skippedBytes = 0
    /// Bytes read of which the framer has not told yet: grows without end on a line that never ends.
    public var pendingBytes = 0
    /// Times that the thread waited, for bytes or for the next attempt.
    public var waits = 0
    /// Frames that had begun and were given up because their rest did not come in time.
    public var unfinishedFrames = 0
    /// Bytes sent.
    public var sentBytes = 0
    /// Bytes of our own that the line returned and that were dropped.
    public var echoBytes = 0
    /// What the driver saw go wrong while the port was open; nil while it is not known to count.
    public var faults: LineFaults?

    /// All zero.
    public init() {}
}

/// What a serial driver counts: characters that came wrong or were lost (TIOCGICOUNT).
public struct LineFaults: Hashable, Sendable {
    /// Characters lost in the hardware, because nobody took them in time.
    public var overruns: UInt32
    /// Characters without a stop bit: a wrong speed, or noise.
    public var framing: UInt32
    /// Characters with a wrong parity bit.
    public var parity: UInt32
    /// Characters lost in the driver, because its buffer was full.
    public var bufferOverruns: UInt32

    /// So many of each.
    public init(overruns: UInt32 = 0, framing: UInt32 = 0, parity: UInt32 = 0, bufferOverruns: UInt32 = 0) {
        self.overruns = overruns
        self.framing = framing
        self.parity = parity
        self.bufferOverruns = bufferOverruns
    }

    /// Adds what came between two readings of the driver's counters, which wrap around.
    mutating func add(from earlier: LineFaults, to later: LineFaults) {
        overruns &+= later.overruns &- earlier.overruns
        framing &+= later.framing &- earlier.framing
        parity &+= later.parity &- earlier.parity
        bufferOverruns &+= later.bufferOverruns &- earlier.bufferOverruns
    }
}
