import Records

extension MBusRecord {
    /// What the record says, but for its being one of several alike: `stem` and `place` make the key.
    struct Reading {
        /// `energy_max_t2`
        let stem: String
        /// `@5`, or nothing.
        let place: String
        let value: Records.Reading.Value?
        let unit: String?
    }

    /// The record as a reading.
    var reading: Reading {
        var (quantity, modifiers) = base
        var suffix = ["", "_max", "_min", "_error"][Int(function)]
        var isMissing = false
        while let code = modifiers.popFirst() {
            switch code {
            case 0x00: break
            case 0x01...0x1F: isMissing = true
            case 0x3B: suffix += "_positive"
            case 0x3C: suffix += "_negative"
            case 0x70...0x77: quantity.exponent += Int(code & 7) - 6
            case 0x7D: quantity.exponent += 3
            case 0x7E: suffix += "_future"
            case 0x7F:
                // Behind it all is the manufacturer's own.
                suffix += "_x7F" + TelegramText.hexadecimal(modifiers)
                modifiers = []
            default:
                // It changes what the value means in a way that is not known here: the key must not look as if not.
                suffix += "_x" + TelegramText.hexadecimal(code)
            }
        }
        if tariff > 0 { suffix += "_t\(tariff)" }
        let value = isMissing ? nil : value(as: quantity)
        let isNumber = if case .number = value { true } else { value == nil }
        return Reading(
            stem: quantity.name + suffix, place: storage > 0 ? "@\(storage)" : "", value: value,
            unit: isNumber ? quantity.unit : nil)
    }

    /// The quantity, and the extensions that are no part of its code.
    private var base: (MBusQuantity, modifiers: ArraySlice<UInt8>) {
        let name = "vif_" + TelegramText.hexadecimal(vif)
        switch vif {
        case 0x7B, 0x7D:
            guard let code = extensions.first else { return (MBusQuantity(name), []) }
            let quantity = vif == 0x7B ? MBusQuantity.extensionFB(code) : MBusQuantity.extensionFD(code)
            let unknown = MBusQuantity(name + TelegramText.hexadecimal(code))
            return (quantity ?? unknown, extensions.dropFirst())
        case 0x7C: return (MBusQuantity.plainText(plainText ?? ""), extensions[...])
        case 0x7F: return (MBusQuantity(name + TelegramText.hexadecimal(extensions)), [])
        default: return (MBusQuantity.primary(vif) ?? MBusQuantity(name), extensions[...])
        }
    }

    private func value(as quantity: MBusQuantity) -> Records.Reading.Value? {
        switch quantity.content {
        case .date where coding != .variable: return MBusDate.text(value).map { .text($0) }
        case .identification where coding != .real32:
            if let digits = digits { return .text(digits) }
        case .bits where coding != .variable && coding != .real32:
            return value.isEmpty ? nil : .number(Double(value.littleEndian))
        case .number, .identification, .date, .bits: break
        }
        if coding == .variable, variableLength < 0xC0 {
            let text = TelegramText.trimmed(Array(value.reversed())[...])
            return text.isEmpty ? nil : .text(text)
        }
        if coding == .variable, value.count > 8, variableLength >= 0xF0 {
            return .text(TelegramText.hexadecimal(value.reversed()))
        }
        guard let number, let scaled = TelegramNumber.scaled(number, exponent: quantity.exponent) else { return nil }
        return .number(scaled * quantity.multiplier / quantity.divisor)
    }

    /// The digits of a BCD value, with the zeros before it; nil where it is none.
    private var digits: String? {
        switch coding {
        case .bcd2, .bcd4, .bcd6, .bcd8, .bcd12: TelegramText.hexadecimal(value.reversed())
        default: nil
        }
    }

    private var number: Double? {
        switch coding {
        case .int8, .int16, .int24, .int32, .int48, .int64: return integer
        case .real32: return Self.real(value)
        case .bcd2, .bcd4, .bcd6, .bcd8, .bcd12: return decimal
        case .variable:
            switch variableLength & 0xF0 {
            case 0xC0: return decimal
            case 0xD0: return decimal.map { -$0 }
            case 0xE0: return (1...8).contains(value.count) ? integer : nil
            default: return Self.real(value)
            }
        case .none, .selection, .special: return nil
        }
    }

    /// The lowest value of its size means that there is none (EN 13757-3, annex A, type B).
    private var integer: Double? {
        let number = value.littleEndian.signed(bytes: value.count)
        return number == Int64.min >> (64 - 8 * value.count) ? nil : Double(number)
    }

    /// Binary-coded decimal, lowest byte first; F in the highest place is a minus, any other letter no value.
    private var decimal: Double? {
        var number = 0.0
        var isNegative = false
        for (index, byte) in value.reversed().enumerated() {
            var high = byte >> 4
            if index == 0, high == 0x0F {
                isNegative = true
                high = 0
            }
            guard high < 10, byte & 0x0F < 10 else { return nil }
            number = number * 100 + Double(high * 10 + byte & 0x0F)
        }
        return value.isEmpty ? nil : isNegative ? -number : number
    }

    /// The number that the meter meant: 22.56, not 22.559999465942383.
    private static func real(_ bytes: ArraySlice<UInt8>) -> Double? {
        let real = Float(bitPattern: UInt32(truncatingIfNeeded: bytes.littleEndian))
        return real.isFinite ? Double(real.description) : nil
    }
}
