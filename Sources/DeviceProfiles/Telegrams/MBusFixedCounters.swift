import Records

/// The fixed data structure of M-Bus (EN 1434-3:1997, 6.2), which pulse counters and old meters send: two counters.
///
/// Keys are as in the variable structure; a counter that holds the value of a due date is `@1`.
enum MBusFixedCounters {
    /// Identification, access number, status, two bytes of units and medium, two counters of four bytes.
    static func values(_ reader: inout ByteReader) -> TelegramResult {
        guard let content = reader.take(16).map({ Array($0) }) else {
            return .rejected(reason: "the fixed data structure is cut short")
        }
        let (status, units) = (content[5], [content[6], content[7]])
        var values = [
            TelegramValue(key: "id", value: .text(TelegramText.hexadecimal(content[0..<4].reversed()))),
            TelegramValue(key: "medium", value: .text(medium((units[1] >> 6) << 2 | units[0] >> 6))),
            TelegramValue(key: "status", value: .number(Double(status))),
        ]
        let quantities = [quantity(units[0] & 0x3F), quantity(units[1] & 0x3F)]
        let isStored = status & 2 != 0
        for index in 0..<2 {
            // The second may say that it is the first one at its due date.
            let isHistoric = index == 1 && units[1] & 0x3F == 0x3E
            let quantity = isHistoric ? quantities[0] : quantities[index]
            let isSecond = index == 1 && !isHistoric && quantities[0].name == quantity.name
            let key = quantity.name + (isSecond ? "_2" : "") + (isHistoric || isStored ? "@1" : "")
            let counter = content[(8 + 4 * index)..<(12 + 4 * index)]
            let number = (status & 1 == 0 ? decimal(counter) : Double(counter.littleEndian.signed(bytes: 4)))
                .flatMap { TelegramNumber.scaled($0, exponent: quantity.exponent) }
            let value = number.map { Reading.Value.number($0 * quantity.multiplier / quantity.divisor) }
            values.append(TelegramValue(key: key, value: value, unit: value == nil ? nil : quantity.unit))
        }
        return .values(values)
    }

    /// Binary-coded decimal, lowest byte first; a letter means that there is no value.
    private static func decimal(_ bytes: ArraySlice<UInt8>) -> Double? {
        TelegramNumber.decimal(TelegramText.hexadecimal(bytes.reversed()).utf8)
    }

    private static func medium(_ code: UInt8) -> String {
        // From A on the same media once more, as they are counted in mode 2.
        let modes: [UInt8: UInt8] = [0x0A: 0x03, 0x0B: 0x04, 0x0C: 0x06, 0x0D: 0x07, 0x0E: 0x08]
        return MBusMedium.name(modes[code] ?? code)
    }

    /// What a unit code means: steps of ten from the first of each quantity on.
    private static func quantity(_ code: UInt8) -> MBusQuantity {
        let step = Int(code)
        switch code {
        case 0x02...0x0A: return MBusQuantity("energy", "Wh", exponent: step - 0x02)
        case 0x0B...0x13: return MBusQuantity("energy", "J", exponent: step - 0x0B + 3)
        case 0x14...0x1C: return MBusQuantity("power", "W", exponent: step - 0x14)
        case 0x1D...0x25: return MBusQuantity("power", "W", exponent: step - 0x1D + 3, divisor: 3600)
        case 0x26...0x2E: return MBusQuantity("volume", "m3", exponent: step - 0x26 - 6)
        case 0x2F...0x37: return MBusQuantity("flow", exponent: step - 0x2F - 6)
        case 0x38: return MBusQuantity("temperature", "Cel", exponent: -3)
        case 0x39: return MBusQuantity("hca", "count")
        default: return MBusQuantity("counter")
        }
    }
}
