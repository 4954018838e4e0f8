import SerialIO

/// One conversation of the master with one device, from the first byte sent to the last of the answer. Pure, as a
/// ``SerialIO/LineScript``; ``BusMaster`` gives it the line, and takes it away when it is over.
protocol Exchange: Sendable {
    /// Begins, on a line of this speed. An exchange is used again and again.
    mutating func begin(baud: Int, now: Duration)
    /// What to do next.
    mutating func next(now: Duration) -> ExchangeStep
    /// What came of it.
    mutating func happened(_ event: LineEvent, now: Duration)
    /// What a frame is to it.
    mutating func judge(_ frame: ArraySlice<UInt8>, now: Duration) -> ExchangeReply
}

/// What an exchange wants.
enum ExchangeStep: Hashable {
    /// As in ``SerialIO/LineStep/send(_:isRequest:)``, after the gap that the line needs.
    case send([UInt8])
    case listen(until: Duration, for: LineStep.Hearing)
    case setBaud(Int)
    case deliver([UInt8])
    /// Nothing until then: the line is free for others.
    case rest(until: Duration)
    /// It is over.
    case finished(ExchangeOutcome)
}

/// What a frame is to an exchange.
enum ExchangeReply: Hashable {
    /// What was asked for, or a part of it.
    case answer
    /// It belongs to the conversation.
    case part
    /// It does not.
    case stranger
}

/// How an exchange ended.
enum ExchangeOutcome: Hashable {
    case answered
    /// The device says that it cannot.
    case exception(UInt8)
    /// No answer came.
    case silent
}

/// The time for which an answer is waited for: until its first byte, and from then on while it keeps coming.
struct AnswerTime: Hashable {
    private(set) var deadline: Duration
    private let limit: Duration
    private let pauseMax: Duration

    /// The least time for which the next byte is waited for: adapters collect bytes for 16 ms, and a busy system lets a
    /// thread wait.
    private static let pauseMin = Duration.milliseconds(100)

    /// From now on, when so many bytes were given to the driver.
    ///
    /// - Parameter pauseMax: how long a device may pause between two bytes, where its protocol says so.
    init(
        sent count: Int, timeout: Duration, replySizeMax: Int, settings: SerialSettings, baud: Int,
        pauseMax: Duration = .zero, now: Duration
    ) {
        deadline = now + settings.time(ofCharacters: count, baud: baud) + timeout
        self.pauseMax = max(Self.pauseMin, pauseMax, settings.time(ofCharacters: 20, baud: baud))
        limit = deadline + settings.time(ofCharacters: replySizeMax, baud: baud) + self.pauseMax
    }

    /// Bytes came.
    mutating func heard(now: Duration) { deadline = max(deadline, min(limit, now + pauseMax)) }

    /// What came is damaged: what follows at once may still be the answer, but nothing later.
    mutating func heardDamage(now: Duration) { deadline = min(deadline, now + pauseMax) }
}
