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
        let raw = isPartial ? Int64(truncatingIfNeeded: bits >> UInt64(field.shift) & field.mask) : number
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

    // MARK: Values that depend on others

    /// Makes the composed texts, then withholds what others say does not count.
    func resolve(_ readings: inout Readings) {
        for index in readings.entries.indices {
            let words = words[Int(readings.entries[index].field)]
            if case .composed(let pieces) = words.field.place, let text = compose(pieces, words, readings) {
                readings.entries[index].state = .text
                readings.entries[index].text = Int32(readings.texts.count)
                readings.texts.append(text)
            }
        }
        for index in readings.entries.indices where readings.entries[index].state.isValue {
            let words = words[Int(readings.entries[index].field)]
            guard let condition = words.field.condition else { continue }
            if !isMet(condition, readings.value(ofField: words.conditionField)) {
                readings.entries[index].state = .conditional
            }
        }
    }

    private func compose(_ pieces: [ComposedPiece], _ words: FieldWords, _ readings: Readings) -> String? {
        var text = ""
        var fields = words.composedFields.makeIterator()
        for piece in pieces {
            switch piece {
            case .text(let part): text += part
            case .field(_, let digits):
                guard let field = fields.next(), let value = readings.value(ofField: field) else { return nil }
                let word = value.text
                text += String(repeating: "0", count: max(0, digits - word.count)) + word
            }
        }
        return text
    }

    private func isMet(_ condition: FieldCondition, _ value: Reading.Value?) -> Bool {
        guard let value else { return false }
        if !condition.allowed.isEmpty, !condition.allowed.contains(where: { $0.matches(value) }) { return false }
        if condition.refused.contains(where: { $0.matches(value) }) { return false }
        guard condition.min != nil || condition.max != nil else { return true }
        guard case .number(let number) = value else { return false }
        return number >= condition.min ?? -.infinity && number <= condition.max ?? .infinity
    }
}
