import Records

/// Fields in divided text.
extension CompiledMessage {
    /// Reads the fields from what was picked, `readings.picks`, of a text.
    func readPicks(_ text: Span<UInt8>, into readings: inout Readings) {
        let list = self.fields
        let fields = list.span
        for index in fields.indices {
            if fields[unchecked: index].kind == .composed {
                readings.add(.missing, field: Int32(index), element: 0)
                continue
            }
            let cell = readings.picks[Int(fields[unchecked: index].pick)]
            let isPlain =
                cell.kind == .plain
                && fields[unchecked: index].traits.isDisjoint(with: [.isElaborate, .isSpecial])
            if isPlain,
                case .fraction(let fraction)? = DecimalText.parse(
                    text.extracting(unchecked: cell.range), comma: hasDecimalComma)
            {
                finish(fraction, fields[unchecked: index], element: 0, into: &readings)
            } else {
                readCell(cell, fields[index], text, into: &readings)
            }
        }
        if hasDependencies { resolve(&readings) }
    }

    /// A value that is more than a plain number.
    private func readCell(_ cell: TextCell, _ field: CompiledField, _ text: Span<UInt8>, into readings: inout Readings)
    {
        switch cell.kind {
        case .absent: readings.add(.missing, field: field.field, element: 0)
        case .yes, .no: take(bit: cell.kind == .yes, field, element: 0, into: &readings)
        case .plain, .doubledQuotes, .escaped:
            let bytes = Self.bytes(of: cell, text)
            read(bytes, field, picked: { Self.bytes(of: $0, text) }, into: &readings)
        }
    }

    /// A value that stands apart from its text, as that of a telegram does.
    func read(text: String, _ field: CompiledField, into readings: inout Readings) {
        read(Array(text.utf8), field, picked: { _ in [] }, into: &readings)
    }

    private func read(
        _ bytes: [UInt8], _ field: CompiledField, picked: (TextCell) -> [UInt8], into readings: inout Readings
    ) {
        let words = words[Int(field.field)]
        guard case .text(let place) = words.field.place else { preconditionFailure("a text stands in text") }
        guard let part = Self.part(of: bytes, place) else {
            return readings.add(.missing, field: field.field, element: 0)
        }
        var value = Self.trimmed(part[...])
        if place.type == .text {
            return take(text: Self.string(value), field, element: 0, into: &readings)
        }
        let isMissing =
            value.isEmpty || field.traits.contains(.hasMissing) && words.missingTexts.contains(Self.string(value))
        if isMissing { return readings.add(.missing, field: field.field, element: 0) }
        if field.traits.contains(.hasNames), let name = words.namesOfTexts[Self.string(value)] {
            return readings.add(name, field: field.field, element: 0)
        }
        var scaling: Scaling?
        if place.letters != nil {
            scaling =
                words.letterPick >= 0
                ? words.scaling(of: Self.trimmed(picked(readings.picks[Int(words.letterPick)])[...]))
                : words.takeScaling(of: &value)
            guard scaling != nil else { return readings.add(.missing, field: field.field, element: 0) }
            value = Self.trimmed(value)
        }
        var isNegative = false
        if let negative = place.negative, words.negativePick >= 0 {
            let sign = Self.string(Self.trimmed(picked(readings.picks[Int(words.negativePick)])[...]))
            isNegative = negative.texts.contains(sign)
        }
        guard let number = number(value, place.type) else {
            if Self.isMissing(value.span) { return readings.add(.missing, field: field.field, element: 0) }
            guard place.type == .any else { return readings.add(.invalid, field: field.field, element: 0) }
            return take(text: Self.string(value), field, element: 0, into: &readings)
        }
        take(number.signed(isNegative).scaled(scaling), field, element: 0, into: &readings)
    }

    /// What of a picked text is meant; nil where it has no such part.
    private static func part(of bytes: [UInt8], _ place: TextPlace) -> [UInt8]? {
        var bytes = bytes
        if let split = place.split {
            let parts = Array(bytes).split(
                separator: split.separator, omittingEmptySubsequences: split.separator == [0x20])
            guard split.index < parts.count else { return nil }
            bytes = Array(parts[split.index])
        }
        guard let part = place.part else { return bytes }
        guard part.lowerBound < bytes.count else { return nil }
        return Array(bytes[part.lowerBound..<min(part.upperBound, bytes.count)])
    }

