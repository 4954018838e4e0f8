import Records

/// SenML in JSON (RFC 8428, sections 4 and 5).
extension PayloadValues {
    /// The fields of one SenML record; a range is an offset into the payload.
    private struct Fields {
        var name: Range<Int>?
        var unit: Range<Int>?
        var content: Content?
        var number: Range<Int>?
        var time: Double?
    }

    /// The base fields, which hold until others come.
    private struct Base {
        var name: [UInt8] = []
        var unit: Range<Int>?
        var value: Double?
        var time = 0.0
    }

    /// Reads a pack. Nil where it is none, or says something that is not carried on: see docs/formats.md.
    ///
    /// - Parameters:
    ///   - isDeclared: whether its content type calls it SenML; only then it may have fields that are not known.
    ///   - received: seconds since 1970, from which relative times count.
    /// - Returns: whether the pack has a base name.
    mutating func readPack(_ text: Span<UInt8>, isDeclared: Bool, received: Double) -> Bool? {
        var scanner = JSONScanner()
        guard scanner.next(in: text) == .beginArray else { return nil }
        var base = Base()
        var firstBase: [UInt8]?
        while true {
            switch scanner.next(in: text) {
            case .beginObject:
                var fields = Fields()
                guard readRecord(&scanner, text, &fields, &base, isDeclared) else { return nil }
                if firstBase == nil { firstBase = base.name }
                guard resolve(fields, base, firstBase ?? [], text, received) else { return nil }
            case .endArray:
                guard scanner.next(in: text) == .end, !values.isEmpty else { return nil }
                let isNamed = firstBase?.isEmpty == false || !base.name.isEmpty
                // Names that are unique by the pack's own word must be there (4.5.1).
                return isNamed && values.contains { $0.name.isEmpty } ? nil : isNamed
            default:
                return nil
            }
        }
    }

    /// Reads the fields of one record; false where they are not to be understood.
    private mutating func readRecord(
        _ scanner: inout JSONScanner, _ text: Span<UInt8>, _ fields: inout Fields, _ base: inout Base,
        _ isDeclared: Bool
    ) -> Bool {
        while true {
            switch scanner.next(in: text) {
            case .key(let key):
                let label = text.extracting(key).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
                let token = scanner.next(in: text)
                if take(label, token, text, &fields, &base) { continue }
                // A field that is not known is skipped, unless its name asks that it be understood (4.4).
                guard isDeclared, !Self.labels.contains(label), !label.hasSuffix("_"),
                    Self.skip(token, &scanner, text)
                else { return false }
            case .endObject:
                return true
            default:
                return false
            }
        }
    }

    private static let labels: Set<String> = [
        "bn", "bt", "bu", "bv", "bs", "bver", "n", "u", "v", "vs", "vb", "vd", "s", "t", "ut",
    ]

    /// Takes one field; false where it is not known, or not what it should be.
    private mutating func take(
        _ label: String, _ token: JSONToken, _ text: Span<UInt8>, _ fields: inout Fields, _ base: inout Base
    ) -> Bool {
        switch (label, token) {
        case ("bn", .string(let range)):
            base.name.removeAll(keepingCapacity: true)
            Self.appendUnescaped(text, range, to: &base.name)
        case ("bt", .number(let range)): base.time = JSONText.number(text, range)
        case ("bu", .string(let range)): base.unit = range
        case ("bv", .number(let range)): base.value = JSONText.number(text, range)
        case ("bver", .number(let range)): return JSONText.number(text, range) <= 10
        case ("n", .string(let range)): fields.name = range
        case ("u", .string(let range)): fields.unit = range
        case ("v", .number(let range)):
            fields.number = range
            return setContent(Self.number(range, text), of: &fields)
        case ("vs", .string(let range)): return setContent(.string(range), of: &fields)
        case ("vb", .boolean(let value)): return setContent(.boolean(value), of: &fields)
        case ("vd", .string(let range)):
            guard let content = Base64URL.bytes(text.extracting(range)) else { return false }
            bytes.append(content)
            return setContent(.bytes(bytes.count - 1), of: &fields)
        case ("t", .number(let range)): fields.time = JSONText.number(text, range)
        default: return false
        }
        return true
    }

    /// A record has one value (4.2); false for a second one.
    private func setContent(_ content: Content, of fields: inout Fields) -> Bool {
        guard fields.content == nil else { return false }
        fields.content = content
        return true
    }

    private static func skip(_ first: JSONToken, _ scanner: inout JSONScanner, _ text: Span<UInt8>) -> Bool {
        var token = first
        var depth = 0
        while true {
            switch token {
            case .beginObject, .beginArray: depth += 1
            case .endObject, .endArray: depth -= 1
            case .invalid, .end: return false
            default: break
            }
            if depth == 0 { return true }
            token = scanner.next(in: text)
        }
    }

    /// Puts base and own fields together (4.6); false where that gives no value.
    private mutating func resolve(
        _ fields: Fields, _ base: Base, _ firstBase: [UInt8], _ text: Span<UInt8>, _ received: Double
    ) -> Bool {
        guard var content = fields.content else {
            // A record of base fields alone is allowed. A base value without a value is a value.
            guard let value = base.value, fields.name != nil else { return fields.name == nil }
            return add(.sum(value), fields, base, firstBase, text, received)
        }
        if let value = base.value, let number = fields.number {
            let sum = value + JSONText.number(text, number)
            guard sum.isFinite else { return false }
            content = .sum(sum)
        }
        return add(content, fields, base, firstBase, text, received)
    }

    private mutating func add(
        _ content: Content, _ fields: Fields, _ base: Base, _ firstBase: [UInt8], _ text: Span<UInt8>,
        _ received: Double
    ) -> Bool {
        let start = names.count
        guard values.count < Self.valuesMax, start + base.name.count <= 4 * text.count + 1024 else { return false }
        names.append(contentsOf: base.name)
        if let name = fields.name { Self.appendUnescaped(text, name, to: &names) }
        let seconds = base.time + (fields.time ?? 0)
        guard seconds.isFinite, abs(seconds) < Self.secondsMax else { return false }
        var value = Value(name: start..<names.count, content: content)
        value.baseCount = base.name == firstBase ? base.name.count : 0
        value.unit = fields.unit ?? base.unit
        // Times below 2^28 are relative to now (4.5.3); what counts from no time at all has none.
        if seconds >= Self.absoluteMin {
            value.seconds = seconds
        } else if seconds != 0, (Self.absoluteMin..<Self.secondsMax).contains(received) {
            value.seconds = received + seconds
        }
        values.append(value)
        return true
    }

    /// Seconds since 1970 from which on SenML takes a time as absolute: July 1978.
    static let absoluteMin = Double(1 << 28)
    /// The end of the year 9999: beyond, no format here has a time.
    private static let secondsMax = 253_402_300_800.0
}
