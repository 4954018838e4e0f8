extension SenMLUnit {
    /// The symbol that was probably meant by one that is not registered; nil where there is no good guess.
    public static func suggestion(for symbol: String) -> String? {
        slips[symbol.lowercased()] ?? knownSymbols.first { $0.lowercased() == symbol.lowercased() }
    }

    /// What people write, in lower case, and what the registry calls it.
    private static let slips = [
        "°c": "Cel", "degc": "Cel", "celsius": "Cel", "rh": "%RH", "%rh": "%RH", "% rh": "%RH", "ohms": "Ohm",
        "ω": "Ohm", "mbar": "hPa", "µg/m3": "ug/m3", "μg/m3": "ug/m3", "µg/m³": "ug/m3", "μg/m³": "ug/m3",
        "ug/m³": "ug/m3", "lux": "lx", "°": "deg", "volt": "V", "ampere": "A", "watt": "W", "sec": "s", "m³": "m3",
        "m²": "m2", "percent": "%",
    ]
}
