/// Lists of meters that leave out codes, scalers and units, as their makers' documents for the HAN port give them.
enum DLMSPushList {
    /// What a value is.
    struct Entry {
        /// OBIS code.
        let code: String
        /// Power of ten from what is sent to the unit.
        let exponent: Int
        /// SenML symbol.
        let unit: String?
    }

    /// Kaifa (list version `KFM_001`): values by position; 1 (power alone), 9 or 14 (one phase), 13 or 18 (three
    /// phases) of them. Nil for other lengths, and for longer lists that are not Kaifa's.
    static func kaifa(_ elements: [DLMSElement]) -> [Entry]? {
        let identity = ["1.1.0.2.129.255", "0.0.96.1.0.255", "0.0.96.1.7.255"]
        let power = ["1.0.1.7.0.255", "1.0.2.7.0.255", "1.0.3.7.0.255", "1.0.4.7.0.255"]
        let onePhase = ["1.0.31.7.0.255", "1.0.32.7.0.255"]
        let threePhases = ["31", "51", "71", "32", "52", "72"].map { "1.0.\($0).7.0.255" }
        let energy = ["0.0.1.0.0.255", "1.0.1.8.0.255", "1.0.2.8.0.255", "1.0.3.8.0.255", "1.0.4.8.0.255"]
        let codes: [String]
        switch elements.count {
        case 1:
            guard case .number = elements[0] else { return nil }
            return [entry("1.0.1.7.0.255")]
        case 9: codes = identity + power + onePhase
        case 13: codes = identity + power + threePhases
        case 14: codes = identity + power + onePhase + energy
        case 18: codes = identity + power + threePhases + energy
        default: return nil
        }
        guard elements[0].text?.hasPrefix("KFM") == true, elements.allSatisfy(\.isScalar) else { return nil }
        // Currents are sent in mA, voltages in 0.1 V, energies in Wh.
        return codes.map { code in entry(code, currentExponent: -3, voltageExponent: -1) }
    }

    /// Kamstrup (list version `Kamstrup_V0001`): codes, but no scalers. Currents come in 10 mA, with meters behind
    /// transformers (type 685...) in mA; energies in 10 Wh.
    static func kamstrup(_ code: String, isBehindTransformers: Bool) -> Entry {
        entry(code, currentExponent: isBehindTransformers ? -3 : -2, energyExponent: 1)
    }

    private static func entry(
        _ code: String, currentExponent: Int = 0, voltageExponent: Int = 0, energyExponent: Int = 0
    ) -> Entry {
        let groups = code.split(separator: ".")
        switch (groups[0], groups[2], groups[3]) {
        case ("1", "1", "7"), ("1", "2", "7"): return Entry(code: code, exponent: 0, unit: "W")
        case ("1", "3", "7"), ("1", "4", "7"): return Entry(code: code, exponent: 0, unit: "var")
        case ("1", "31", "7"), ("1", "51", "7"), ("1", "71", "7"):
            return Entry(code: code, exponent: currentExponent, unit: "A")
        case ("1", "32", "7"), ("1", "52", "7"), ("1", "72", "7"):
            return Entry(code: code, exponent: voltageExponent, unit: "V")
        case ("1", "1", "8"), ("1", "2", "8"): return Entry(code: code, exponent: energyExponent, unit: "Wh")
        case ("1", "3", "8"), ("1", "4", "8"): return Entry(code: code, exponent: energyExponent, unit: "varh")
        default: return Entry(code: code, exponent: 0, unit: nil)
        }
    }
}
