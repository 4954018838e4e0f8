import SerialIO

/// How a meter with an optical head is asked (IEC 62056-21, 6.3).
public enum IEC62056Mode: String, CaseIterable, Hashable, Sendable {
    /// The answer comes at the speed of the sign-on.
    case a
    /// The meter's identification says the speed of the answer.
    case b
    /// The identification offers a speed, and an acknowledgement takes it.
    case c
}

/// Reads a meter out: sign-on at the line's speed, identification, change of speed, and the readout as a frame.
struct IEC62056Exchange: Exchange {
    private let mode: IEC62056Mode
    private let address: [UInt8]
    private let request: PollRequest
    private let settings: SerialSettings
    private var baud = 0
    private var phase = Phase.signingOn
    private var waiting: AnswerTime?
    private var sentUntil = Duration.zero
    private var line: [UInt8] = []

    private enum Phase {
        case signingOn
        /// The identification came; it offers this character's speed.
        case acknowledging(UInt8)
        /// The acknowledgement is on its way.
        case turning(to: Int)
        case settingBaud(Int)
        case readingOut
        case finished(ExchangeOutcome)
    }

    /// A readout of the largest meters has about 16 KiB.
    private static let readoutSizeMax = 32 << 10
    /// Time in which a meter begins to answer: 1500 ms, and what a head needs.
    private static let reactionTime = Duration.milliseconds(2000)
    /// Time between two characters of a readout (6.3.2).
    private static let pauseMax = Duration.milliseconds(1500)
    private static let lineMax = 64

    init(_ mode: IEC62056Mode, address: String, request: PollRequest, settings: SerialSettings) {
        self.mode = mode
        self.address = Array(address.utf8)
        self.request = request
        self.settings = settings
    }

    mutating func begin(baud: Int, now: Duration) {
        self.baud = baud
        phase = .signingOn
        waiting = nil
        line = []
    }

    mutating func next(now: Duration) -> ExchangeStep {
        if case .turning(let speed) = phase, now >= sentUntil { phase = .settingBaud(speed) }
        if case .settingBaud(let speed) = phase, speed == baud { beginReadout(now: now) }
        switch phase {
        case .signingOn:
            if let waiting { return .listen(until: waiting.deadline, for: mode == .a ? .frames : .bytes) }
            return .send(signOn)
        case .acknowledging(let speed): return .send([0x06, 0x30, speed, 0x30, 0x0D, 0x0A])
        case .turning: return .listen(until: sentUntil, for: .nothing)
        case .settingBaud(let speed): return .setBaud(speed)
        case .readingOut:
            return .listen(until: waiting?.deadline ?? now, for: .frames)
        case .finished(let outcome): return .finished(outcome)
        }
    }

    mutating func happened(_ event: LineEvent, now: Duration) {
        switch (event, phase) {
        case (.sent, .signingOn):
            waiting = answerTime(sent: signOn.count, now: now)
        case (.sent, .acknowledging(let speed)):
            sentUntil = now + settings.time(ofCharacters: 6, baud: baud)
            phase = .turning(to: Self.speeds(of: .c)[speed] ?? baud)
        case (.sendFailed, _): phase = .finished(.silent)
        case (.done, .settingBaud(let speed)):
            baud = speed
            beginReadout(now: now)
        case (.bytes(let bytes), .signingOn):
            waiting?.heard(now: now)
            for byte in bytes { take(byte, now: now) }
        case (.heard, _): waiting?.heard(now: now)
        case (.timedOut, _):
            if let waiting, now >= waiting.deadline { phase = .finished(.silent) }
        default: break
        }
    }

    mutating func judge(_ frame: ArraySlice<UInt8>, now: Duration) -> ExchangeReply {
        switch phase {
        case .readingOut: break
        case .signingOn where mode == .a && waiting != nil: break
        default: return .stranger
        }
        phase = .finished(.answered)
        return .answer
    }

    private var signOn: [UInt8] { Array("/?".utf8) + address + Array("!\r\n".utf8) }

    private func answerTime(sent count: Int, now: Duration) -> AnswerTime {
        AnswerTime(
            sent: count, timeout: max(request.timeout, Self.reactionTime), replySizeMax: Self.readoutSizeMax,
            settings: settings, baud: baud, pauseMax: Self.pauseMax, now: now)
    }

    private mutating func beginReadout(now: Duration) {
        phase = .readingOut
        waiting = answerTime(sent: 0, now: now)
    }

    /// Looks for the identification: `/`, three letters, the character of the speed, the model.
    private mutating func take(_ byte: UInt8, now: Duration) {
        guard case .signingOn = phase else { return }
        guard byte == 0x0A else {
            line.append(byte)
            if line.count > Self.lineMax { line.removeFirst() }
            return
        }
        defer { line = [] }
        guard let start = line.lastIndex(of: UInt8(ascii: "/")) else { return }
        let identification = line[start...]
        // Heads return the sign-on.
        guard identification.count >= 5, identification.dropFirst().first != UInt8(ascii: "?") else { return }
        let offered = identification[start + 4]
        let speed = Self.speeds(of: mode)[offered]
        waiting = nil
        switch mode {
        // A character that is none of the mode's speeds: the meter goes on at this one.
        case .a, .b: phase = .settingBaud(speed ?? baud)
        case .c: phase = .acknowledging(speed == nil ? UInt8(ascii: "0") : offered)
        }
    }

    /// Characters of speeds (6.3.14).
    private static func speeds(of mode: IEC62056Mode) -> [UInt8: Int] {
        let first = mode == .b ? UInt8(ascii: "A") : UInt8(ascii: "0")
        let speeds = [300, 600, 1200, 2400, 4800, 9600, 19200].dropFirst(mode == .b ? 1 : 0)
        return Dictionary(uniqueKeysWithValues: zip(first..., speeds))
    }
}
