import Records

/// From bytes to the receiver: cuts, times and counts. No I/O.
///
/// `counters.bytes` is what frames and their terminators, skipped and pending bytes add up to.
struct SerialIntake {
    var counters = SerialCounters()
    private var framer: any Framer
    private let receiver: any SerialReceiver
    private let clock: any GatewayClock
    /// When the first byte of the frame that is pending was read.
    private var pendingSince: Int64 = 0
    /// Bytes thrown away and not yet told of.
    private var discarded = 0

    init(framer: any Framer, receiver: any SerialReceiver, clock: any GatewayClock) {
        self.framer = framer
        self.receiver = receiver
        self.clock = clock
    }

    /// Takes what one read gave, and hands on the frames that are whole.
    mutating func deliver(_ bytes: UnsafeRawBufferPointer) {
        let now = clock.bootMilliseconds()
        counters.bytes += bytes.count
        if framer.pendingCount == 0 { pendingSince = now }
        framer.append(bytes)
        loop: while true {
            switch framer.next() {
            case .needMoreBytes: break loop
            case .frame(let frame):
                counters.frames += 1
                receiver.received(frame: frame, bootMilliseconds: pendingSince)
            case .skipped(let count, let reason): skip(count, reason: reason)
            }
            // Whatever comes after the first step began in this read.
            pendingSince = now
        }
        counters.pendingBytes = framer.pendingCount
    }

    /// Takes bytes that are not to be looked at.
    mutating func discard(_ bytes: UnsafeRawBufferPointer) {
        counters.bytes += bytes.count
        discarded += bytes.count
    }

    /// Tells of the bytes that were thrown away.
    mutating func endDiscarding(reason: FrameProblem) {
        let count = discarded
        discarded = 0
        if count > 0 { skip(count, reason: reason) }
    }

    /// See ``Framer/beginMidstream()``.
    mutating func beginMidstream() { framer.beginMidstream() }

    /// Forgets the frame that was begun: what is read next is not its continuation.
    mutating func endInput(reason: FrameProblem) {
        endDiscarding(reason: reason)
        let count = framer.reset()
        counters.pendingBytes = 0
        if count > 0 { skip(count, reason: reason) }
    }

    private mutating func skip(_ count: Int, reason: FrameProblem) {
        counters.skippedBytes += count
        receiver.skipped(bytes: count, reason: reason)
    }
}