    static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes.drop(while: DecimalText.isSpace)
        while let last = bytes.last, DecimalText.isSpace(last) { bytes.removeLast() }
        return bytes
    }

    /// The bytes of a cell, quotes and escapes resolved.
    static func bytes(of cell: TextCell, _ text: Span<UInt8>) -> [UInt8] {
        let span = text.extracting(cell.range)
        switch cell.kind {
        case .escaped: return Array(JSONText.unescape(span).utf8)
        case .absent, .yes, .no: return []
        case .plain: return span.withUnsafeBufferPointer { Array($0) }
        case .doubledQuotes:
            var bytes: [UInt8] = []
            var index = 0
            while index < span.count {
                bytes.append(span[index])
                index += span[index] == 0x22 ? 2 : 1
            }
            return bytes
        }
    }

    private func number(_ value: ArraySlice<UInt8>, _ type: TextType) -> DecimalText? {
        switch type {
        case .number, .any: return DecimalText.parse(value.span, comma: hasDecimalComma)
        case .ddmm:
            let number = DecimalText.parse(value.span, comma: hasDecimalComma).map(Self.degrees)
            return (number ?? degrees(value)).map { .long($0) }
        case .text: return nil
        case .hex, .shex, .smhex:
            guard let (bits, digits) = HexadecimalText.parse(value.span) else { return nil }
            let number: Int64
            switch type {
            case .shex: number = Self.twosComplement(bits, digits: digits)
            case .smhex:
                let sign = UInt64(1) << UInt64(digits * 4 - 1)
                number = bits & sign == 0 ? Int64(bits) : -Int64(bits & ~sign)
            default:
                guard bits <= Int64.max else { return .long(Double(bits)) }
                number = Int64(bits)
            }
            return .fraction(DecimalFraction(mantissa: number, exponent: 0))
        }
    }

    /// `4916.45` as 49 degrees and 16.45 minutes.
    private static func degrees(_ number: DecimalText) -> Double {
        switch number {
        case .fraction(let fraction) where fraction.exponent <= 0 && fraction.exponent >= -14:
            let one = DecimalFraction.integerPowers[-fraction.exponent]
            let (degrees, minutes) = fraction.mantissa.quotientAndRemainder(dividingBy: 100 * one)
            return Double(degrees) + Double(minutes) / Double(60 * one)
        case .fraction(let fraction): return degrees(.long(fraction.value))
        case .long(let value):
            let degrees = (value / 100).rounded(.towardZero)
            return degrees + (value - degrees * 100) / 60
        }
    }

    /// `49 16.45`, `49°16'27"`: degrees, minutes and seconds that stand apart.
    private func degrees(_ text: ArraySlice<UInt8>) -> Double? {
        let isNegative = text.first == 0x2D
        let parts = text.split { !(0x30...0x39).contains($0) && $0 != 0x2E && !(hasDecimalComma && $0 == 0x2C) }
        let numbers = parts.compactMap { DecimalText.parse($0.span, comma: hasDecimalComma)?.value }
        guard numbers.count == parts.count, (2...3).contains(numbers.count), numbers.dropFirst().allSatisfy({ $0 < 60 })
        else { return nil }
        let seconds = numbers.count == 3 ? numbers[2] : 0
        let degrees = numbers[0] + (numbers[1] * 60 + seconds) / 3600
        return isNegative ? -degrees : degrees
    }

    /// The words and signs that devices send where they have no value: nothing, dashes and stars, `--.-`, `#`, `null`,
    /// `n/a`, `nan`.
    static func isMissing(_ text: Span<UInt8>) -> Bool {
        let value = trimmed(text.withUnsafeBufferPointer { Array($0) }[...])
        let isDash: (UInt8) -> Bool = { $0 == 0x2D || $0 == 0x2A }
        let isDashes = value.contains(where: isDash) && value.allSatisfy { isDash($0) || $0 == 0x2E || $0 == 0x2C }
        if value.isEmpty || isDashes || value.elementsEqual([0x23]) { return true }
        guard value.count <= 9 else { return false }
        let unsigned = value.first == 0x2D || value.first == 0x2B ? value.dropFirst() : value
        return ["nan", "inf", "infinity", "null", "n/a"].contains(
            String(decoding: unsigned, as: UTF8.self).lowercased())
    }
}

extension DecimalText {
    func signed(_ isNegative: Bool) -> DecimalText {
        guard isNegative else { return self }
        switch self {
        case .fraction(let fraction):
            return .fraction(DecimalFraction(mantissa: -fraction.mantissa, exponent: fraction.exponent))
        case .long(let value): return .long(-value)
        }
    }

    /// What the unit letter makes of it, with one rounding where that is possible.
    func scaled(_ scaling: Scaling?) -> DecimalText {
        guard let scaling else { return self }
        let value =
            switch self {
            case .fraction(let fraction): scaling.value(fraction)
            case .long(let value): scaling.value(value)
            }
        return DecimalFraction(value).map { .fraction($0) } ?? .long(value)
    }
}

extension FieldWords {
    /// What a unit letter makes of a number; nil where it is none of them.
    fileprivate func scaling(of letter: ArraySlice<UInt8>) -> Scaling? {
        letters.first { $0.letter.elementsEqual(letter) }?.scaling
    }

    /// The same for the letter at a value's end, which is taken away.
    fileprivate func takeScaling(of value: inout ArraySlice<UInt8>) -> Scaling? {
        guard let unit = letters.first(where: { value.suffix($0.letter.count).elementsEqual($0.letter) }) else {
            return nil
        }
        value = value.dropLast(unit.letter.count)
        return unit.scaling
    }
}
