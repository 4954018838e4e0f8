/// A unit code of COSEM (IEC 62056-6-2, table 4; also used by SML), as a SenML unit.
struct COSEMUnit {
    /// SenML symbol; nil where there is none.
    let symbol: String?
    /// Power of ten that turns a value of the code's unit into one of the symbol's: hPa for bar.
    let exponent: Int

    /// The unit of a code; without a symbol where SenML has none, or the code is not known.
    init(code: UInt8) {
        let entry = Self.table[code]
        symbol = entry?.0
        exponent = entry?.1 ?? 0
    }

    private static let table: [UInt8: (String, Int)] = [
        5: ("h", 0), 6: ("min", 0), 7: ("s", 0), 8: ("deg", 0), 9: ("Cel", 0), 11: ("m", 0), 12: ("m/s", 0),
        13: ("m3", 0), 14: ("m3", 0), 19: ("l", 0), 20: ("kg", 0), 21: ("N", 0), 23: ("Pa", 0), 24: ("hPa", 3),
        25: ("J", 0), 27: ("W", 0), 28: ("VA", 0), 29: ("var", 0), 30: ("Wh", 0), 31: ("VAh", 0), 32: ("varh", 0),
        33: ("A", 0), 34: ("C", 0), 35: ("V", 0), 37: ("F", 0), 38: ("Ohm", 0), 40: ("Wb", 0), 41: ("T", 0),
        43: ("H", 0), 44: ("Hz", 0), 51: ("S", 0), 52: ("K", 0), 55: ("Ah", 0), 56: ("/100", 0), 70: ("dBm", 0),
    ]
}
