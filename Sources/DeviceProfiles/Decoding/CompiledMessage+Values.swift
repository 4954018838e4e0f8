import Records

/// What is done with a raw value, wherever it came from.
extension CompiledMessage {
    @inline(__always) func finish(
        _ fraction: DecimalFraction, _ field: borrowing CompiledField, element: Int32, into readings: inout Readings
    ) {
        let value = field.scaling.value(fraction)
        if value >= field.low, value <= field.high {
            readings.add(number: value, field: field.field, element: element)
        } else {
            readings.add(value.isFinite ? .implausible : .missing, field: field.field, element: element)
        }
    }

    func finish(_ raw: Double, _ field: borrowing CompiledField, element: Int32, into readings: inout Readings) {
        let value = field.scaling.value(raw)
        if value >= field.low, value <= field.high {
            readings.add(number: value, field: field.field, element: element)
        } else {
            readings.add(value.isFinite ? .implausible : .missing, field: field.field, element: element)
        }
    }

    /// An integer: its number, and the bits that it stands there with.
    @inline(__always) func take(
        _ number: Int64, bits: UInt64, _ field: borrowing CompiledField, element: Int32, into readings: inout Readings
    ) {
        if field.traits.isDisjoint(with: .isSpecial) {
            finish(DecimalFraction(mantissa: number, exponent: 0), field, element: element, into: &readings)
        } else {
            takeSpecial(number, bits: bits, field, element: element, into: &readings)
        }
    }

    private func takeSpecial(
        _ number: Int64, bits: UInt64, _ field: borrowing CompiledField, element: Int32, into readings: inout Readings
    ) {
        let isPartial = !field.traits.isDisjoint(with: [.hasMask, .isSingleBit])
        let raw = isPartial ? Self.partial(bits, field) : number
        let words = words[Int(field.field)]
        if words.missingIntegers.contains(raw) {
            readings.add(.missing, field: field.field, element: element)
        } else if field.traits.contains(.hasNames) {
            name(words.namesOfIntegers[raw], field, element: element, into: &readings)
        } else if field.traits.contains(.isSingleBit) {
            readings.add(boolean: raw != 0, field: field.field, element: element)
        } else {
            finish(DecimalFraction(mantissa: raw, exponent: 0), field, element: element, into: &readings)
        }
    }

    /// The bits that are meant, as a number of the field's type: the highest of several is the sign where it has one.
    private static func partial(_ bits: UInt64, _ field: borrowing CompiledField) -> Int64 {
        let part = bits >> UInt64(field.shift) & field.mask
        let sign = field.mask &- field.mask >> 1
        guard field.traits.contains(.hasMask), part & sign != 0 else { return Int64(truncatingIfNeeded: part) }
        switch field.kind {
        case .signed: return Int64(bitPattern: part | ~field.mask)
        case .signMagnitude: return -Int64(bitPattern: part & ~sign)
        default: return Int64(truncatingIfNeeded: part)
        }
    }

    /// A raw value's name, or that it has none.
    func name(
        _ value: Reading.Value?, _ field: borrowing CompiledField, element: Int32, into readings: inout Readings
    ) {
        if let value {
            readings.add(value, field: field.field, element: element)
        } else {
            readings.add(.unlisted, field: field.field, element: element)
        }
    }

    /// A number that is no integer.
    func take(
        _ number: DecimalText, _ field: borrowing CompiledField, element: Int32, into readings: inout Readings
    ) {
        if !field.traits.isDisjoint(with: [.hasMissing, .hasNames]) {
            let value = number.value
            let words = words[Int(field.field)]
            if words.missingNumbers.contains(value) {
                return readings.add(.missing, field: field.field, element: element)
            }
            if field.traits.contains(.hasNames) {
                let name = Int64(exactly: value).flatMap { words.namesOfIntegers[$0] }
                return self.name(
                    name ?? words.namesOfTexts[Reading.Value.number(value).text], field, element: element,
                    into: &readings)
            }
        }
        switch number {
        case .fraction(let fraction): finish(fraction, field, element: element, into: &readings)
        case .long(let value): finish(value, field, element: element, into: &readings)
        }
    }

    /// A text that is what it says.
    func take(
        text: String, _ field: borrowing CompiledField, element: Int32, into readings: inout Readings
    ) {
        let words = words[Int(field.field)]
        if text.isEmpty || words.missingTexts.contains(text) {
            readings.add(.missing, field: field.field, element: element)
        } else if field.traits.contains(.hasNames) {
            name(words.namesOfTexts[text], field, element: element, into: &readings)
        } else {
            readings.add(text: text, field: field.field, element: element)
        }
    }

    /// A bit that stands alone.
    func take(bit: Bool, _ field: borrowing CompiledField, element: Int32, into readings: inout Readings) {
        if field.traits.contains(.hasNames) {
            let words = words[Int(field.field)]
            name(words.namesOfIntegers[bit ? 1 : 0], field, element: element, into: &readings)
        } else {
            readings.add(boolean: bit, field: field.field, element: element)
        }
    }
}
