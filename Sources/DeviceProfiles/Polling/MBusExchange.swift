import SerialIO

/// Whom an M-Bus readout is for.
public enum MBusAddress: Hashable, Sendable {
    /// 0 to 250, or 254 for the only meter on the line.
    case primary(UInt8)
    /// Identification number, manufacturer, version and medium, as they stand in a select telegram: eight bytes.
    case secondary([UInt8])

    /// Reads a secondary address: eight digits of the identification number, or 16 with manufacturer, version and
    /// medium in hexadecimal, as meters print them; `F` stands for any digit.
    public init?(secondary text: String) {
        let digits = Array(text.utf8)
        guard digits.count == 8 || digits.count == 16, digits.allSatisfy({ Self.value($0) != nil }) else { return nil }
        let filled = digits + [UInt8](repeating: UInt8(ascii: "F"), count: 16 - digits.count)
        let bytes = stride(from: 0, to: 16, by: 2).map { index in
            (Self.value(filled[index]) ?? 0) << 4 | (Self.value(filled[index + 1]) ?? 0)
        }
        // The identification number and the manufacturer travel with their lowest byte first.
        self = .secondary([bytes[3], bytes[2], bytes[1], bytes[0], bytes[5], bytes[4], bytes[6], bytes[7]])
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x37
        case 0x61...0x66: digit - 0x57
        default: nil
        }
    }
}

/// Reads a meter out over M-Bus (EN 13757-2, EN 13757-3): resets the link, or selects the meter, and asks for its
/// telegrams, one after the other while it says that more follow.
///
/// The frame count bit alternates with each telegram that came: a meter that sees the same bit again repeats the last
/// one. It goes on where it was as long as the meter answers.
struct MBusExchange: Exchange {
    private let address: MBusAddress
    private let request: PollRequest
    private let settings: SerialSettings
    private var baud = 0
    private var phase = Phase.linking
    private var waiting: AnswerTime?
    private var isLinked = false
    private var frameCountBit = true
    private var telegrams = 0

    private enum Phase {
        /// SND_NKE to a primary address; the meter answers E5.
        case linking
        /// SND_NKE to 253: who was selected no longer is, and may answer E5.
        case deselecting
        case selecting
        case asking
        case finished(ExchangeOutcome)
    }

    /// Telegrams of one readout. Meters with the longest load profiles send about ten.
    private static let telegramsMax = 32
    private static let networkLayer: UInt8 = 0xFD
    /// The only meter on the line answers to it, whatever its address is.
    private static let testAddress: UInt8 = 0xFE
    private static let acknowledgement: [UInt8] = [0xE5]

    init(_ address: MBusAddress, request: PollRequest, settings: SerialSettings) {
        self.address = address
        self.request = request
        self.settings = settings
    }

    mutating func begin(baud: Int, now: Duration) {
        self.baud = baud
        waiting = nil
        telegrams = 0
        switch address {
        case .primary: phase = isLinked ? .asking : .linking
        // Others may have been selected since.
        case .secondary:
            phase = .deselecting
            frameCountBit = true
        }
    }

    mutating func next(now: Duration) -> ExchangeStep {
        if case .finished(let outcome) = phase { return .finished(outcome) }
        if let waiting { return .listen(until: waiting.deadline, for: .frames) }
        return .send(telegram)
    }

    mutating func happened(_ event: LineEvent, now: Duration) {
        switch event {
        case .sent:
            // A meter answers within 330 bits and 50 ms.
            let slowest = Duration.nanoseconds(Int64(330) * 1_000_000_000 / Int64(max(baud, 1))) + .milliseconds(100)
            waiting = AnswerTime(
                sent: telegram.count, timeout: isAnswerNeeded ? max(request.timeout, slowest) : slowest,
                replySizeMax: request.replySizeMax, settings: settings, baud: baud, now: now)
        case .sendFailed: end(.silent)
        case .heard: waiting?.heard(now: now)
        case .skipped(_, .checksum): waiting?.heardDamage(now: now)
        case .timedOut:
            guard let waiting, now >= waiting.deadline else { return }
            if isAnswerNeeded { end(.silent) } else { goOn(to: .selecting) }
        default: break
        }
    }

    mutating func judge(_ frame: ArraySlice<UInt8>, now: Duration) -> ExchangeReply {
        guard waiting != nil else { return .stranger }
        if frame.elementsEqual(Self.acknowledgement) {
            switch phase {
            case .linking: goOn(to: .asking, isFirst: true)
            case .deselecting: goOn(to: .selecting)
            case .selecting: goOn(to: .asking, isFirst: true)
            // It has nothing to say.
            case .asking: end(telegrams == 0 ? .exception(0xE5) : .answered)
            case .finished: return .stranger
            }
            return .part
        }
        guard case .asking = phase, isReadout(frame) else { return .stranger }
        telegrams += 1
        frameCountBit.toggle()
        if MBusTelegram.announcesMore(frame), telegrams < Self.telegramsMax {
            waiting = nil
        } else {
            end(.answered)
        }
        return .answer
    }

    private var isAnswerNeeded: Bool {
        if case .deselecting = phase { false } else { true }
    }

    /// What is sent in this phase.
    private var telegram: [UInt8] {
        switch phase {
        case .linking, .deselecting, .finished: short(0x40)
        case .selecting:
            if case .secondary(let bytes) = address { long(0x53, Self.networkLayer, [0x52] + bytes) } else { [] }
        // REQ_UD2, the frame count bit valid.
        case .asking: short(frameCountBit ? 0x7B : 0x5B)
        }
    }

    private var linkAddress: UInt8 {
        if case .primary(let address) = address { address } else { Self.networkLayer }
    }

    private func short(_ control: UInt8) -> [UInt8] {
        [0x10, control, linkAddress, control &+ linkAddress, 0x16]
    }

    private func long(_ control: UInt8, _ address: UInt8, _ content: [UInt8]) -> [UInt8] {
        let body = [control, address] + content
        let size = UInt8(body.count)
        return [0x68, size, size, 0x68] + body + [body.reduce(0, &+), 0x16]
    }

    /// RSP_UD, whatever it says of access demand and flow, from the meter that was asked.
    private func isReadout(_ frame: ArraySlice<UInt8>) -> Bool {
        guard frame.count > 6, let first = frame.first, first == 0x68 else { return false }
        let control = frame[frame.startIndex + 4]
        let sender = frame[frame.startIndex + 5]
        let isExpected = linkAddress == Self.networkLayer || linkAddress == Self.testAddress || sender == linkAddress
        return control & 0xCF == 0x08 && isExpected
    }

    private mutating func goOn(to phase: Phase, isFirst: Bool = false) {
        self.phase = phase
        waiting = nil
        if isFirst {
            isLinked = true
            frameCountBit = true
        }
    }

    private mutating func end(_ outcome: ExchangeOutcome) {
        waiting = nil
        phase = .finished(outcome)
        if outcome == .silent { isLinked = false }
    }
}
