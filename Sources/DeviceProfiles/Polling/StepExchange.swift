import SerialIO

/// Does a list of steps, one after the other; it is silent where something expected does not come.
struct StepExchange: Exchange {
    private let steps: [PollStep]
    private let settings: SerialSettings
    private var baud = 0
    private var index = 0
    private var round = 0
    private var state = State.ready
    private var heard: [UInt8] = []
    /// When the bytes that were sent are on the line.
    private var sentUntil = Duration.zero
    /// Whether what does not come the first time is not asked for again.
    var triesOnce = false

    private enum State {
        case ready
        case sending
        case waiting(until: Duration)
        case pausing(until: Duration)
        case settingBaud
        case finished(ExchangeOutcome)
    }

    /// Bytes that are searched for what is expected: the last that came.
    private static let heardMax = 4096

    init(_ steps: [PollStep], settings: SerialSettings) {
        self.steps = steps
        self.settings = settings
    }

    mutating func begin(baud: Int, now: Duration) {
        self.baud = baud
        index = 0
        round = 0
        sentUntil = now
        state = .ready
    }

    mutating func next(now: Duration) -> ExchangeStep {
        if case .finished(let outcome) = state { return .finished(outcome) }
        guard index < steps.count else { return .finished(.answered) }
        let step = steps[index]
        if case .ready = state {
            heard.removeAll(keepingCapacity: true)
            state = step.send.isEmpty ? afterSending(now: now) : .sending
        }
        if case .waiting(let until) = state, now >= until { state = afterSilence() }
        if case .pausing(let until) = state, now >= until {
            if let baud = step.baud {
                self.baud = baud
                state = .settingBaud
            } else {
                goOn()
                return next(now: now)
            }
        }
        switch state {
        case .ready: return next(now: now)
        case .sending: return .send(step.send)
        case .waiting(let until): return .listen(until: until, for: .bytes)
        case .pausing(let until): return .listen(until: until, for: .nothing)
        case .settingBaud: return .setBaud(baud)
        case .finished(let outcome): return .finished(outcome)
        }
    }

    mutating func happened(_ event: LineEvent, now: Duration) {
        switch (event, state) {
        case (.sent, .sending):
            sentUntil = now + settings.time(ofCharacters: steps[index].send.count, baud: baud)
            state = afterSending(now: now)
        case (.sendFailed, _): state = .finished(.silent)
        case (.bytes(let bytes), .waiting):
            heard.append(contentsOf: bytes)
            heard.removeFirst(max(0, heard.count - Self.heardMax))
            if steps[index].expected.occurs(in: heard) { state = .pausing(until: now + steps[index].wait) }
        case (.done, .settingBaud): goOn()
        default: break
        }
    }

    mutating func judge(_ frame: ArraySlice<UInt8>, now: Duration) -> ExchangeReply { .stranger }

    private func afterSending(now: Duration) -> State {
        let step = steps[index]
        let start = max(now, sentUntil)
        return step.expected.isEmpty ? .pausing(until: start + step.wait) : .waiting(until: start + step.timeout)
    }

    private mutating func afterSilence() -> State {
        round += 1
        return triesOnce || round >= steps[index].times ? .finished(.silent) : .ready
    }

    private mutating func goOn() {
        index += 1
        round = 0
        state = .ready
    }
}

extension BytePattern {
    /// Whether the bytes hold the pattern somewhere.
    fileprivate func occurs(in content: [UInt8]) -> Bool {
        guard content.count >= count else { return false }
        return (0...content.count - count).contains { start in
            (0..<count).allSatisfy { allows(content[start + $0], at: $0) }
        }
    }
}
