/// A unit symbol of the IANA SenML registries, and how its values become values of a primary unit.
///
/// Primary units (RFC 8428, section 12.1, and later registrations) travel as they are. Secondary units (RFC 8798,
/// section 3) are what people configure - `hPa`, `kWh`, `ug/m3` - but a SenML record should carry the primary one.
public struct SenMLUnit: Hashable, Sendable {
    /// The symbol that was asked for.
    public let symbol: String
    /// The primary unit that its values are converted to: the symbol itself where that is primary.
    public let primary: String
    /// Whole factors and divisors keep a conversion as exact as one rounding allows: 7 mm are 7 / 1000 m.
    private let multiplier: Double
    private let divisor: Double
    private let offset: Double

    /// Nil where neither registry has the symbol. Symbols are case-sensitive.
    public init?(_ symbol: String) {
        if Self.primaries.contains(symbol) {
            self.init(symbol: symbol, primary: symbol, multiplier: 1, divisor: 1, offset: 0)
        } else if let scale = Self.secondaries[symbol] {
            self.init(
                symbol: symbol, primary: scale.primary, multiplier: scale.multiplier, divisor: scale.divisor,
                offset: scale.offset)
        } else {
            return nil
        }
    }

    private init(symbol: String, primary: String, multiplier: Double, divisor: Double, offset: Double) {
        self.symbol = symbol
        self.primary = primary
        self.multiplier = multiplier
        self.divisor = divisor
        self.offset = offset
    }

    /// Whether one of the registries has the symbol. A configuration that names another one is refused.
    public static func isKnown(_ symbol: String) -> Bool { SenMLUnit(symbol) != nil }

    /// All symbols, sorted: for the message that names the nearest one.
    public static var knownSymbols: [String] { (Array(primaries) + secondaries.keys).sorted() }

    /// A value in this unit as a value in ``primary``.
    public func primaryValue(of value: Double) -> Double { value * multiplier / divisor + offset }

    private static let primaries: Set<String> = [
        "m", "kg", "g", "s", "A", "K", "cd", "mol", "Hz", "rad", "sr", "N", "Pa", "J", "W", "C", "V", "F", "Ohm", "S",
        "Wb", "T", "H", "Cel", "lm", "lx", "Bq", "Gy", "Sv", "kat", "m2", "m3", "l", "m/s", "m/s2", "m3/s", "l/s",
        "W/m2", "cd/m2", "bit", "bit/s", "lat", "lon", "pH", "dB", "dBW", "Bspl", "count", "/", "%", "%RH", "%EL",
        "EL", "1/s", "1/min", "beat/min", "beats", "S/m",
        // RFC 8798, section 2.
        "B", "VA", "VAs", "var", "vars", "J/m", "kg/m3", "deg",
        // Registered later (ISO 7027-1).
        "NTU",
    ]

    private struct Scale {
        let primary: String
        var multiplier = 1.0
        var divisor = 1.0
        var offset = 0.0
    }

    private static let secondaries: [String: Scale] = [
        "ms": Scale(primary: "s", divisor: 1000),
        "min": Scale(primary: "s", multiplier: 60),
        "h": Scale(primary: "s", multiplier: 3600),
        "MHz": Scale(primary: "Hz", multiplier: 1e6),
        "kW": Scale(primary: "W", multiplier: 1000),
        "kVA": Scale(primary: "VA", multiplier: 1000),
        "kvar": Scale(primary: "var", multiplier: 1000),
        "Ah": Scale(primary: "C", multiplier: 3600),
        "Wh": Scale(primary: "J", multiplier: 3600),
        "kWh": Scale(primary: "J", multiplier: 3.6e6),
        "varh": Scale(primary: "vars", multiplier: 3600),
        "kvarh": Scale(primary: "vars", multiplier: 3.6e6),
        "VAh": Scale(primary: "VAs", multiplier: 3600),
        "kVAh": Scale(primary: "VAs", multiplier: 3.6e6),
        "Wh/km": Scale(primary: "J/m", multiplier: 18, divisor: 5),
        "KiB": Scale(primary: "B", multiplier: 1024),
        "GB": Scale(primary: "B", multiplier: 1e9),
        "Mbit/s": Scale(primary: "bit/s", multiplier: 1e6),
        "B/s": Scale(primary: "bit/s", multiplier: 8),
        "MB/s": Scale(primary: "bit/s", multiplier: 8e6),
        "mV": Scale(primary: "V", divisor: 1000),
        "mA": Scale(primary: "A", divisor: 1000),
        "dBm": Scale(primary: "dBW", offset: -30),
        "ug/m3": Scale(primary: "kg/m3", divisor: 1e9),
        "mg/l": Scale(primary: "kg/m3", divisor: 1000),
        "ug/l": Scale(primary: "kg/m3", divisor: 1e6),
        "g/l": Scale(primary: "kg/m3"),
        "mm/h": Scale(primary: "m/s", divisor: 3.6e6),
        "m/h": Scale(primary: "m/s", divisor: 3600),
        "km/h": Scale(primary: "m/s", multiplier: 5, divisor: 18),
        "ppm": Scale(primary: "/", divisor: 1e6),
        "ppb": Scale(primary: "/", divisor: 1e9),
        "ppt": Scale(primary: "/", divisor: 1e12),
        "/100": Scale(primary: "/", divisor: 100),
        "/1000": Scale(primary: "/", divisor: 1000),
        "hPa": Scale(primary: "Pa", multiplier: 100),
        "mm": Scale(primary: "m", divisor: 1000),
        "cm": Scale(primary: "m", divisor: 100),
        "km": Scale(primary: "m", multiplier: 1000),
    ]
}
