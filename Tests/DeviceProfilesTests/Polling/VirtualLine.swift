import DeviceProfiles
import SerialIO

/// A line without a port and without time: drives a script by a clock of its own, and answers it as a test says.
final class VirtualLine {
    /// Something that comes on the line.
    struct Arrival {
        var time: Duration
        /// As it travels.
        var wire: [UInt8]
        /// As a framer gives it; nil where it makes nothing of it.
        var frame: [UInt8]?
    }

    private(set) var script: BusMaster
    private(set) var now = Duration.zero
    private(set) var sent: [(time: Duration, bytes: [UInt8])] = []
    private(set) var delivered: [(time: Duration, request: RequestID?, content: [UInt8])] = []
    private(set) var refused: [FrameProblem] = []
    private(set) var bauds: [Int] = []
    private(set) var flushes = 0
    private(set) var isClosed = false
    private var arrivals: [Arrival] = []
    private var stepsAtOnce = 0

    /// More steps than this without time passing are a spin.
    private static let stepsAtOnceMax = 200

    init(_ script: BusMaster) {
        self.script = script
        self.script.happened(.opened, now: now)
    }

    func stop() { script.happened(.stopping, now: now) }

    func reopen() {
        arrivals = []
        script.happened(.hungUp, now: now)
        script.happened(.opened, now: now)
    }

    /// Something comes, whoever is asked.
    func arrive(_ arrival: Arrival) {
        let index = arrivals.lastIndex { $0.time <= arrival.time }.map { $0 + 1 } ?? 0
        arrivals.insert(arrival, at: index)
    }

    /// Lets time pass. `answer` says what comes after each request. Returns false where the script spins.
    func run(until end: Duration, _ answer: ([UInt8], Duration) -> [Arrival]) -> Bool {
        while now < end, !isClosed {
            let before = now
            step(until: end, answer)
            stepsAtOnce = now == before ? stepsAtOnce + 1 : 0
            if stepsAtOnce > Self.stepsAtOnceMax { return false }
        }
        return true
    }

    private func step(until end: Duration, _ answer: ([UInt8], Duration) -> [Arrival]) {
        switch script.next(now: now) {
        case .send(let bytes, _):
            sent.append((now, bytes))
            script.happened(.sent, now: now)
            for arrival in answer(bytes, now) { arrive(arrival) }
        case .listen(let until, let hearing): listen(until: until, end: end, for: hearing)
        case .setBaud(let baud):
            bauds.append(baud)
            script.happened(.done, now: now)
        case .flushInput:
            flushes += 1
            script.happened(.done, now: now)
        case .deliver(let content, let request):
            delivered.append((now, request, content))
            script.happened(.done, now: now)
        case .close: isClosed = true
        }
    }

    private func listen(until: Duration?, end: Duration, for hearing: LineStep.Hearing) {
        let limit = min(until ?? end, end)
        guard let arrival = arrivals.first, arrival.time <= limit else {
            now = max(now, limit)
            if let until, now >= until { script.happened(.timedOut, now: now) }
            return
        }
        arrivals.removeFirst()
        now = max(now, arrival.time)
        switch hearing {
        case .nothing: break
        case .bytes: script.happened(.bytes(arrival.wire), now: now)
        case .frames:
            script.happened(.heard(count: arrival.wire.count), now: now)
            guard let frame = arrival.frame else { return }
            switch script.judge(frame[...], now: now) {
            case .deliver(let request): delivered.append((now, request, frame))
            case .absorb: break
            case .refuse(let problem): refused.append(problem)
            }
        }
    }
}

/// Modbus as far as a test needs it.
enum TestModbus {
    static func request(unit: UInt8, register: UInt16 = 0, count: UInt16 = 2) -> [UInt8] {
        [unit, 3, UInt8(register >> 8), UInt8(register & 0xFF), UInt8(count >> 8), UInt8(count & 0xFF), 0xAA, 0xBB]
    }

    /// An answer to this request whose every byte is `value`.
    static func answer(to request: [UInt8], value: UInt8, at time: Duration) -> VirtualLine.Arrival {
        let size = Int(request[5]) * 2
        let content = [request[0], request[1], UInt8(size)] + [UInt8](repeating: value, count: size)
        return .init(time: time, wire: content + [0, 0], frame: content)
    }

    static func device(
        _ unit: UInt8, every: Duration = .seconds(1), registers: [UInt16] = [0], retries: Int = 1
    ) -> PolledDevice {
        PolledDevice(
            name: "unit-\(unit)",
            requests: registers.map { register in
                let bytes = request(unit: unit, register: register)
                return PollRequest(.request(bytes, ReplyRule.modbus(bytes)!), every: every, retries: retries)
            })
    }

    static func line(of devices: [PolledDevice]) -> (VirtualLine, PollLedger) {
        let ledger = PollLedger(devices: devices.count)
        let line = BusLine(settings: SerialSettings(baud: 9600))
        return (VirtualLine(BusMaster(devices: devices, line: line, ledger: ledger)), ledger)
    }
}
