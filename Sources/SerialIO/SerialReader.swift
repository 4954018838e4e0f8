import Records
import Synchronization
import Threads

/// Reads one serial port on a thread of its own, for as long as it runs: opens the port whenever it is there, cuts what
/// comes into frames, and hands them to its receiver.
///
/// Nothing that happens to the port ends it: a missing device, one that is held, a hang-up are states, and the port is
/// tried again, at first after 100 ms and then less often, down to every 2 s.
public final class SerialReader: Sendable {
    /// What it reads.
    public let port: PortName
    private let loop: SerialReadLoop
    private let stage: Mutex<Stage> = Mutex(.new)

    private enum Stage { case new, running, stopped }

    /// A reader that does nothing until ``start()``.
    ///
    /// - Parameters:
    ///   - framer: how bytes become frames; it is used anew after each hang-up.
    ///   - receiver: takes frames and states, on the reader's thread.
    ///   - tree: where devices are looked up.
    ///   - retryDelays: the first and the longest delay between attempts to open the port.
    /// - Throws: ``SerialPortError`` where the process has no descriptors left.
    public init(
        port: PortName, settings: SerialSettings, framer: any Framer, receiver: any SerialReceiver,
        clock: any GatewayClock, tree: DeviceTree = DeviceTree(),
        retryDelays: ClosedRange<Duration> = .milliseconds(100) ... .seconds(2)
    ) throws(SerialPortError) {
        guard let wakeup = Wakeup() else {
            throw SerialPortError(.system, "no file descriptors left to read \(port); raise LimitNOFILE")
        }
        self.port = port
        loop = SerialReadLoop(
            port: port, settings: settings, framer: framer, receiver: receiver, clock: clock, tree: tree,
            retryDelays: retryDelays, wakeup: wakeup)
    }

    deinit { loop.requestStop() }

    /// What it has done so far.
    public var counters: SerialCounters { loop.counters }

    /// Starts the thread. A reader starts once.
    ///
    /// - Throws: ``SerialPortError`` where the system gives no thread.
    public func start() throws(SerialPortError) {
        let isNew = stage.withLock { stage in
            defer { if stage == .new { stage = .running } }
            return stage == .new
        }
        precondition(isNew, "a serial reader starts once")
        // The thread holds the loop, not the reader: a reader that nobody holds ends its thread.
        let loop = self.loop
        guard OwnThread.start(named: "serial", { loop.run() }) else {
            stage.withLock { $0 = .stopped }
            throw SerialPortError(.system, "the system gives no thread to read \(port); raise TasksMax")
        }
    }

    /// Closes the port and ends the thread. On return the receiver has had its last call. Takes as long as the
    /// receiver's call that is under way, if any.
    public func stop() async {
        let wasRunning = stage.withLock { stage in
            defer { stage = stage == .new ? .stopped : stage }
            return stage == .running
        }
        guard wasRunning else { return }
        loop.requestStop()
        await loop.ended()
    }
}

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
    /// Bytes that belong to no frame.
    public var skippedBytes = 0
    /// Bytes read of which the framer has not told yet: grows without end on a line that never ends.
    public var pendingBytes = 0
    /// Times that the thread waited, for bytes or for the next attempt.
    public var waits = 0

    /// All zero.
    public init() {}
}
