import Records
import SerialIO

/// Turns frames of one device into readings, as its profile says. Pure: the same frame gives the same readings.
///
/// ``decode(_:request:)`` is for few frames; where there are many, ``decode(_:request:into:)`` fills a buffer that is
/// used again, and ``frame(from:)`` makes readings of it when they are published.
public struct ProfileDecoder: Sendable {
    /// What it reads by.
    public let profile: Profile
    let messages: [CompiledMessage]
    let addressing: Addressing
    /// What is asked of a Modbus device; nil for others.
    public let plan: ModbusPlan?

    enum Addressing {
        case bytes
        case text(TextRule)
        case telegram(any TelegramDecoder)
        case registers
    }

    /// Which messages answer which requests, where a request says it.
    private let replies: [(request: RequestTemplate, messages: Set<Int>)]
    /// Bytes of a checksum at the end of a text, which is no part of it.
    private let trailerSize: Int
    private let textCheck: TextCheck
    /// How many columns of a line are looked for.
    private let columnsMax: Int

    /// A decoder for a profile as its reader made it.
    public init(_ profile: Profile) {
        self.profile = profile
        plan = profile.modbus.map { ModbusPlan(profile.messages.flatMap(\.fields), rule: $0) }
        // A reply is known by its request, so that the fields of all messages are looked for in it.
        messages =
            profile.isModbus
            ? [CompiledMessage(Message(fields: profile.messages.flatMap(\.fields)))]
            : profile.messages.map { CompiledMessage($0, hasDecimalComma: profile.hasDecimalComma) }
        addressing = Self.addressing(profile)
        replies = profile.polls.filter { !$0.reply.isEmpty }.map { poll in
            (
                poll.request,
                Set(profile.messages.indices.filter { poll.reply.contains(profile.messages[$0].name ?? "") })
            )
        }
        trailerSize = Self.trailerSize(profile.framing)
        textCheck = TextCheck(profile)
        let wanted = messages.reduce(0) { max($0, $1.columnCount) }
        // One more than there must be, to see that there are too many.
        if case .csv(_, let columns?) = profile.text { columnsMax = columns + 1 } else { columnsMax = wanted }
    }

    private static func addressing(_ profile: Profile) -> Addressing {
        if profile.isModbus { return .registers }
        if case .telegram(let kind) = profile.framing.kind {
            if kind == .nmea { return .text(.csv(separator: 0x2C)) }
            if let decoder = TelegramDecoders.decoder(for: kind) { return .telegram(decoder) }
        }
        return profile.text.map { .text($0) } ?? .bytes
    }

    private static func trailerSize(_ framing: FramingRule) -> Int {
        guard let checksum = framing.checksum, !checksum.isOfRawBytes else { return 0 }
        let size = Checksum(checksum).size
        return checksum.at == nil || checksum.at == -size ? size : 0
    }

    /// Reads the content of one frame.
    ///
    /// - Parameter request: the request that it answers, as it was sent; nil where that is not known.
    public func decode(_ content: ArraySlice<UInt8>, request: [UInt8]? = nil) -> DecodedFrame {
        var readings = Readings()
        decode(content.span, request: request, into: &readings)
        return frame(from: readings)
    }

    /// Reads the content of one frame into a buffer, whose contents are replaced.
    public func decode(_ content: Span<UInt8>, request: [UInt8]? = nil, into readings: inout Readings) {
        readings.removeAll()
        if let subtraction = profile.subtraction {
            let plain = subtraction.applied(to: content)
            decodePlain(plain.span, request, &readings)
        } else {
            decodePlain(content, request, &readings)
        }
    }

    @inline(__always)
    private func decodePlain(_ content: Span<UInt8>, _ request: [UInt8]?, _ readings: inout Readings) {
        switch addressing {
        case .bytes:
            let answers = answers(to: request)
            for (index, message) in messages.enumerated()
            where message.matches(content) && answers?.contains(index) != false {
                readings.message = index
                return message.readBytes(content, into: &readings)
            }
            readings.verdict = .skipped
        case .text(let rule):
            let end = max(0, content.count - trailerSize)
            decodeText(content.extracting(0..<end), rule, answers(to: request), &readings)
        case .telegram(let decoder): decodeTelegram(decoder.decode(Self.slice(content)), &readings)
        case .registers: decodeRegisters(content, request, &readings)
        }
    }

    /// Indexes of the messages that a request asked for; nil where it does not say.
    @inline(__always) private func answers(to request: [UInt8]?) -> Set<Int>? {
        guard let request, !replies.isEmpty else { return nil }
        let asked = replies.filter { $0.request.matches(request, parameters: profile.parameters) }
        return asked.isEmpty ? nil : asked.reduce(into: []) { $0.formUnion($1.messages) }
    }

    private static func slice(_ content: Span<UInt8>) -> ArraySlice<UInt8> {
        content.withUnsafeBufferPointer { Array($0)[...] }
    }

    // MARK: Text

    private func decodeText(_ text: Span<UInt8>, _ rule: TextRule, _ answers: Set<Int>?, _ readings: inout Readings) {
        if let problem = textCheck.problem(of: text) {
            readings.verdict = .rejected(reason: problem)
            return
        }
        if case .csv(let separator, let count) = rule, let problem = divide(text, separator, count, &readings) {
            readings.verdict = .rejected(reason: problem)
            return
        }
        for (index, message) in messages.enumerated()
        where message.matches(text) && answers?.contains(index) != false {
            switch message.pick(from: text, rule, keepsOthers: profile.publishesOthers, &readings) {
            case .fits:
                readings.message = index
                return message.readPicks(text, into: &readings)
            case .converted(let bytes):
                readings.message = index
                return message.readPicks(bytes.span, into: &readings)
            case .isAnother: readings.others.removeAll(keepingCapacity: true)
            case .isNone(let reason):
                readings.others.removeAll(keepingCapacity: true)
                readings.verdict = .rejected(reason: reason)
                return
            }
        }
        readings.verdict = .skipped
    }

    /// Divides a line into `readings.cells`. Returns what is wrong with it; nil where nothing is.
    private func divide(_ text: Span<UInt8>, _ separator: UInt8, _ count: Int?, _ readings: inout Readings) -> String? {
        guard TextSplitting.columns(text, separator: separator, limit: columnsMax, into: &readings.cells) else {
            return "a quoted value has no end or text behind it"
        }
        let found = readings.cells.count
        guard let count, found != count else { return nil }
        return found > count ? "it has more than \(count) columns" : "it has \(found) columns, not \(count)"
    }
}
