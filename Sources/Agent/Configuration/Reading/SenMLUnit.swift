/// The unit symbols of SenML: RFC 8428, section 12.1, and RFC 8798, with what IANA's "SenML Units" and "Secondary
/// Units" registries list beside them.
enum SenMLUnit {
    /// Whether a symbol is registered.
    static func isKnown(_ symbol: String) -> Bool { known.contains(symbol) }

    /// The symbol that was probably meant by one that is not registered; nil where there is no good guess.
    static func suggestion(for symbol: String) -> String? {
        slips[symbol.lowercased()] ?? known.first { $0.lowercased() == symbol.lowercased() }
    }

    private static let known: Set<String> = [
        "m", "kg", "g", "s", "A", "K", "cd", "mol", "Hz", "rad", "sr", "N", "Pa", "J", "W", "C", "V", "F", "Ohm", "S",
        "Wb", "T", "H", "Cel", "lm", "lx", "Bq", "Gy", "Sv", "kat", "m2", "m3", "l", "m/s", "m/s2", "m3/s", "l/s",
        "W/m2", "cd/m2", "bit", "bit/s", "lat", "lon", "pH", "dB", "dBW", "Bspl", "count", "/", "%", "%RH", "%EL", "EL",
        "1/s", "1/min", "beat/min", "beats", "S/m", "B", "VA", "VAs", "var", "vars", "J/m", "kg/m3", "deg", "NTU",
        "ms", "min", "h", "MHz", "kW", "kVA", "kvar", "Ah", "Wh", "kWh", "varh", "kvarh", "kVAh", "Wh/km", "KiB", "GB",
        "Mbit/s", "B/s", "MB/s", "mV", "mA", "dBm", "ug/m3", "mm/h", "m/h", "ppm", "/100", "/1000", "hPa", "mm", "cm",
        "km", "km/h", "ppb", "ppt", "VAh", "mg/l", "ug/l", "g/l",
    ]

    /// What people write, in lower case, and what the registry calls it.
    private static let slips = [
        "°c": "Cel", "degc": "Cel", "celsius": "Cel", "rh": "%RH", "%rh": "%RH", "% rh": "%RH", "ohms": "Ohm",
        "ω": "Ohm", "mbar": "hPa", "µg/m3": "ug/m3", "μg/m3": "ug/m3", "µg/m³": "ug/m3", "μg/m³": "ug/m3",
        "ug/m³": "ug/m3", "lux": "lx", "°": "deg", "volt": "V", "ampere": "A", "watt": "W", "sec": "s", "m³": "m3",
        "m²": "m2", "percent": "%",
    ]
}
