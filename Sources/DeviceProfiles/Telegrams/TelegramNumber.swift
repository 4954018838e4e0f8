/// Decimal numbers of telegrams, each rounded once: 2257 with the exponent -1 is 225.7.
enum TelegramNumber {
    /// mantissa × 10^exponent; nil where no `Double` holds it.
    static func scaled(_ mantissa: Double, exponent: Int) -> Double? {
        guard mantissa != 0 else { return 0 }
        guard mantissa.isFinite, abs(exponent) <= 300 else { return nil }
        // Powers of ten are exact up to 10^22, so that a division by one is rounded once, which 0.1 as a factor is not.
        var power = 1.0
        for _ in 0..<abs(exponent) { power *= 10 }
        let value = exponent < 0 ? mantissa / power : mantissa * power
        return value.isFinite ? value : nil
    }

    /// A decimal number in text, `-0012.50`, times 10^exponent; nil for anything else, and for more than 15 digits:
    /// such a number is somebody's name, and a `Double` would not keep it.
    static func decimal(_ text: some Collection<UInt8>, exponent: Int = 0) -> Double? {
        var mantissa: Int64 = 0
        var fraction = 0
        var significant = 0
        var hasDigits = false
        var hasPoint = false
        let isNegative = text.first == 0x2D
        for byte in text.dropFirst(isNegative || text.first == 0x2B ? 1 : 0) {
            switch byte {
            case 0x2E where !hasPoint: hasPoint = true
            case 0x30...0x39:
                hasDigits = true
                if mantissa > 0 || byte != 0x30 { significant += 1 }
                guard significant <= 15 else { return nil }
                mantissa = mantissa * 10 + Int64(byte - 0x30)
                if hasPoint { fraction += 1 }
            default: return nil
            }
        }
        guard hasDigits else { return nil }
        return scaled(Double(isNegative ? -mantissa : mantissa), exponent: exponent - fraction)
    }
}
