import Records

/// Values that depend on those of other fields, in the order in which they can be made.
extension CompiledMessage {
    /// Makes values of what was read: multiplied and added, composed, and withheld where others say that it does not
    /// count.
    func resolve(_ readings: inout Readings) {
        readings.locate(fieldCount: fields.count)
        for field in resolutionOrder {
            let words = words[Int(field)]
            var index = readings.starts[Int(field)]
            while index >= 0, index < readings.entries.count, readings.entries[index].field == field {
                resolve(index, words, &readings)
                index += 1
            }
        }
    }

    private func resolve(_ index: Int, _ words: FieldWords, _ readings: inout Readings) {
        if case .composed(let pieces) = words.field.place, let text = compose(pieces, words, readings) {
            readings.entries[index].state = .text
            readings.entries[index].text = Int32(readings.texts.count)
            readings.texts.append(text)
        }
        if words.field.isDerived, readings.entries[index].state == .number {
            let derived = derive(readings.entries[index], words, readings)
            readings.entries[index].number = derived ?? 0
            let range = words.field.range ?? -.greatestFiniteMagnitude...(.greatestFiniteMagnitude)
            if derived.map(range.contains) != true {
                readings.entries[index].state = derived?.isFinite == true ? .implausible : .missing
            }
        }
        guard readings.entries[index].state.isValue, let condition = words.field.condition else { return }
        let other = value(of: words.conditionField, readings.entries[index].element, readings)
        if !isMet(condition, other) { readings.entries[index].state = .conditional }
    }

    private func compose(_ pieces: [ComposedPiece], _ words: FieldWords, _ readings: Readings) -> String? {
        var text = ""
        var fields = words.composedFields.makeIterator()
        for piece in pieces {
            switch piece {
            case .text(let part): text += part
            case .field(_, let digits):
                guard let field = fields.next(), let value = value(of: field, 0, readings) else { return nil }
                let word = value.text
                text += String(repeating: "0", count: max(0, digits - word.count)) + word
            }
        }
        return text
    }

    private func isMet(_ condition: FieldCondition, _ value: Reading.Value?) -> Bool {
        guard let value else { return condition.allowed.contains(.text("")) }
        if !condition.allowed.isEmpty, !condition.allowed.contains(where: { $0.matches(value) }) { return false }
        if condition.refused.contains(where: { $0.matches(value) }) { return false }
        guard condition.min != nil || condition.max != nil else { return true }
        guard case .number(let number) = value else { return false }
        return number >= condition.min ?? -.infinity && number <= condition.max ?? .infinity
    }

    /// raw × scale × factors + offset + addends; nil where one of the other fields has no number.
    private func derive(_ entry: Readings.Entry, _ words: FieldWords, _ readings: Readings) -> Double? {
        let field = words.field
        var factor = ExactNumber(field.scale)
        var divisor: Double?
        for (other, rule) in zip(words.factorFields, field.factors) {
            guard let number = number(of: other, entry.element, readings) else { return nil }
            switch rule.use {
            case .factor: factor = factor.times(ExactNumber(number))
            case .divisor:
                guard number != 0 else { return nil }
                divisor = divisor.map { $0 * number } ?? number
            case .exponent:
                // Beyond that no value of a sensor is; 0x8000 is how SunSpec says that there is none.
                guard let power = Int(exactly: number), abs(power) <= 30 else { return nil }
                factor = factor.times(.fraction(DecimalFraction(mantissa: 1, exponent: power)))
            }
        }
        var value = ExactNumber(entry.number).times(factor)
        if let divisor { value = ExactNumber(value.value / divisor) }
        value = value.plus(ExactNumber(field.offset))
        for other in words.addendFields {
            guard let number = number(of: other, entry.element, readings) else { return nil }
            value = value.plus(ExactNumber(number))
        }
        return value.value
    }

    /// The value of a field, or of the element of the same number where it is an array; of several of its name the
    /// first that has one.
    private func value(of field: Int32, _ element: Int32, _ readings: Readings) -> Reading.Value? {
        var field = field
        while field >= 0 {
            if let value = readings.value(ofField: field, element: element) { return value }
            field = alternatives[Int(field)]
        }
        return nil
    }

    private func number(of field: Int32, _ element: Int32, _ readings: Readings) -> Double? {
        if case .number(let number)? = value(of: field, element, readings) { number } else { nil }
    }

    /// The fields with dependencies, each behind those that it depends on.
    static func resolutionOrder(
        _ fields: [CompiledField], _ words: [FieldWords], _ alternatives: [Int32]
    ) -> [Int32] {
        var order: [Int32] = []
        var isVisited = [Bool](repeating: false, count: fields.count)
        func visit(_ index: Int32) {
            guard index >= 0, !isVisited[Int(index)] else { return }
            isVisited[Int(index)] = true
            for var other in words[Int(index)].dependencies {
                while other >= 0 {
                    visit(other)
                    other = alternatives[Int(other)]
                }
            }
            let isDependent = fields[Int(index)].kind == .composed || !words[Int(index)].dependencies.isEmpty
            if isDependent { order.append(index) }
        }
        for index in fields.indices { visit(Int32(index)) }
        return order
    }
}

/// A number in arithmetic that is rounded once at the end, as far as its digits allow: 230 + 0.1 is 230.1.
private enum ExactNumber {
    case fraction(DecimalFraction)
    case rounded(Double)

    init(_ number: Double) { self = DecimalFraction(number).map { .fraction($0) } ?? .rounded(number) }

    var value: Double {
        switch self {
        case .fraction(let fraction): fraction.value
        case .rounded(let number): number
        }
    }

    func times(_ other: ExactNumber) -> ExactNumber {
        if case .fraction(let own) = self, case .fraction(let other) = other, let product = own.times(other) {
            return .fraction(product)
        }
        return .rounded(value * other.value)
    }

    func plus(_ other: ExactNumber) -> ExactNumber {
        if case .fraction(let own) = self, case .fraction(let other) = other, let sum = own.plus(other) {
            return .fraction(sum)
        }
        return .rounded(value + other.value)
    }
}

extension DecimalFraction {
    /// Nil where it has too many digits.
    fileprivate func times(_ other: DecimalFraction) -> DecimalFraction? {
        let (product, overflow) = mantissa.multipliedReportingOverflow(by: other.mantissa)
        return overflow ? nil : DecimalFraction(mantissa: product, exponent: exponent + other.exponent)
    }

    /// Nil where it has too many digits.
    fileprivate func plus(_ other: DecimalFraction) -> DecimalFraction? {
        let decimals = max(-exponent, -other.exponent, 0)
        guard let left = mantissa(decimals: decimals), let right = other.mantissa(decimals: decimals) else {
            return nil
        }
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? nil : DecimalFraction(mantissa: sum, exponent: -decimals)
    }
}
