extension JSONText {
    /// The double that is nearest to a number that ``JSONScanner`` found; an infinity where none is near.
    public static func number(_ text: Span<UInt8>, _ range: Range<Int>) -> Double {
        guard range.count <= 24 else { return slowNumber(text, range) }
        var index = range.lowerBound
        let isNegative = text[index] == 0x2D
        if isNegative { index += 1 }
        var mantissa: UInt64 = 0
        var digits = 0
        var scale = 0
        var isFraction = false
        while index < range.upperBound {
            switch text[index] {
            case 0x30...0x39:
                mantissa = mantissa &* 10 &+ UInt64(text[index] - 0x30)
                if mantissa > 0 { digits += 1 }
                if isFraction { scale += 1 }
            case 0x2E: isFraction = true
            default: return slowNumber(text, range)
            }
            index += 1
        }
        // A whole number below 2^53 and a power of ten up to 10^22 are exact, so one division rounds once.
        guard digits <= 15, scale <= 22 else { return slowNumber(text, range) }
        let value = Double(mantissa) / powersOfTen[scale]
        return isNegative ? -value : value
    }

    private static func slowNumber(_ text: Span<UInt8>, _ range: Range<Int>) -> Double {
        let spelled = text.extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
        return Double(spelled) ?? .infinity
    }

    private static let powersOfTen: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]
}
