/// What happens to a port; absence is a state, not an error.
public enum SerialPortState: Sendable, Hashable {
    /// Open, by the path that the name resolved to, and past the time in which input is thrown away.
    case open(path: String)
    /// No such device at present; it is looked for again.
    case absent
    /// It is there and could not be used: held by another program, no permission, refused settings. It is tried again.
    case unavailable(reason: String)
}

/// Takes what a port delivers. All calls come from the port's own reader thread and must not block on a disk.
public protocol SerialReceiver: Sendable {
    /// A whole frame. `bootMilliseconds` is `CLOCK_BOOTTIME` when its first byte was read.
    func received(frame: ArraySlice<UInt8>, bootMilliseconds: Int64)
    /// A whole frame of a line on which devices are asked: which request it answers, or nil where it came by itself.
    func received(frame: ArraySlice<UInt8>, answering request: RequestID?, bootMilliseconds: Int64)
    /// Bytes that belong to no frame, and why.
    func skipped(bytes: Int, reason: FrameProblem)
    /// The port was opened, went away, or cannot be used. Called once per change, not per attempt.
    func stateChanged(_ state: SerialPortState)
}

extension SerialReceiver {
    /// The same as any frame, for receivers of lines on which nothing is asked.
    public func received(frame: ArraySlice<UInt8>, answering request: RequestID?, bootMilliseconds: Int64) {
        received(frame: frame, bootMilliseconds: bootMilliseconds)
    }
}
