/// value = raw × scale + offset, with one rounding: 2257 × 0.1 is 225.7, not 225.70000000000002.
///
/// A scale that is written with few decimals is taken as the fraction that it is written as, so that there is one
/// division of whole numbers where floating-point numbers would be multiplied.
struct Scaling: Sendable {
    private let scale: Double
    private let offset: Double
    /// scale = multiplier / 10^decimals, offset = addend / 10^decimals; a multiplier of 0 where that is not exact.
    private let multiplier: Int64
    private let addend: Int64
    private let decimals: Int
    private let isIdentity: Bool

    init(scale: Double, offset: Double) {
        self.scale = scale
        self.offset = offset
        isIdentity = scale == 1 && offset == 0
        if let scale = DecimalFraction(scale), let offset = DecimalFraction(offset),
            let whole = Self.common(scale, offset)
        {
            (multiplier, addend, decimals) = whole
        } else {
            (multiplier, addend, decimals) = (0, 0, 0)
        }
    }

    /// Both with the same number of decimals.
    private static func common(
        _ scale: DecimalFraction, _ offset: DecimalFraction
    ) -> (multiplier: Int64, addend: Int64, decimals: Int)? {
        let decimals = max(-scale.exponent, -offset.exponent, 0)
        guard let multiplier = scale.mantissa(decimals: decimals), let addend = offset.mantissa(decimals: decimals)
        else { return nil }
        return (multiplier, addend, decimals)
    }

    /// The value of mantissa × 10^exponent.
    @inline(__always) func value(_ fraction: DecimalFraction) -> Double {
        if isIdentity { return fraction.value }
        return scaled(fraction)
    }

    private func scaled(_ fraction: DecimalFraction) -> Double {
        let places = max(0, -fraction.exponent)
        guard multiplier != 0, fraction.exponent <= 0, places + decimals <= 22, places <= 18 else {
            return rounded(fraction.value)
        }
        let (product, first) = fraction.mantissa.multipliedReportingOverflow(by: multiplier)
        let (shifted, second) = addend.multipliedReportingOverflow(by: DecimalFraction.integerPowers[places])
        let (sum, third) = product.addingReportingOverflow(shifted)
        guard !first, !second, !third, sum.magnitude <= UInt64(1) << 53 else { return rounded(fraction.value) }
        return Double(sum) / DecimalFraction.powers[places + decimals]
    }

    /// The value of a raw number that is no short fraction.
    func value(_ raw: Double) -> Double {
        if isIdentity { return raw }
        if multiplier != 0, raw.magnitude <= 0x1p53, raw.rounded(.towardZero) == raw {
            return scaled(DecimalFraction(mantissa: Int64(raw), exponent: 0))
        }
        return rounded(raw)
    }

    /// The value where whole numbers would be too large, rounded more than once.
    private func rounded(_ raw: Double) -> Double { raw * scale + offset }
}

/// mantissa × 10^exponent.
struct DecimalFraction: Equatable, Sendable {
    var mantissa: Int64
    var exponent: Int

    @inline(__always) init(mantissa: Int64, exponent: Int) {
        self.mantissa = mantissa
        self.exponent = exponent
    }

    /// The shortest that reads back as the number; nil where it has more than 15 digits, or an exponent beyond 22.
    init?(_ number: Double) {
        guard number.isFinite else { return nil }
        guard let parsed = DecimalText.parse(Array(number.description.utf8).span),
            case .fraction(let fraction) = parsed,
            fraction.mantissa.magnitude < 1_000_000_000_000_000, abs(fraction.exponent) <= 22
        else { return nil }
        self = fraction
        while exponent < 0, mantissa % 10 == 0 {
            mantissa /= 10
            exponent += 1
        }
        if mantissa == 0 { exponent = 0 }
    }

    /// Rounded once.
    @inline(__always) var value: Double {
        if exponent == 0 { return Double(mantissa) }
        if mantissa.magnitude <= UInt64(1) << 53 {
            if exponent < 0, exponent >= -22 { return Double(mantissa) / Self.powers[-exponent] }
            if exponent > 0, exponent <= 22 { return Double(mantissa) * Self.powers[exponent] }
        }
        return slowValue
    }

    private var slowValue: Double { Double("\(mantissa)e\(exponent)") ?? .nan }

    /// The mantissa with so many decimals; nil where it would be cut or overflow.
    func mantissa(decimals: Int) -> Int64? {
        let places = exponent + decimals
        guard (0...18).contains(places) else { return nil }
        let (product, overflow) = mantissa.multipliedReportingOverflow(by: Self.integerPowers[places])
        return overflow ? nil : product
    }

    /// 10^0 to 10^22, all of them exact.
    static let powers: [Double] = (0...22).map { power in (0..<power).reduce(1.0) { product, _ in product * 10 } }
    /// 10^0 to 10^18.
    static let integerPowers: [Int64] = (0...18).map { power in (0..<power).reduce(1) { product, _ in product * 10 } }
}

extension Float {
    /// The number as a short decimal fraction that reads back as the same `Float`: 230.2, not 230.1999969482422. Nil
    /// where there is none of at most nine decimals.
    var shortFraction: DecimalFraction? {
        let exact = Double(self)
        guard magnitude < 1e9 else { return nil }
        for decimals in 0...9 {
            let scaled = (exact * DecimalFraction.powers[decimals]).rounded()
            guard scaled.magnitude <= 0x1p53 else { return nil }
            if Float(scaled / DecimalFraction.powers[decimals]) == self {
                return DecimalFraction(mantissa: Int64(scaled), exponent: -decimals)
            }
        }
        return nil
    }
}
