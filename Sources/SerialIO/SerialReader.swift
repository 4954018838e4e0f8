import Records
import Synchronization
import Threads

/// Reads one serial port on a thread of its own, for as long as it runs: opens the port whenever it is there, cuts what
/// comes into frames, and hands them to its receiver.
///
/// Nothing that happens to the port ends it: a missing device, one that is held, a hang-up are states, and the port is
/// tried again: as soon as its device file appears, and without being told of that, at intervals.
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
    ///   - script: what is said on the line; by default nothing, and everything is listened to.
    ///   - receiver: takes frames and states, on the reader's thread.
    ///   - tree: where devices are looked up.
    /// - Throws: ``SerialPortError`` where the process has no descriptors left.
    public init(
        port: PortName, settings: SerialSettings, framer: any Framer, script: any LineScript = ListeningScript(),
        receiver: any SerialReceiver, clock: any GatewayClock, tree: DeviceTree = DeviceTree(),
        timing: SerialTiming = SerialTiming()
    ) throws(SerialPortError) {
        guard let wakeup = Wakeup() else {
            throw SerialPortError(.system, "no file descriptors left to read \(port); raise LimitNOFILE")
        }
        self.port = port
        loop = SerialReadLoop(
            port: port, settings: settings, framer: framer, script: script, receiver: receiver, clock: clock,
            tree: tree, timing: timing, wakeup: wakeup)
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
    /// receiver's call that is under way, if any, and up to a second where the script has something to say before.
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

/// How often a port is tried, and how long it is given.
public struct SerialTiming: Hashable, Sendable {
    /// The first and the longest delay between attempts to open a port that is there and cannot be used, or whose
    /// coming nobody tells.
    public var retryDelays = Duration.milliseconds(100)...Duration.seconds(2)
    /// The longest delay between attempts to open a port that is absent, while inotify tells of its coming: a safety
    /// net.
    public var rescan = Duration.seconds(30)
    /// A line that is silent for so long after opening is taken to be between two frames: longer than the 16 ms for
    /// which an FTDI adapter collects bytes, shorter than devices rest between lines.
    public var restingTime = Duration.milliseconds(50)

    /// The defaults.
    public init() {}
}
