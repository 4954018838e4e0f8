import SerialIO

/// Sends a request, and waits for the frame that answers it.
struct RequestExchange: Exchange {
    private let bytes: [UInt8]
    private let rule: ReplyRule
    private let request: PollRequest
    private let settings: SerialSettings
    private var baud = 0
    private var state = State.ready

    private enum State {
        case ready
        case sending
        case waiting(AnswerTime)
        case finished(ExchangeOutcome)
    }

    init(_ bytes: [UInt8], _ rule: ReplyRule, request: PollRequest, settings: SerialSettings) {
        self.bytes = bytes
        self.rule = rule
        self.request = request
        self.settings = settings
    }

    mutating func begin(baud: Int, now: Duration) {
        self.baud = baud
        state = .ready
    }

    mutating func next(now: Duration) -> ExchangeStep {
        switch state {
        case .ready, .sending:
            state = .sending
            return .send(bytes)
        case .waiting(let time): return .listen(until: time.deadline, for: .frames)
        case .finished(let outcome): return .finished(outcome)
        }
    }

    mutating func happened(_ event: LineEvent, now: Duration) {
        switch (event, state) {
        case (.sent, _):
            state = .waiting(
                AnswerTime(
                    sent: bytes.count, timeout: request.timeout, replySizeMax: request.replySizeMax,
                    settings: settings, baud: baud, now: now))
        case (.sendFailed, _): state = .finished(.silent)
        case (.heard, .waiting(var time)):
            time.heard(now: now)
            state = .waiting(time)
        case (.skipped(_, .checksum), .waiting(var time)):
            time.heardDamage(now: now)
            state = .waiting(time)
        case (.timedOut, .waiting(let time)) where now >= time.deadline: state = .finished(.silent)
        default: break
        }
    }

    mutating func judge(_ frame: ArraySlice<UInt8>, now: Duration) -> ExchangeReply {
        guard case .waiting = state else { return .stranger }
        switch rule.judge(frame) {
        case .answer:
            state = .finished(.answered)
            return .answer
        case .exception(let code):
            state = .finished(.exception(code))
            return .part
        case .stranger: return .stranger
        }
    }
}
