/// A conversation on one line, decided step by step: whom to ask what, how long to wait, what an answer is.
///
/// Pure: it knows the line only by what it is told, and the time only by `now`, which is any clock that goes on
/// steadily. ``SerialReader`` drives it on its own thread:
///
/// 1. ``happened(_:now:)`` with ``LineEvent/opened``;
/// 2. ``next(now:)`` says what to do; it is done; ``happened(_:now:)`` or ``judge(_:now:)`` tells what came of it; and
///    again, until the port hangs up or the script says ``LineStep/close``.
///
/// Every step ends with exactly one event, but for ``LineStep/listen(until:for:)``, which ends at the first thing that
/// is heard: whoever wants to go on listening says so again. A script never answers with a step whose time has passed
/// twice in a row: that would be a spin.
public protocol LineScript: Sendable {
    /// What to do next.
    mutating func next(now: Duration) -> LineStep
    /// What came of it, or what happened to the line meanwhile.
    mutating func happened(_ event: LineEvent, now: Duration)
    /// What to do with a whole frame.
    mutating func judge(_ frame: ArraySlice<UInt8>, now: Duration) -> FrameVerdict
}

/// What a script wants to be done.
public enum LineStep: Hashable, Sendable {
    /// Send these bytes; ends with ``LineEvent/sent`` when the driver has taken them all, or with
    /// ``LineEvent/sendFailed``. A request also tells the framer what answer is coming.
    case send([UInt8], isRequest: Bool)
    /// Take in what comes until something is heard, or until then; nil for ever.
    case listen(until: Duration?, for: Hearing)
    /// Set the speed of the line; ends with ``LineEvent/done``. Where the driver refuses, the port is closed and tried
    /// again later.
    case setBaud(Int)
    /// Throw away what was received and not judged yet; ends with ``LineEvent/done``.
    case flushInput
    /// Hand this content to the receiver, put together from several answers; ends with ``LineEvent/done``.
    case deliver([UInt8], answering: RequestID?)
    /// Close the port: the answer to ``LineEvent/stopping``, sooner or later.
    case close

    /// What is made of bytes while the script listens.
    public enum Hearing: Hashable, Sendable {
        /// Frames, which are judged.
        case frames
        /// Nothing: the script gets them as they are.
        case bytes
        /// They are thrown away.
        case nothing
    }
}

/// What happened on a line.
public enum LineEvent: Hashable, Sendable {
    /// The port is open, and has settled.
    case opened
    /// The driver has taken all bytes. They need not be on the line yet.
    case sent
    /// The line takes no bytes: flow control forbids it, or the driver is stuck.
    case sendFailed
    /// What was to be done at once is done.
    case done
    /// Bytes came that are to become frames; what they make is told next.
    case heard(count: Int)
    /// Bytes came, as they are.
    case bytes([UInt8])
    /// Bytes that are no frame, or none that answers the request, were dropped.
    case skipped(count: Int, reason: FrameProblem)
    /// Until the time given nothing came, or nothing more.
    case timedOut
    /// The device is gone. Everything begins anew with the next ``opened``.
    case hungUp
    /// The reader wants to stop; the script has a second for what must still be said.
    case stopping
}

/// What becomes of a frame.
public enum FrameVerdict: Hashable, Sendable {
    /// It goes to the receiver, as the answer to a request or, without one, as it came.
    case deliver(answering: RequestID?)
    /// It was part of the conversation, and says nothing to others.
    case absorb
    /// It is not wanted; the receiver is told of its bytes and why.
    case refuse(FrameProblem)
}

/// Which request of which device a frame answers, by the numbers that the script gave them.
public struct RequestID: Hashable, Sendable {
    /// Number of the device on its line, from 0.
    public var device: Int
    /// Number of the request to this device, from 0.
    public var request: Int

    /// A request.
    public init(device: Int, request: Int) {
        self.device = device
        self.request = request
    }
}

/// The script of a line on which nothing is asked: it listens for ever.
public struct ListeningScript: LineScript {
    private var isStopping = false

    /// A script that listens.
    public init() {}

    /// Listens, until the reader stops.
    public mutating func next(now: Duration) -> LineStep { isStopping ? .close : .listen(until: nil, for: .frames) }

    /// Looks only whether the reader stops.
    public mutating func happened(_ event: LineEvent, now: Duration) {
        if event == .stopping { isStopping = true }
    }

    /// Every frame is welcome.
    public mutating func judge(_ frame: ArraySlice<UInt8>, now: Duration) -> FrameVerdict { .deliver(answering: nil) }
}
