import Records
import SerialIO

/// What tells a text from noise, and from what a wrong baud rate makes of a line.
struct TextCheck: Sendable {
    /// Whether anything is let through: a checksum proves it, or the text's own syntax.
    private let isOff: Bool
    /// Control characters that may be in it.
    private let controls: ByteSet
    /// Whether it must be UTF-8: where any text is a value, noise would be one.
    private let isStrict: Bool

    init(_ profile: Profile) {
        let hasAnyText = profile.messages.flatMap(\.fields).contains { field in
            if case .text(let place) = field.place { place.type == .any } else { false }
        }
        isOff = profile.framing.checksum != nil || profile.text == .json
        isStrict = profile.publishesOthers || hasAnyText
        var controls: [UInt8] = [0x09]
        // With STX and ETX instruments frame their lines.
        if !isStrict { controls += [0x02, 0x03] }
        // The framing's own marks, and in blocks line ends.
        switch profile.framing.kind {
        // Line ends too, where these end no frame.
        case .line(let start, .text): controls += [0x0A, 0x0D] + start
        case .line(let start, _): controls += start
        case .block(let start, let end, _, _): controls += [0x0A, 0x0D] + start + end
        default: break
        }
        self.controls = ByteSet(controls)
    }

    /// What makes the text none; nil where nothing does.
    func problem(of text: Span<UInt8>) -> String? {
        if isOff { return nil }
        let (hasControl, isASCII) = Self.look(through: text)
        if isStrict, !isASCII, !JSONText.isUTF8(text) { return "it has characters that no text has" }
        if !hasControl { return nil }
        for index in 0..<text.count {
            let byte = text[index]
            if byte == 0x7F || byte < 0x20 && !controls.contains(byte) {
                return "it has the control character \(TelegramText.hexadecimal(byte)), which no text has"
            }
        }
        return nil
    }

    /// Whether there is a control character, and whether all are ASCII; eight bytes at a time, because every line is
    /// looked through.
    private static func look(through text: Span<UInt8>) -> (hasControl: Bool, isASCII: Bool) {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let bytes = text.bytes
        var (control, high): (UInt64, UInt64) = (0, 0)
        var index = 0
        while index + 8 <= text.count {
            let word = bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            let deletes = word ^ (ones &* 0x7F)
            // The highest bit of a byte is set where it is below 20, or 7F; it may be set behind one of these, too.
            control |= (word &- ones &* 0x20) & ~word | (deletes &- ones) & ~deletes
            high |= word
            index += 8
        }
        while index < text.count {
            let byte = text[unchecked: index]
            if byte < 0x20 || byte == 0x7F { control |= 0x80 }
            high |= UInt64(byte)
            index += 1
        }
        return (control & (ones &* 0x80) != 0, high & (ones &* 0x80) == 0)
    }
}
