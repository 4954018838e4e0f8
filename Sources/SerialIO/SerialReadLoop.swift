import Glibc
import Records
import Synchronization
import Threads

/// What a reader's thread does: keeps the port open. What is said on it is in `SerialReadLoop+Conversation`.
///
/// All but the stop flag, the counters and the waiters belongs to that thread.
final class SerialReadLoop: Sendable {
    let port: PortName
    let settings: SerialSettings
    let wakeup: Wakeup
    private let framer: any Framer
    private let script: any LineScript
    private let receiver: any SerialReceiver
    private let clock: any GatewayClock
    private let tree: DeviceTree
    private let timing: SerialTiming
    /// The zero of the time that scripts see.
    private let origin = ContinuousClock.now
    private let isStopping = Atomic(false)
    private let counts = Mutex(SerialCounters())
    private let ending = Mutex(Ending())

    private struct Ending {
        var hasEnded = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    init(
        port: PortName, settings: SerialSettings, framer: any Framer, script: any LineScript,
        receiver: any SerialReceiver, clock: any GatewayClock, tree: DeviceTree, timing: SerialTiming, wakeup: Wakeup
    ) {
        self.port = port
        self.settings = settings
        self.framer = framer
        self.script = script
        self.receiver = receiver
        self.clock = clock
        self.tree = tree
        self.timing = timing
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
        var line = LineState(
            intake: SerialIntake(framer: framer, settings: settings, receiver: receiver, clock: clock), script: script)
        var reported: SerialPortState?
        func report(_ state: SerialPortState) {
            if state != reported { receiver.stateChanged(state) }
            reported = state
        }
        var delay = timing.retryDelays.lowerBound
        // Only while the port is closed: changes that nobody reads would pile up.
        var watcher: PortWatcher?
        while !isStopped {
            let bytesBefore = line.intake.counters.bytes
            // Before the attempt: what comes after it is told.
            if watcher?.clear() != true { watcher = PortWatcher(for: port, in: tree) }
            var state: SerialPortState
            line.intake.counters.openAttempts += 1
            do throws(SerialPortError) {
                let port = try open()
                watcher = nil
                state = try use(port, &line, report: report)
            } catch {
                state = error.code == .absent ? .absent : .unavailable(reason: error.message)
            }
            line.intake.endInput(reason: .unfinished(isStopped ? "the port was closed" : "the line hung up"))
            publish(line.intake)
            guard !isStopped else { break }
            report(state)
            // A device that opens only to hang up is tried as seldom as one that is not there.
            if line.intake.counters.bytes > bytesBefore { delay = timing.retryDelays.lowerBound }
            let isTold = rest(for: delay, watcher?.descriptor, &line)
            // Who holds a port, and a driver that refuses, are not told of when that changes.
            let longest = watcher != nil && state == .absent ? timing.rescan : timing.retryDelays.upperBound
            delay = isTold ? timing.retryDelays.lowerBound : min(delay * 2, longest)
        }
        let waiters = ending.withLock { ending in
            ending.hasEnded = true
            return ending.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    var isStopped: Bool { isStopping.load(ordering: .acquiring) }

    /// The time that scripts see.
    var now: Duration { origin.duration(to: .now) }

    func publish(_ intake: SerialIntake) { counts.withLock { $0 = intake.counters } }

    /// Uses the open port until it hangs up. The port is closed when this returns the state that is left: a port held
    /// open after its device is gone would keep the name from it.
    private func use(
        _ port: consuming SerialPort, _ line: inout LineState, report: (SerialPortState) -> Void
    ) throws(SerialPortError) -> SerialPortState {
        line.intake.counters.opens += 1
        line.begin(with: port, baud: settings.baud, now: now)
        publish(line.intake)
        defer { if !isStopped { line.intake.counters.hangUps += 1 } }
        if settle(port, &line) {
            report(.open(path: port.path))
            try converse(port, &line)
        }
        line.countFaults(of: port, now: now)
        return .absent
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
    private func settle(_ port: borrowing SerialPort, _ line: inout LineState) -> Bool {
        let end = now + settings.settle
        while now < end {
            guard !isStopped else { return false }
            guard wait(for: port, until: end, &line).isReady else { continue }
            guard read(port, { line.intake.discard($0) }) else { return false }
            publish(line.intake)
        }
        line.intake.endDiscarding(reason: .noise)
        if wait(for: port, until: now + timing.restingTime, &line).isReady { line.intake.beginMidstream() }
        return !isStopped
    }

    /// Waits before the next attempt, for less where the watcher tells of a change. Returns whether it did.
    private func rest(for delay: Duration, _ watcher: Int32?, _ line: inout LineState) -> Bool {
        line.intake.counters.waits += 1
        let earliest = now + timing.retryDelays.lowerBound
        let answer = DescriptorWait.wait(wakeup, watcher.map { ($0, .input) }, for: delay)
        guard answer.isReady, !isStopped else { return false }
        // A folder in which something changes all the time must not make this a spin.
        guard now < earliest else { return true }
        line.intake.counters.waits += 1
        _ = DescriptorWait.wait(wakeup, nil, for: earliest - now)
        return true
    }
}
