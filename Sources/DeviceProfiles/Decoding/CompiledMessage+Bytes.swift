import Records
import SerialIO

/// Fields at bytes of a frame.
extension CompiledMessage {
    /// Whether a frame is of this message, as far as its bytes say it.
    func matches(_ content: Span<UInt8>) -> Bool {
        for condition in match {
            switch condition {
            case .bytes(let at, let pattern):
                guard let start = Self.place(at, pattern.count, content.count) else { return false }
                for index in 0..<pattern.count where !pattern.allows(content[start + index], at: index) {
                    return false
                }
            case .length(let length): if content.count != length { return false }
            case .start(let text):
                guard content.count >= text.count else { return false }
                for index in text.indices where content[index] != text[index] { return false }
            case .column, .columnEnd, .columns, .key: continue
            }
        }
        return true
    }

    func readBytes(_ content: Span<UInt8>, into readings: inout Readings) {
        if hasMovableFields {
            readings.arrayEnds.removeAll(keepingCapacity: true)
            readings.arrayEnds.append(contentsOf: repeatElement(-1, count: fields.count))
            if let records { records.find(in: content, into: &readings.records) }
        }
        let list = self.fields
        let fields = list.span
        for index in fields.indices {
            if fields[unchecked: index].traits.contains(.isMovable) {
                readMovable(fields[index], content, into: &readings)
            } else {
                let at = Int(fields[unchecked: index].at)
                let start = at >= 0 ? at : content.count + at
                read(fields[unchecked: index], content, at: start, element: 0, into: &readings)
            }
        }
        if hasDependencies { resolve(&readings) }
    }

    /// Where an offset is in a frame; nil where it, or what begins there, is not in it.
    @inline(__always) static func place(_ at: Int, _ size: Int, _ count: Int) -> Int? {
        let start = at >= 0 ? at : count + at
        return start >= 0 && start + size <= count ? start : nil
    }

    /// The unsigned integer at a place, its bytes in order.
    @inline(__always) static func load(
        _ content: Span<UInt8>, at start: Int, size: Int, order: BinaryType.Order
    ) -> UInt64 {
        var value: UInt64 = 0
        switch order {
        case .little:
            var index = start + size - 1
            while index >= start {
                value = value << 8 | UInt64(content[index])
                index -= 1
            }
            return value
        case .big: break
        case .wordsSwapped, .bytesSwapped: return loadSwapped(content, at: start, size: size, order: order)
        }
        var index = start
        while index < start + size {
            value = value << 8 | UInt64(content[index])
            index += 1
        }
        return value
    }

    private static func loadSwapped(
        _ content: Span<UInt8>, at start: Int, size: Int, order: BinaryType.Order
    ) -> UInt64 {
        var value: UInt64 = 0
        for place in 0..<size {
            let word = order == .wordsSwapped ? size / 2 - 1 - place / 2 : place / 2
            let half = order == .bytesSwapped ? 1 - place % 2 : place % 2
            value = value << 8 | UInt64(content[start + word * 2 + half])
        }
        return value
    }

    /// One value. What begins or ends outside the frame is missing.
    @inline(__always) func read(
        _ field: borrowing CompiledField, _ content: Span<UInt8>, at start: Int, element: Int32,
        into readings: inout Readings
    ) {
        let size = Int(field.size)
        guard start >= 0, start + max(0, size) <= content.count else {
            // A composed text is made when all others are known.
            return readings.add(.missing, field: field.field, element: element)
        }
        switch field.kind {
        case .unsigned:
            let bits = Self.load(content, at: start, size: size, order: field.order)
            if bits > Int64.max, field.traits.isDisjoint(with: .isSpecial) {
                finish(Double(bits), field, element: element, into: &readings)
            } else {
                take(Int64(truncatingIfNeeded: bits), bits: bits, field, element: element, into: &readings)
            }
        case .signed:
            let bits = Self.load(content, at: start, size: size, order: field.order)
            let unused = UInt64(64 - size * 8)
            take(
                Int64(bitPattern: bits << unused) >> Int64(unused), bits: bits, field, element: element, into: &readings
            )
        default: readOther(field, content, at: start, size: size, element: element, into: &readings)
        }
    }

    private func readOther(
        _ field: borrowing CompiledField, _ content: Span<UInt8>, at start: Int, size: Int, element: Int32,
        into readings: inout Readings
    ) {
        switch field.kind {
        case .signMagnitude:
            let bits = Self.load(content, at: start, size: size, order: field.order)
            let sign = UInt64(1) << UInt64(size * 8 - 1)
            let magnitude = Int64(bits & ~sign)
            take(bits & sign == 0 ? magnitude : -magnitude, bits: bits, field, element: element, into: &readings)
        case .float32:
            let bits = Self.load(content, at: start, size: 4, order: field.order)
            take(Float(bitPattern: UInt32(truncatingIfNeeded: bits)), field, element: element, into: &readings)
        case .float64:
            let bits = Self.load(content, at: start, size: 8, order: field.order)
            take(Double(bitPattern: bits), field, element: element, into: &readings)
        case .bcd:
            readBCD(content.extracting(start..<start + size), field, element: element, into: &readings)
        case .kmp: readKMP(content, at: start, field, element: element, into: &readings)
        case .text, .hex:
            let end = size >= 0 ? start + size : content.count + Int(field.until)
            guard end >= start else { return readings.add(.missing, field: field.field, element: element) }
            let part = content.extracting(start..<end)
            if field.kind == .hex {
                let text = HexadecimalText.write(part, isBackwards: field.order == .little)
                take(text: text, field, element: element, into: &readings)
            } else {
                take(text: Self.text(part, order: field.order), field, element: element, into: &readings)
            }
        case .digits, .hexDigits, .signedHexDigits:
            readDigits(content.extracting(start..<start + size), field, element: element, into: &readings)
        case .composed: readings.add(.missing, field: field.field, element: element)
        case .unsigned, .signed, .bit, .picked: preconditionFailure("read elsewhere")
        }
    }

