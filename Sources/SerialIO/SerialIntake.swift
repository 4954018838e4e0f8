import Records

/// From bytes to the receiver: cuts, times and counts, and asks the script about each frame. No I/O.
///
/// `counters.bytes` is what frames and their terminators, skipped and pending bytes, echoes and bytes that the script
/// took as they are add up to.
struct SerialIntake {
    var counters = SerialCounters()
    private var framer: any Framer
    private let receiver: any SerialReceiver
    private let clock: any GatewayClock
    private let settings: SerialSettings
    private var hearing = LineStep.Hearing.frames
    private var echo = EchoFilter()
    /// When the echo of what was sent must have come.
    private var echoDeadline: Duration?
    /// When the first byte of the frame that is pending was read.
    private var pendingSince: Int64 = 0
    /// When the first byte after the last request was read; nil before that.
    private var answeredSince: Int64?
    private var lastByteTime = Duration.zero
    /// Bytes thrown away and not yet told of.
    private var discarded = 0

    /// Longer than the 16 ms for which an FTDI adapter collects bytes, and than a busy system lets a thread wait.
    private static let echoDelayMax = Duration.milliseconds(200)

    init(framer: any Framer, settings: SerialSettings, receiver: any SerialReceiver, clock: any GatewayClock) {
        self.framer = framer
        self.settings = settings
        self.receiver = receiver
        self.clock = clock
    }

    /// When ``timePassed(now:script:)`` has something to do; nil while there is nothing.
    var deadline: Duration? {
        let giveUp = hearing == .frames && framer.pendingCount > 0 ? lastByteTime + settings.byteTimeout : nil
        guard let echoDeadline, let giveUp else { return echoDeadline ?? giveUp }
        return min(echoDeadline, giveUp)
    }

    /// What is made of bytes from now on. What was begun before is forgotten.
    mutating func listen(for hearing: LineStep.Hearing) {
        guard hearing != self.hearing else { return }
        if self.hearing == .nothing { endDiscarding(reason: .noise) }
        forgetPartial(reason: .noise)
        self.hearing = hearing
    }

    /// These bytes go out, at this speed.
    mutating func send(_ bytes: [UInt8], isRequest: Bool, baud: Int, now: Duration) {
        if isRequest {
            framer.expectReply(to: bytes)
            answeredSince = nil
        }
        guard settings.hasEcho else { return }
        echo.expect(bytes)
        echoDeadline = now + settings.time(ofCharacters: bytes.count, baud: baud) + Self.echoDelayMax
    }

    /// Takes what one read gave, and hands on the frames that are whole.
    mutating func take(_ bytes: UnsafeRawBufferPointer, script: inout any LineScript, now: Duration) {
        counters.bytes += bytes.count
        guard settings.hasEcho, echo.isWaiting || echo.heldCount > 0 else {
            deliver(bytes, script: &script, now: now)
            return
        }
        let heldBefore = echo.heldCount
        let rest = echo.filter(bytes)
        counters.echoBytes += heldBefore + bytes.count - rest.count - echo.heldCount
        if !echo.isWaiting, echo.heldCount == 0 { echoDeadline = nil }
        rest.withUnsafeBytes { deliver($0, script: &script, now: now) }
        counters.pendingBytes = framer.pendingCount + echo.heldCount
    }

    /// Gives up what did not come in time: the rest of an echo, the rest of a frame.
    mutating func timePassed(now: Duration, script: inout any LineScript) {
        if let echoDeadline, now >= echoDeadline {
            self.echoDeadline = nil
            echo.giveUp().withUnsafeBytes { deliver($0, script: &script, now: now) }
        }
        guard hearing == .frames, framer.pendingCount > 0, now >= lastByteTime + settings.byteTimeout else { return }
        counters.unfinishedFrames += 1
        forgetPartial(reason: .unfinished("the frame paused in the middle"))
        // The rest may come yet, and the end of a line reads like a line.
        framer.beginMidstream()
    }

    /// Hands on content that the script has put together.
    func hand(_ content: [UInt8], answering request: RequestID?) {
        receiver.received(
            frame: content[...], answering: request, bootMilliseconds: answeredSince ?? clock.bootMilliseconds())
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
    mutating func forgetPartial(reason: FrameProblem) {
        endDiscarding(reason: reason)
        let count = framer.reset()
        counters.pendingBytes = echo.heldCount
        if count > 0 { skip(count, reason: reason) }
    }

    /// Forgets all: the port was closed.
    mutating func endInput(reason: FrameProblem) {
        let held = echo.giveUp().count
        echoDeadline = nil
        if held > 0 { skip(held, reason: .echo) }
        forgetPartial(reason: reason)
        hearing = .frames
    }

    private mutating func deliver(_ bytes: UnsafeRawBufferPointer, script: inout any LineScript, now: Duration) {
        guard !bytes.isEmpty else { return }
        let boot = clock.bootMilliseconds()
        lastByteTime = now
        if answeredSince == nil { answeredSince = boot }
        switch hearing {
        case .nothing: discarded += bytes.count
        case .bytes: script.happened(.bytes(Array(bytes)), now: now)
        case .frames:
            if framer.pendingCount == 0 { pendingSince = boot }
            framer.append(bytes)
            script.happened(.heard(count: bytes.count), now: now)
            cut(readAt: boot, script: &script, now: now)
        }
        counters.pendingBytes = framer.pendingCount
    }

    private mutating func cut(readAt boot: Int64, script: inout any LineScript, now: Duration) {
        while true {
            switch framer.next() {
            case .needMoreBytes: return
            case .frame(let frame):
                switch script.judge(frame, now: now) {
                case .deliver(let request):
                    counters.frames += 1
                    receiver.received(frame: frame, answering: request, bootMilliseconds: pendingSince)
                case .absorb: counters.frames += 1
                case .refuse(let problem): skip(frame.count, reason: problem)
                }
            case .skipped(let count, let reason):
                skip(count, reason: reason)
                script.happened(.skipped(count: count, reason: reason), now: now)
            }
            // Whatever comes after the first step began in this read.
            pendingSince = boot
        }
    }

    private mutating func skip(_ count: Int, reason: FrameProblem) {
        counters.skippedBytes += count
        receiver.skipped(bytes: count, reason: reason)
    }
}
