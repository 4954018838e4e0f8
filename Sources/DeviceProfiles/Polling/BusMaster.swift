import SerialIO

/// Asks many devices on one line, each at its own times: one request after the other.
///
/// - The earliest due is asked first; who is late is asked once, and starves nobody.
/// - A device that does not answer is asked again, behind those that wait, and then less and less often, down to every
///   five minutes; while it is silent each try costs the others one timeout. When it answers it is asked as before.
/// - An answer is taken only by the request that waits for it. Answers that come late, our own echo and answers to
///   others are counted and dropped.
/// - Between an answer and the next request the line is left quiet: 3.5 characters, and what the line's devices need.
public struct BusMaster: LineScript {
    /// The longest time between two tries of a device that does not answer.
    public static let backOffMax = Duration.seconds(300)
    /// How long an answer that is too late is known as such.
    private static let lateMax = Duration.seconds(30)
    /// How long a line that is never quiet keeps a request waiting.
    private static let quietMax = Duration.milliseconds(250)

    let line: BusLine
    let devices: [PolledDevice]
    let ledger: PollLedger
    var states: [DeviceState]
    var turn: Turn?
    /// The speed at present, and the one between two exchanges.
    var baud: Int
    var restingBaud: Int
    /// What the line does for the master, not for an exchange.
    private var ownStep = OwnStep.none
    private var quietUntil = Duration.zero
    /// When a request is sent although the line is not quiet; nil while none waits.
    private var quietLimit: Duration?
    var needsFlush = false
    private var lastSent: [UInt8] = []
    private var isOpen = false
    /// Devices that still have something to be said before the line is closed; nil while it is not to be closed.
    var farewells: [Int]?

    /// What a device is like at present.
    struct DeviceState {
        var schedule: DeviceSchedule
        var requests: [any Exchange]
        var isInitialised = false
        /// Its exchange that waits for the device's own work, without using the line.
        var parked: Turn?
        /// The request whose answer may still come, and until when.
        var owed: (request: Int, until: Duration)?
    }

    /// What a device is being asked: exchanges one after the other.
    struct Turn {
        enum Part: Hashable { case initialisation, wake, request, shutdown }
        let device: Int
        let request: Int
        var part: Part
        var exchange: any Exchange
        var pendingSend: [UInt8]?
        var isFlushed = false
        var hasSent = false
    }

    private enum OwnStep { case none, listening, settingBaud(Int), flushing }

    /// A master for these devices.
    ///
    /// - Parameter ledger: where it counts; made for as many devices.
    public init(devices: [PolledDevice], line: BusLine, ledger: PollLedger) {
        precondition(ledger.current.devices.count == devices.count, "the ledger has a page for each device")
        self.devices = devices
        self.line = line
        self.ledger = ledger
        baud = line.settings.baud
        restingBaud = baud
        states = devices.map { Self.state(of: $0, line: line, now: .zero) }
    }

    /// What to do next.
    public mutating func next(now: Duration) -> LineStep {
        while true {
            if turn == nil {
                if farewells != nil {
                    guard beginFarewell(now: now) else { return .close }
                } else {
                    if case .idle(let until) = beginTurn(now: now) {
                        ownStep = .listening
                        return .listen(until: until, for: .frames)
                    }
                }
            }
            if let step = stepOfTurn(now: now) { return step }
        }
    }

    /// What came of it.
    public mutating func happened(_ event: LineEvent, now: Duration) {
        switch event {
        case .opened: open(now: now)
        case .hungUp: close()
        case .stopping: stop()
        case .heard, .bytes:
            quietUntil = max(quietUntil, now + gap)
            tell(event, now: now)
        case .skipped(let count, .stranger):
            countStranger(size: count, now: now)
            tell(event, now: now)
        case .skipped(_, .echo):
            ledger.change { $0.echoes += 1 }
            tell(event, now: now)
        case .done:
            if case .settingBaud(let speed) = ownStep { baud = speed }
            tell(event, now: now)
        case .sent:
            quietUntil = max(quietUntil, now + line.settings.time(ofCharacters: lastSent.count, baud: baud))
            tell(event, now: now)
        case .sendFailed, .timedOut, .skipped: tell(event, now: now)
        }
    }

    /// Whose answer it is.
    public mutating func judge(_ frame: ArraySlice<UInt8>, now: Duration) -> FrameVerdict {
        if case .none = ownStep, var turn, turn.hasSent, turn.pendingSend == nil {
            let reply = turn.exchange.judge(frame, now: now)
            self.turn = turn
            switch reply {
            case .answer: return .deliver(answering: RequestID(device: turn.device, request: turn.request))
            case .part: return .absorb
            case .stranger: break
            }
        }
        if isEcho(frame) {
            ledger.change { $0.echoes += 1 }
            return .refuse(.echo)
        }
        if let device = states.indices.first(where: { isLate(frame, of: $0, now: now) }) {
            countLate(device)
            return .refuse(.stranger)
        }
        guard line.hearsOnlyAnswers else { return .deliver(answering: nil) }
        ledger.change { $0.strangers += 1 }
        return .refuse(.stranger)
    }

