/// A number as it is written.
enum DecimalText {
    case fraction(DecimalFraction)
    /// One that has more digits than a fraction holds.
    case long(Double)

    /// Infinite where no `Double` holds it.
    var value: Double {
        switch self {
        case .fraction(let fraction): fraction.value
        case .long(let value): value
        }
    }

    /// Reads a decimal number: `-12`, `+0021.50`, `.5`, `5.`, `1e-3`, `-  1.5`. Spaces around it do not matter, nor
    /// between sign and digits, as scales send it. Nil for anything else.
    ///
    /// - Parameter comma: whether a comma is a decimal point too.
    static func parse(_ text: Span<UInt8>, comma: Bool = false) -> DecimalText? {
        let places = trimmedRange(of: text)
        guard !places.isEmpty else { return nil }
        let (start, end) = (places.lowerBound, places.upperBound)
        var index = start
        let isNegative = text[unchecked: index] == 0x2D
        if isNegative || text[unchecked: index] == 0x2B {
            index += 1
            while index < end, isSpace(text[unchecked: index]) { index += 1 }
        }
        var mantissa: Int64 = 0
        var digits = 0
        var point = -1
        let first = index
        while index < end {
            let byte = text[unchecked: index]
            if byte &- 0x30 < 10 {
                mantissa = mantissa &* 10 &+ Int64(byte &- 0x30)
                // Zeros in front do not count.
                if mantissa != 0 { digits += 1 }
            } else if byte == 0x2E || comma && byte == 0x2C, point < 0 {
                point = index
            } else {
                break
            }
            index += 1
        }
        guard index - first > (point < 0 ? 0 : 1) else { return nil }
        var exponent = point < 0 ? 0 : point + 1 - index
        if index < end {
            guard let power = readExponent(text, from: index, to: end) else { return nil }
            exponent += power
        }
        guard digits <= 18, abs(exponent) <= 400 else { return long(text, start, end) }
        return .fraction(DecimalFraction(mantissa: isNegative ? -mantissa : mantissa, exponent: exponent))
    }

    /// `e-3`, to the end of the text.
    private static func readExponent(_ text: Span<UInt8>, from start: Int, to end: Int) -> Int? {
        var index = start
        guard text[index] | 0x20 == 0x65 else { return nil }
        index += 1
        guard index < end else { return nil }
        let isNegative = text[index] == 0x2D
        if isNegative || text[index] == 0x2B { index += 1 }
        guard index < end else { return nil }
        var power = 0
        while index < end {
            guard text[index] &- 0x30 < 10 else { return nil }
            power = min(power * 10 + Int(text[index] &- 0x30), 100_000)
            index += 1
        }
        return isNegative ? -power : power
    }

    /// By the standard library, which rounds any number of digits rightly.
    private static func long(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> DecimalText? {
        var bytes: [UInt8] = []
        for index in start..<end where !isSpace(text[index]) {
            bytes.append(text[index] == 0x2C ? 0x2E : text[index])
        }
        return Double(String(decoding: bytes, as: UTF8.self)).map { .long($0) }
    }

    /// What is between the spaces and tabs at the ends.
    @inline(__always) static func trimmedRange(of text: Span<UInt8>) -> Range<Int> {
        var start = 0
        var end = text.count
        while start < end, isSpace(text[unchecked: start]) { start += 1 }
        while end > start, isSpace(text[unchecked: end - 1]) { end -= 1 }
        return start..<end
    }

    @inline(__always) static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}

/// Hexadecimal digits.
enum HexadecimalText {
    /// The number of at most 16 digits, and how many there are; spaces around them do not matter, nor a `0x` in front.
    /// Nil for anything else.
    static func parse(_ text: Span<UInt8>) -> (value: UInt64, digits: Int)? {
        var index = 0
        var end = text.count
        while index < end, DecimalText.isSpace(text[index]) { index += 1 }
        while end > index, DecimalText.isSpace(text[end - 1]) { end -= 1 }
        if end - index > 2, text[index] == 0x30, text[index + 1] | 0x20 == 0x78 { index += 2 }
        let digits = end - index
        guard (1...16).contains(digits) else { return nil }
        var value: UInt64 = 0
        while index < end {
            guard let digit = digit(text[index]) else { return nil }
            value = value << 4 | UInt64(digit)
            index += 1
        }
        return (value, digits)
    }

    @inline(__always) static func digit(_ byte: UInt8) -> UInt8? {
        if byte &- 0x30 < 10 { return byte &- 0x30 }
        let letter = byte | 0x20
        return letter &- 0x61 < 6 ? letter &- 0x57 : nil
    }

    /// The bytes as digits, in capitals.
    static func write(_ bytes: Span<UInt8>, isBackwards: Bool) -> String {
        var digits: [UInt8] = []
        digits.reserveCapacity(bytes.count * 2)
        for place in 0..<bytes.count {
            let byte = bytes[isBackwards ? bytes.count - 1 - place : place]
            for half in [byte >> 4, byte & 15] { digits.append(half < 10 ? 0x30 + half : 0x37 + half) }
        }
        return String(decoding: digits, as: UTF8.self)
    }
}