    func take(_ number: Float, _ field: borrowing CompiledField, element: Int32, into readings: inout Readings) {
        guard number.isFinite else { return readings.add(.missing, field: field.field, element: element) }
        let text = number.shortFraction.map { DecimalText.fraction($0) } ?? .long(Double(number))
        take(text, field, element: element, into: &readings)
    }

    func take(_ number: Double, _ field: borrowing CompiledField, element: Int32, into readings: inout Readings) {
        guard number.isFinite else { return readings.add(.missing, field: field.field, element: element) }
        let text = DecimalFraction(number).map { DecimalText.fraction($0) } ?? .long(number)
        take(text, field, element: element, into: &readings)
    }

    private func readBCD(
        _ bytes: Span<UInt8>, _ field: borrowing CompiledField, element: Int32, into readings: inout Readings
    ) {
        var number: Int64 = 0
        let size = bytes.count
        for place in 0..<size {
            let index =
                switch field.order {
                case .big: place
                case .little: size - 1 - place
                case .wordsSwapped: (size / 2 - 1 - place / 2) * 2 + place % 2
                case .bytesSwapped: place ^ 1
                }
            guard index >= 0, index < size else { return readings.add(.invalid, field: field.field, element: element) }
            let byte = bytes[index]
            guard byte >> 4 < 10, byte & 15 < 10 else {
                return readings.add(.missing, field: field.field, element: element)
            }
            number = number * 100 + Int64(byte >> 4) * 10 + Int64(byte & 15)
        }
        take(number, bits: UInt64(number), field, element: element, into: &readings)
    }

    /// Kamstrup: number of mantissa bytes, sign and exponent, mantissa.
    private func readKMP(
        _ content: Span<UInt8>, at start: Int, _ field: borrowing CompiledField, element: Int32,
        into readings: inout Readings
    ) {
        let size = Int(content[start])
        let form = content[start + 1]
        guard (1...7).contains(size), start + 2 + size <= content.count else {
            return readings.add(.invalid, field: field.field, element: element)
        }
        let magnitude = Int64(Self.load(content, at: start + 2, size: size, order: .big))
        let exponent = Int(form & 0x3F)
        let fraction = DecimalFraction(
            mantissa: form & 0x80 == 0 ? magnitude : -magnitude, exponent: form & 0x40 == 0 ? exponent : -exponent)
        take(.fraction(fraction), field, element: element, into: &readings)
    }

    private func readDigits(
        _ text: Span<UInt8>, _ field: borrowing CompiledField, element: Int32, into readings: inout Readings
    ) {
        if field.traits.contains(.hasMissing) {
            let word = Self.text(text, order: .big)
            if words[Int(field.field)].missingTexts.contains(word) {
                return readings.add(.missing, field: field.field, element: element)
            }
        }
        if field.kind == .digits {
            if let number = DecimalText.parse(text) {
                take(number, field, element: element, into: &readings)
            } else {
                readings.add(Self.isMissing(text) ? .missing : .invalid, field: field.field, element: element)
            }
            return
        }
        guard let (value, digits) = HexadecimalText.parse(text) else {
            return readings.add(Self.isMissing(text) ? .missing : .invalid, field: field.field, element: element)
        }
        let number =
            field.kind == .signedHexDigits ? Self.twosComplement(value, digits: digits) : Int64(bitPattern: value)
        take(number, bits: value, field, element: element, into: &readings)
    }

    /// The number that so many hexadecimal digits say.
    static func twosComplement(_ value: UInt64, digits: Int) -> Int64 {
        let unused = UInt64(64 - digits * 4)
        return Int64(bitPattern: value << unused) >> Int64(unused)
    }

    /// ASCII without the padding around it; what is no UTF-8 is taken as Latin-1.
    static func text(_ bytes: Span<UInt8>, order: BinaryType.Order) -> String {
        var content: [UInt8] = []
        content.reserveCapacity(bytes.count)
        for index in 0..<bytes.count {
            let place = order == .bytesSwapped && bytes.count.isMultiple(of: 2) ? index ^ 1 : index
            content.append(bytes[place])
        }
        let isPadding: (UInt8) -> Bool = { $0 <= 0x20 || $0 == 0xFF }
        let trimmed = content.drop(while: isPadding)
        let end = (trimmed.lastIndex { !isPadding($0) } ?? trimmed.startIndex - 1) + 1
        return Self.string(trimmed[..<max(end, trimmed.startIndex)])
    }

    /// Bytes as text: UTF-8, or Latin-1 where they are none, as old displays and scales send a degree sign.
    static func string(_ bytes: ArraySlice<UInt8>) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }
}