    /// The least silence between two frames at the present speed.
    private var gap: Duration { max(line.gap, BusLine.silence(baud: baud)) }

    /// Gives an event to the exchange that caused it.
    private mutating func tell(_ event: LineEvent, now: Duration) {
        guard case .none = ownStep else {
            ownStep = .none
            return
        }
        turn?.exchange.happened(event, now: now)
    }

    /// The next step of the present turn; nil where the turn or a part of it is over.
    private mutating func stepOfTurn(now: Duration) -> LineStep? {
        guard var turn else { return nil }
        ownStep = .none
        let step = turn.pendingSend.map { ExchangeStep.send($0) } ?? turn.exchange.next(now: now)
        self.turn = turn
        switch step {
        case .send(let bytes):
            turn.pendingSend = bytes
            let preparation = prepareToSend(&turn, now: now)
            if preparation == nil {
                turn.pendingSend = nil
                turn.hasSent = true
                lastSent = bytes
            }
            self.turn = turn
            if let preparation { return preparation }
            return .send(bytes, isRequest: true)
        case .listen(let until, let hearing): return .listen(until: until, for: hearing)
        case .setBaud(let speed):
            baud = speed
            if turn.part != .request { restingBaud = speed }
            return .setBaud(speed)
        case .deliver(let content):
            return .deliver(content, answering: RequestID(device: turn.device, request: turn.request))
        case .rest(let until):
            states[turn.device].parked = turn
            states[turn.device].schedule.hold(until: until)
            self.turn = nil
            return nil
        case .finished(let outcome):
            if baud != restingBaud {
                ownStep = .settingBaud(restingBaud)
                return .setBaud(restingBaud)
            }
            self.turn = nil
            finish(turn, outcome, now: now)
            quietUntil = max(quietUntil, now + gap)
            return nil
        }
    }

    /// What comes before bytes are sent: input that is none of their business is thrown away, and the line rests.
    private mutating func prepareToSend(_ turn: inout Turn, now: Duration) -> LineStep? {
        if now < quietUntil {
            let limit = quietLimit ?? max(quietUntil, now + Self.quietMax)
            quietLimit = limit
            if now < limit {
                ownStep = .listening
                return .listen(until: min(quietUntil, limit), for: .frames)
            }
        }
        quietLimit = nil
        if !turn.isFlushed, needsFlush || line.hearsOnlyAnswers {
            turn.isFlushed = true
            needsFlush = false
            ownStep = .flushing
            return .flushInput
        }
        return nil
    }

    private mutating func open(now: Duration) {
        isOpen = true
        baud = line.settings.baud
        restingBaud = baud
        quietUntil = now + gap
        states = devices.map { Self.state(of: $0, line: line, now: now) }
        for index in devices.indices { ledger.change { $0.devices[index].state = .unknown } }
    }

    private mutating func close() {
        isOpen = false
        turn = nil
        ownStep = .none
        quietLimit = nil
    }

    /// Ends what is under way: it has no second to wait for.
    private mutating func stop() {
        turn = nil
        ownStep = .none
        farewells = isOpen ? devices.indices.filter { !devices[$0].shutdown.isEmpty } : []
    }

    private static func state(of device: PolledDevice, line: BusLine, now: Duration) -> DeviceState {
        DeviceState(
            schedule: DeviceSchedule(device, now: now),
            requests: device.requests.map { $0.exchange(settings: line.settings) })
    }

    /// Whether the frame is what we sent last, its checksum and its end apart.
    private func isEcho(_ frame: ArraySlice<UInt8>) -> Bool {
        frame.count >= 2 && frame.count + 4 >= lastSent.count && lastSent.starts(with: frame)
    }

    private func isLate(_ frame: ArraySlice<UInt8>, of device: Int, now: Duration) -> Bool {
        guard let owed = states[device].owed, now < owed.until,
            case .request(_, let rule) = devices[device].requests[owed.request].conversation
        else { return false }
        return rule.judge(frame) != .stranger
    }

    private mutating func countLate(_ device: Int) {
        states[device].owed = nil
        ledger.change { $0.devices[device].late += 1 }
    }

    /// The framer has dropped an answer to somebody else: its length tells whether it was waited for. While a device is
    /// asked itself, what comes from it is no stranger.
    private mutating func countStranger(size: Int, now: Duration) {
        let late = states.indices.first { device in
            guard device != turn?.device, let owed = states[device].owed, now < owed.until,
                case .request(_, let rule) = devices[device].requests[owed.request].conversation
            else { return false }
            return rule.frameSize == size
        }
        if let late { countLate(late) } else { ledger.change { $0.strangers += 1 } }
    }

    /// The answer to this request may come yet.
    mutating func remember(_ turn: Turn, now: Duration) {
        states[turn.device].owed = (turn.request, now + Self.lateMax)
    }
}
