import Records

/// What stands in one pair of parentheses: `000004.426*kWh`, `0002`, `170102192002W`.
struct OBISText {
    /// Nil where there is nothing.
    let value: Reading.Value?
    /// SenML symbol.
    let unit: String?
    /// Whether it is a number with a decimal point and without any unit.
    let isBareDecimal: Bool

    /// Reads it. `unit` is that of a telegram which writes it apart; with `isText` digits are no number.
    init(_ group: ArraySlice<UInt8>, unit apart: ArraySlice<UInt8>? = nil, isText: Bool) {
        let star = group.firstIndex(of: 0x2A)
        let text = TelegramText.trimmedBytes(star.map { group[..<$0] } ?? group)
        let symbol = star.map { TelegramText.trimmed(group[($0 + 1)...]) } ?? apart.map { TelegramText.trimmed($0) }
        let scale = symbol.map(Self.scale)
        let number = isText && symbol == nil ? nil : TelegramNumber.decimal(text, exponent: scale?.exponent ?? 0)
        if let number {
            value = .number(number)
            unit = scale?.unit
            isBareDecimal = symbol == nil && text.contains(0x2E)
        } else {
            value = text.isEmpty ? nil : .text(TelegramText.trimmed(group))
            unit = nil
            isBareDecimal = false
        }
    }

    /// Whether it is a date and time: `YYMMDDhhmm`, seconds and `S` or `W` where they are given.
    static func isTime(_ group: ArraySlice<UInt8>) -> Bool {
        var digits = group
        if let last = digits.last, last == 0x53 || last == 0x57 { digits = digits.dropLast() }
        guard digits.count == 10 || digits.count == 12, digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return false
        }
        let pairs = stride(from: digits.startIndex, to: digits.endIndex, by: 2).map {
            Int(digits[$0] - 0x30) * 10 + Int(digits[$0 + 1] - 0x30)
        }
        return (1...12).contains(pairs[1]) && (1...31).contains(pairs[2]) && pairs[3] < 25 && pairs[4] < 60
    }

    /// Whether it has the form of a time stamp of DSMR and is none: `632525252525W`.
    static func isUndefinedTime(_ group: ArraySlice<UInt8>) -> Bool {
        guard group.count == 13, let last = group.last, last == 0x53 || last == 0x57 else { return false }
        return group.dropLast().allSatisfy { (0x30...0x39).contains($0) } && !isTime(group)
    }

    /// Whether a code stands for what is no quantity although it may be written in digits: numbers of devices, status
    /// words, messages, clocks.
    static func isIdentification(_ code: String) -> Bool {
        let short = code.split(separator: ":").last ?? ""
        let groups = short.split { $0 == "." || $0 == "*" }
        guard groups.count >= 2 else { return false }
        switch (groups[0], groups[1]) {
        case ("96", "1"), ("96", "5"), ("96", "13"), ("C", "1"), ("0", "0"), ("0", "9"): return true
        case ("1", "0"): return code.hasPrefix("0-")
        default: return false
        }
    }

    /// The SenML symbol of a unit in text, and the power of ten that leads to it.
    private static func scale(_ text: String) -> (unit: String?, exponent: Int) {
        switch text {
        case "MWh": ("kWh", 3)
        case "MW": ("kW", 3)
        case "Mvarh": ("kvarh", 3)
        case "Mvar": ("kvar", 3)
        case "C", "\u{B0}C": ("Cel", 0)
        case "bar": ("hPa", 3)
        case "mbar": ("hPa", 0)
        case "%": ("/100", 0)
        default: (SenMLUnit.isKnown(text) ? text : nil, 0)
        }
    }
}
