import Glibc
import Records
import Synchronization
import Threads

/// What a reader's thread does. All but the stop flag, the counters and the waiters belongs to that thread.
final class SerialReadLoop: Sendable {
    private let port: PortName
    private let settings: SerialSettings
    private let framer: any Framer
    private let receiver: any SerialReceiver
    private let clock: any GatewayClock
    private let tree: DeviceTree
    private let retryDelays: ClosedRange<Duration>
    private let wakeup: Wakeup
    private let isStopping = Atomic(false)
    private let counts = Mutex(SerialCounters())
    private let ending = Mutex(Ending())

    private struct Ending {
        var hasEnded = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// Bytes per read: N_TTY's own buffer, so that one read empties it.
    private static let readSize = 4096
    /// A line that is silent for so long after opening is taken to be between two frames: longer than the 16 ms for
    /// which an FTDI adapter collects bytes, shorter than devices rest between lines.
    private static let restingTime = Duration.milliseconds(50)

    init(
        port: PortName, settings: SerialSettings, framer: any Framer, receiver: any SerialReceiver,
        clock: any GatewayClock, tree: DeviceTree, retryDelays: ClosedRange<Duration>, wakeup: Wakeup
    ) {
        self.port = port
        self.settings = settings
        self.framer = framer
        self.receiver = receiver
        self.clock = clock
        self.tree = tree
        self.retryDelays = retryDelays
        self.wakeup = wakeup
    }

    var counters: SerialCounters { counts.withLock { $0 } }

    func requestStop() {
        isStopping.store(true, ordering: .releasing)
        wakeup.signal()
    }

    /// Returns when ``run()`` has.
    func ended() async {
        await withCheckedContinuation { continuation in
            let hasEnded = ending.withLock { ending in
                if !ending.hasEnded { ending.waiters.append(continuation) }
                return ending.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }

    /// Opens and reads until it is told to stop.
    func run() {
        var intake = SerialIntake(framer: framer, receiver: receiver, clock: clock)
        var reported: SerialPortState?
        var delay = retryDelays.lowerBound
        while !isStopped {
            let bytesBefore = intake.counters.bytes
            func report(_ state: SerialPortState) {
                if state != reported { receiver.stateChanged(state) }
                reported = state
            }
            let state = attempt(&intake, report: report)
            intake.endInput(reason: .unfinished(isStopped ? "the port was closed" : "the line hung up"))
            publish(intake)
            guard !isStopped else { break }
            report(state)
            // A device that opens only to hang up is tried as seldom as one that is not there.
            if intake.counters.bytes > bytesBefore { delay = retryDelays.lowerBound }
            _ = wait(for: nil, until: .now + delay, counting: &intake)
            delay = min(delay * 2, retryDelays.upperBound)
        }
        let waiters = ending.withLock { ending in
            ending.hasEnded = true
            return ending.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Tries to open the port, and reads until it hangs up. The port is closed when this returns the state that is
    /// left: a port held open after its device is gone would keep the name from it.
    private func attempt(_ intake: inout SerialIntake, report: (SerialPortState) -> Void) -> SerialPortState {
        intake.counters.openAttempts += 1
        do throws(SerialPortError) {
            let port = try open()
            intake.counters.opens += 1
            publish(intake)
            if settle(port, &intake) {
                report(.open(path: port.path))
                read(port, &intake)
            }
            if !isStopped { intake.counters.hangUps += 1 }
            return .absent
        } catch {
            return error.code == .absent ? .absent : .unavailable(reason: error.message)
        }
    }

    private func open() throws(SerialPortError) -> SerialPort {
        switch tree.find(port) {
        case .device(let path): return try SerialPort(opening: path, settings: settings)
        case .absent: throw SerialPortError(.absent, "\(port) is not plugged in")
        case .ambiguous(let paths):
            throw SerialPortError(
                .ambiguous,
                "\(port) fits \(paths.joined(separator: " and ")); add the serial number, or use a path of "
                    + "/dev/serial/by-path")
        }
    }

    /// Throws input away for as long as the settings say, then finds out whether the line is between two frames.
    /// Returns false where the port hung up or the reader was stopped.
    private func settle(_ port: borrowing SerialPort, _ intake: inout SerialIntake) -> Bool {
        let end = ContinuousClock.now + settings.settle
        while ContinuousClock.now < end {
            guard !isStopped else { return false }
            guard wait(for: port.descriptor, until: end, counting: &intake) else { continue }
            guard take(from: port, { intake.discard($0) }) else { return false }
            publish(intake)
        }
        intake.endDiscarding(reason: .noise)
        if wait(for: port.descriptor, until: .now + Self.restingTime, counting: &intake) { intake.beginMidstream() }
        return !isStopped
    }

    /// Delivers what the port gives until it hangs up or the reader is stopped.
    private func read(_ port: borrowing SerialPort, _ intake: inout SerialIntake) {
        while !isStopped {
            publish(intake)
            guard wait(for: port.descriptor, until: nil, counting: &intake) else { continue }
            guard take(from: port, { intake.deliver($0) }) else { return }
        }
    }

    /// Reads once, after `poll` said that there is something. Returns false where the port hung up.
    private func take(from port: borrowing SerialPort, _ body: (UnsafeRawBufferPointer) -> Void) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: Self.readSize, alignment: 1) { buffer in
            switch port.read(into: buffer) {
            case .bytes(let count):
                body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                return true
            // An error that poll saw and read did not would come again at once, and for ever.
            case .nothing, .hungUp: return false
            }
        }
    }

    /// Waits for bytes or a hang-up, until the time given or the wish to stop. Returns whether there is something to
    /// read.
    private func wait(
        for descriptor: Int32?, until deadline: ContinuousClock.Instant?, counting intake: inout SerialIntake
    ) -> Bool {
        intake.counters.waits += 1
        // A descriptor below zero is passed over.
        var polled = [
            pollfd(fd: wakeup.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: descriptor ?? -1, events: Int16(POLLIN), revents: 0),
        ]
        var timeout: Int32 = -1
        if let deadline {
            // Rounded up: a wait that ends a part of a millisecond early would be followed by waits of no length.
            let (seconds, attoseconds) = max(ContinuousClock.now.duration(to: deadline), .zero).components
            timeout = Int32(clamping: seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
        }
        return poll(&polled, 2, timeout) > 0 && polled[1].revents != 0
    }

    private func publish(_ intake: SerialIntake) { counts.withLock { $0 = intake.counters } }

    private var isStopped: Bool { isStopping.load(ordering: .acquiring) }
}
