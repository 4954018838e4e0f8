import SerialIO

/// Takes a measurement of an SDI-12 sensor (specification 1.4) through an adapter that makes the break and passes text
/// on: `aM!`, the time it takes, the service request, and `aD0!` to `aD9!` until all values have come.
///
/// What is delivered is one content: the address, and all values as the sensor wrote them, without checksums.
struct SDI12Exchange: Exchange {
    private let address: UInt8
    private let command: [UInt8]
    private let request: PollRequest
    private let settings: SerialSettings
    private var baud = 0
    private var phase = Phase.measuring
    private var sent: [UInt8] = []
    private var waiting: AnswerTime?
    private var line: [UInt8] = []
    private var values: [UInt8] = []
    private var valuesExpected = 0
    private var page: UInt8 = 0
    private var attempts = 0

    private enum Phase {
        /// The measurement was or is to be commanded.
        case measuring
        /// The sensor measures and will ask for service; no later than then.
        case awaitingService(until: Duration)
        /// The sensor measures, and the line is free.
        case resting(until: Duration)
        case collecting
        case delivering
        case finished(ExchangeOutcome)
    }

    /// A line of an answer: 75 characters of values, address, checksum and end.
    private static let lineMax = 128
    /// How often values are asked for again that came damaged.
    private static let attemptsMax = 3

    init(address: UInt8, command: String, request: PollRequest, settings: SerialSettings) {
        self.address = address
        self.command = Array(command.utf8)
        self.request = request
        self.settings = settings
    }

    mutating func begin(baud: Int, now: Duration) {
        self.baud = baud
        phase = isContinuous ? .collecting : .measuring
        waiting = nil
        line = []
        values = []
        valuesExpected = 0
        page = 0
        attempts = 0
    }

    mutating func next(now: Duration) -> ExchangeStep {
        switch phase {
        case .finished(let outcome): return .finished(outcome)
        case .delivering: return .deliver([address] + values)
        case .awaitingService(let until) where now >= until: collect()
        case .resting(let until) where now >= until: collect()
        case .awaitingService(let until): return .listen(until: until, for: .bytes)
        case .resting(let until): return .rest(until: until)
        case .measuring, .collecting: break
        }
        if let waiting { return .listen(until: waiting.deadline, for: .bytes) }
        line = []
        sent = [address] + (isCollecting && !isContinuous ? [UInt8(ascii: "D"), 0x30 + page] : command) + [0x21]
        return .send(sent)
    }

    mutating func happened(_ event: LineEvent, now: Duration) {
        switch event {
        case .sent:
            waiting = AnswerTime(
                sent: sent.count, timeout: request.timeout, replySizeMax: request.replySizeMax, settings: settings,
                baud: baud, now: now)
        case .sendFailed: phase = .finished(.silent)
        case .done: phase = .finished(.answered)
        case .bytes(let bytes):
            waiting?.heard(now: now)
            for byte in bytes { take(byte, now: now) }
        case .timedOut:
            guard let waiting, now >= waiting.deadline else { return }
            self.waiting = nil
            tryAgain()
        default: break
        }
    }

    mutating func judge(_ frame: ArraySlice<UInt8>, now: Duration) -> ExchangeReply { .stranger }

    private var isCollecting: Bool {
        if case .collecting = phase { true } else { false }
    }

    /// `R0` to `R9`: the sensor has measured already, and answers with the values.
    private var isContinuous: Bool { command.first == UInt8(ascii: "R") }
    /// `MC`, `CC`, `RC`: values come with a checksum.
    private var hasChecksum: Bool { command.count > 1 && command[1] == UInt8(ascii: "C") }
    /// `C`, `CC`: the sensor measures and does not ask for service.
    private var isConcurrent: Bool { command.first == UInt8(ascii: "C") }

    private mutating func collect() {
        phase = .collecting
        waiting = nil
        line = []
    }

    private mutating func tryAgain() {
        attempts += 1
        // The measurement itself is tried again by the master, which knows whether that is of use.
        if !isCollecting || attempts >= Self.attemptsMax { phase = .finished(.silent) }
    }

    private mutating func take(_ byte: UInt8, now: Duration) {
        guard byte != 0x0A else {
            if line.last == 0x0D { line.removeLast() }
            // An adapter may return the command in front of the answer.
            if line.starts(with: sent) { line.removeFirst(sent.count) }
            let whole = line
            line = []
            if whole.first == address { understand(whole.dropFirst(), now: now) }
            return
        }
        line.append(byte)
        if line.count > Self.lineMax { line.removeFirst() }
    }

    /// Looks at an answer without its address.
    private mutating func understand(_ answer: ArraySlice<UInt8>, now: Duration) {
        switch phase {
        case .measuring:
            // Three digits of seconds, and one, two or three of how many values there will be.
            let digits = answer.map { Int($0) - 0x30 }
            guard 4...6 ~= digits.count, digits.allSatisfy({ 0...9 ~= $0 }) else { return }
            let seconds = digits[..<3].reduce(0) { $0 * 10 + $1 }
            valuesExpected = digits[3...].reduce(0) { $0 * 10 + $1 }
            waiting = nil
            // The sensor counts seconds by its own clock.
            let end = now + .seconds(seconds) + request.timeout
            if valuesExpected == 0 {
                phase = .finished(.exception(0))
            } else if seconds == 0 {
                collect()
            } else {
                phase = isConcurrent ? .resting(until: end) : .awaitingService(until: end)
            }
        case .awaitingService: if answer.isEmpty { collect() }
        case .collecting: collect(answer)
        case .resting, .delivering, .finished: break
        }
    }

    private mutating func collect(_ answer: ArraySlice<UInt8>) {
        guard waiting != nil else { return }
        waiting = nil
        var content = answer
        if hasChecksum {
            guard let checked = SDI12Checksum.verified([address] + answer) else { return tryAgain() }
            content = checked.dropFirst()
        }
        let signs = content.filter { $0 == 0x2B || $0 == 0x2D }.count
        // Nothing more comes, and less than was said: the measurement was broken off.
        guard signs > 0 else { return phase = .finished(.silent) }
        attempts = 0
        values += content
        let count = values.filter { $0 == 0x2B || $0 == 0x2D }.count
        page += 1
        if isContinuous || count >= valuesExpected { return phase = .delivering }
        if page > 9 { phase = .finished(.silent) }
    }
}

/// The checksum of SDI-12 answers: CRC-16 of the polynomial A001, in three characters of six bits (4.4.12).
enum SDI12Checksum {
    /// The line without its checksum; nil where that does not fit.
    static func verified(_ line: [UInt8]) -> ArraySlice<UInt8>? {
        guard line.count > 3 else { return nil }
        let content = line.dropLast(3)
        return characters(of: content).elementsEqual(line.suffix(3)) ? content : nil
    }

    /// The three characters.
    static func characters(of content: ArraySlice<UInt8>) -> [UInt8] { checksum.bytes(of: Array(content)) }

    private static let checksum = Checksum(ChecksumRule(.crc(.arc), encoding: .sdi12))
}
