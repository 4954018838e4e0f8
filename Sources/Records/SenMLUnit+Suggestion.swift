extension SenMLUnit {
    /// The symbol that was probably meant by one that is not registered; nil where there is no good guess.
    public static func suggestion(for symbol: String) -> String? {
        slips[symbol.lowercased()] ?? knownSymbols.first { $0.lowercased() == symbol.lowercased() }
    }

    /// The symbol of another unit of the same quantity, and what a value of this one has to be multiplied by; nil where
    /// there is no such unit, or none of another scale.
    public static func scaledSuggestion(for symbol: String) -> (symbol: String, scale: String)? {
        scaled[symbol.filter { $0 != " " }]
    }

    /// Units without a symbol of their own. Case counts: MWh and mWh are a thousand million apart.
    private static let scaled: [String: (symbol: String, scale: String)] = [
        "uS/cm": ("S/m", "0.0001"), "µS/cm": ("S/m", "0.0001"), "μS/cm": ("S/m", "0.0001"), "mS/cm": ("S/m", "0.1"),
        "bar": ("hPa", "1000"), "psi": ("hPa", "68.94757"), "kPa": ("hPa", "10"), "MPa": ("hPa", "10000"),
        "inHg": ("hPa", "33.86389"), "mmHg": ("hPa", "1.333224"), "m3/h": ("m3/s", "0.0002777777777777778"),
        "m³/h": ("m3/s", "0.0002777777777777778"), "l/min": ("l/s", "0.01666666666666667"),
        "l/h": ("l/s", "0.0002777777777777778"), "mg/m3": ("ug/m3", "1000"), "mg/m³": ("ug/m3", "1000"),
        "knots": ("m/s", "0.5144444"), "kn": ("m/s", "0.5144444"), "mph": ("m/s", "0.44704"), "ft": ("m", "0.3048"),
        "inch": ("mm", "25.4"), "um": ("mm", "0.001"), "µm": ("mm", "0.001"), "kOhm": ("Ohm", "1000"),
        "mOhm": ("Ohm", "0.001"), "MWh": ("kWh", "1000"), "GJ": ("kWh", "277.7778"), "MJ": ("kWh", "0.2777778"),
        "mW": ("W", "0.001"), "MW": ("kW", "1000"), "lb": ("kg", "0.45359237"), "mg": ("g", "0.001"),
        "t": ("kg", "1000"), "kHz": ("Hz", "1000"), "mAh": ("Ah", "0.001"), "kV": ("V", "1000"),
    ]

    /// What people write, in lower case, and what the registry calls it.
    private static let slips = [
        "°c": "Cel", "degc": "Cel", "celsius": "Cel", "rh": "%RH", "%rh": "%RH", "% rh": "%RH", "ohms": "Ohm",
        "ω": "Ohm", "mbar": "hPa", "µg/m3": "ug/m3", "μg/m3": "ug/m3", "µg/m³": "ug/m3", "μg/m³": "ug/m3",
        "ug/m³": "ug/m3", "lux": "lx", "°": "deg", "volt": "V", "ampere": "A", "watt": "W", "sec": "s", "m³": "m3",
        "m²": "m2", "percent": "%", "rpm": "1/min",
    ]
}
