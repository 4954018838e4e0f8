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
    /// Control characters that its texts may have.
    private let controls: ByteSet

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
        controls = Self.controls(profile.framing.kind)
    }

    private static func addressing(_ profile: Profile) -> Addressing {
        if profile.isModbus { return .registers }
        if case .telegram(let kind) = profile.framing.kind {
            if kind == .nmea { return .text(.csv(separator: 0x2C)) }
            if let decoder = TelegramDecoders.decoder(for: kind) { return .telegram(decoder) }
        }
        return profile.text.map { .text($0) } ?? .bytes
    }

    /// Tab, STX and ETX, with which instruments frame their lines, the framing's own marks, and line ends where these
    /// end no frame.
    private static func controls(_ kind: FramingRule.Kind) -> ByteSet {
        switch kind {
        case .line(let start, .text): ByteSet([0x09, 0x02, 0x03, 0x0A, 0x0D] + start)
        case .line(let start, _): ByteSet([0x09, 0x02, 0x03] + start)
        case .block(let start, let end, _, _): ByteSet([0x09, 0x02, 0x03, 0x0A, 0x0D] + start + end)
        default: ByteSet([0x09, 0x02, 0x03])
        }
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
        // What a checksum proves may have marks in it, such as the ETX of many instruments.
        let isProven = profile.framing.checksum != nil
        if !isProven, let control = TextSplitting.control(in: text, allowing: controls) {
            let digits = TelegramText.hexadecimal(control)
            readings.verdict = .rejected(reason: "it has the control character \(digits), which no text has")
            return
        }
        if case .csv(let separator) = rule {
            let limit = messages.reduce(0) { max($0, $1.columnCount) }
            guard TextSplitting.columns(text, separator: separator, limit: limit, into: &readings.cells) else {
                readings.verdict = .rejected(reason: "a quoted value has no end or text behind it")
                return
            }
        }
        for (index, message) in messages.enumerated()
        where message.matches(text) && answers?.contains(index) != false {
            switch message.pick(from: text, rule, &readings) {
            case .fits:
                readings.message = index
                return message.readPicks(text, into: &readings)
            case .converted(let bytes):
                readings.message = index
                return message.readPicks(bytes.span, into: &readings)
            case .isAnother: continue
            case .isNone(let reason):
                readings.verdict = .rejected(reason: reason)
                return
            }
        }
        readings.verdict = .skipped
    }

    // MARK: What is published

    /// Makes readings of what the buffer holds.
    public func frame(from readings: Readings) -> DecodedFrame {
        var frame = DecodedFrame()
        frame.verdict = readings.verdict
        guard readings.message >= 0 else { return frame }
        let message = messages[readings.message]
        frame.message = profile.isModbus ? messageName(of: readings) : message.name
        frame.readings.reserveCapacity(readings.entries.count + readings.others.count)
        for (index, entry) in readings.entries.enumerated() {
            let field = message.words[Int(entry.field)].field
            if frame.device == nil, field.name == profile.deviceField { frame.device = readings.value(entry)?.text }
            guard field.isPublished else { continue }
            let name = entry.element == 0 ? field.name : field.name(element: Int(entry.element))
            if let value = readings.value(entry) {
                let unit = field.unit ?? (field.scale == 1 ? readings.telegramUnits[Int32(index)] : nil)
                frame.readings.append(Reading(name: name, value: value, unit: unit))
            } else if let reason = entry.state.reason {
                frame.withheld.append(WithheldReading(name: name, reason: reason))
            }
        }
        if message.hasAlternatives { frame.keepFirstOfEachName() }
        frame.readings += readings.others
        if frame.device == nil, let name = profile.deviceField {
            frame.device = readings.others.first { $0.name == name }?.value.text
        }
        return frame
    }

    /// The message of the first register that was read.
    private func messageName(of readings: Readings) -> String? {
        guard profile.messages.count > 1, let first = readings.entries.first else {
            return profile.messages.first?.name
        }
        var index = Int(first.field)
        for message in profile.messages {
            if index < message.fields.count { return message.name }
            index -= message.fields.count
        }
        return nil
    }
}

extension DecodedFrame {
    /// Of several fields of one name the first that has a value counts; the others were not meant.
    fileprivate mutating func keepFirstOfEachName() {
        var published: Set<String> = []
        readings = readings.filter { published.insert($0.name).inserted }
        withheld = withheld.filter { published.insert($0.name).inserted }
    }
}

extension Subtraction {
    /// The bytes with the constant taken away.
    func applied(to content: Span<UInt8>) -> [UInt8] {
        var bytes = content.withUnsafeBufferPointer { Array($0) }
        let end = min(bytes.count, to > 0 ? to : bytes.count + to)
        var index = from
        while index < end {
            bytes[index] &-= value
            index += 1
        }
        return bytes
    }
}
