import Simulation
import Threads

/// A serial line made of software, on a ``PseudoTerminal``, with devices at its end: one at a port of its own, or
/// several that share the wires. They speak from a thread of the line.
public final class SimulatedLine: Sendable {
    /// The port that they speak on.
    public let terminal: PseudoTerminal
    /// Who is on the line.
    public let devices: [SimulatedDevice]
    private let progress = Gate(Progress())

    private struct Progress {
        var isStopping = false
        var hasEnded = false
    }

    /// Bytes that nobody on the line took for a request are forgotten after so long a silence, as devices do.
    private static let silence = Duration.milliseconds(200)
    /// The longest request of any protocol is far below this.
    private static let heardMax = 4096
    /// How long a request may lie before it is looked at.
    private static let reaction = Duration.milliseconds(2)
    private static let longestWait = Duration.milliseconds(50)

    /// A line on which nothing is said before ``start()``.
    public init(_ devices: [SimulatedDevice], on terminal: PseudoTerminal) {
        precondition(!devices.isEmpty, "there is a device on the line")
        self.devices = devices
        self.terminal = terminal
    }

    deinit { progress.change { $0.isStopping = true } }

    /// The devices begin to speak and to listen. Returns false where the system gives no thread.
    public func start() -> Bool {
        let (devices, terminal, progress) = (devices, terminal, progress)
        return OwnThread.start(named: "simulated-line") {
            var talk = Talk(devices: devices, terminal: terminal)
            let begin = ContinuousClock.now
            for device in talk.devices { device.begin(at: begin) }
            while !progress.withLock({ $0.isStopping }) {
                let next = talk.step(at: .now)
                _ = progress.wait(until: next) { $0.isStopping ? true : nil }
            }
            progress.change { $0.hasEnded = true }
        }
    }

    /// Falls silent, and returns when the frame that was under way is out. Only after ``start()``.
    public func stop() {
        progress.change { $0.isStopping = true }
        // Longer than the terminal waits for somebody to read.
        _ = progress.wait(until: .now + .seconds(40)) { $0.hasEnded ? true : nil }
    }

    /// What is said on the line, turn by turn.
    private struct Talk {
        let devices: [SimulatedDevice]
        let terminal: PseudoTerminal
        private var heard: [UInt8] = []
        private var lastHeard = ContinuousClock.now
        private var late: [(due: ContinuousClock.Instant, speech: SimulatedDevice.Speech, device: SimulatedDevice)] = []

        init(devices: [SimulatedDevice], terminal: PseudoTerminal) {
            self.devices = devices
            self.terminal = terminal
        }

        /// Answers what was asked, says what is due, and tells when to look again.
        mutating func step(at now: ContinuousClock.Instant) -> ContinuousClock.Instant {
            listen(at: now)
            while let (device, request) = nextRequest() {
                let speech = device.answer(to: heard)
                heard.removeFirst(request.upperBound)
                if let speech { say(speech, by: device, at: now) }
            }
            for device in devices {
                if let speech = device.turn(at: now) { say(speech, by: device, at: now) }
            }
            for entry in late where entry.due <= now { send(entry.speech, by: entry.device) }
            late.removeAll { $0.due <= now }
            let isListening = devices.contains { !$0.speaksByItself }
            let next = (devices.map(\.due) + late.map(\.due)).min() ?? now
            return min(next, now + (isListening ? SimulatedLine.reaction : SimulatedLine.longestWait))
        }

        private mutating func listen(at now: ContinuousClock.Instant) {
            let new = terminal.received()
            if new.isEmpty {
                if !heard.isEmpty, lastHeard.duration(to: now) > SimulatedLine.silence { heard.removeAll() }
            } else {
                heard += new
                lastHeard = now
                if heard.count > SimulatedLine.heardMax { heard.removeFirst(heard.count - SimulatedLine.heardMax) }
            }
        }

        private func nextRequest() -> (SimulatedDevice, Range<Int>)? {
            guard !heard.isEmpty else { return nil }
            return devices.compactMap { device in device.place(in: heard).map { (device, $0) } }
                .min { $0.1.lowerBound < $1.1.lowerBound }
        }

        private mutating func say(
            _ speech: SimulatedDevice.Speech, by device: SimulatedDevice, at now: ContinuousClock.Instant
        ) {
            if speech.delay > .zero {
                late.append((now + speech.delay, speech, device))
            } else {
                send(speech, by: device)
            }
        }

        private func send(_ speech: SimulatedDevice.Speech, by device: SimulatedDevice) {
            // A device does not know whether anybody listens; what was not sent is not counted.
            let isSent: Void? = try? terminal.send(
                speech.bytes, pieceSize: speech.pause > .zero ? 1 : .max, pause: speech.pause)
            if isSent != nil { device.hasSent(speech) }
        }
    }
}
