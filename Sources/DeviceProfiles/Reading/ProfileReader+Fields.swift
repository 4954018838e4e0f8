import Records
import SerialIO
import StrictTOML

/// One field: what all kinds have in common.
extension ProfileReader {
    /// Nil where it has no name or no place, which is reported.
    func readField(_ table: TableReader, _ message: Message, _ profile: Profile) -> Field? {
        defer { table.finish() }
        table.require("name", example: "\"temperature\"")
        guard let place = readPlace(table, message, profile) else {
            readRest(table, into: nil)
            return nil
        }
        var field = Field(name: readName(table), place: place)
        readRest(table, into: &field)
        checkKind(field, table)
        if field.repetition != nil, !field.name.contains("{n}") {
            table.fail("an array needs {n} in its name, such as \"cell_{n}\"", at: "name")
        } else if field.repetition == nil, field.name.contains("{n}") {
            table.fail("{n} is for arrays; say count, or take another name", at: "name")
        }
        return table.has("name") ? field : nil
    }

    private func readRest(_ table: TableReader, into field: Field?) {
        var field = field ?? Field(name: "", place: .composed([]))
        _ = readName(table)
        readRest(table, into: &field)
    }

    private func readRest(_ table: TableReader, into field: inout Field) {
        field.unit = readUnit(table)
        if table.has("bit"), table.has("bits") { table.fail("give either bit or bits", at: "bits") }
        if let bit = table.integer("bit", in: 0...63) { field.bits = .one(bit) }
        if let bits = table.integers("bits", each: [0...63, 0...63], example: "[4, 7]") {
            if bits[0] <= bits[1] {
                field.bits = .run(bits[0]...bits[1])
            } else {
                table.fail("the lower bit comes first", at: "bits")
            }
        }
        field.scale = table.number("scale") ?? 1
        if field.scale == 0 { table.fail("a scale of 0 makes every value the same", at: "scale") }
        field.offset = table.number("offset") ?? 0
        field.factors = readFactors(table)
        field.addends = (table.stringsOrTables("offset_by", allowsOne: true) ?? []).compactMap { element in
            if case .string(let name) = element { return name }
            table.fail("names fields, such as \"tenths\" or [\"tenths\", \"hundredths\"]", at: "offset_by")
            return nil
        }
        field.missing = (table.scalars("missing") ?? []).map { RawValue($0) }
        field.range = table.numberRange("range")
        field.names = (table.namedScalars("values", example: "{ 0 = \"off\", 1 = \"on\" }") ?? []).map {
            ValueName(raw: $0.name, value: $0.value.readingValue)
        }
        field.condition = table.table("valid_if").flatMap { readCondition($0) }
        field.isPublished = table.boolean("publish") ?? true
        field.keep = RateRule.readKept(table)
        field.changeMin = RateRule.readChange(table)
        field.repetition = addressing == .bytes || addressing == .registers ? readRepetition(table) : nil
    }

    private func readFactors(_ table: TableReader) -> [FieldFactor] {
        (table.stringsOrTables("scale_by", allowsOne: true) ?? []).compactMap { element in
            guard case .table(let factor) = element else {
                if case .string(let name) = element { return FieldFactor(field: name) }
                return nil
            }
            defer { factor.finish() }
            factor.require("field", example: "\"range\"")
            let use = factor.choice("as", of: FieldFactor.Use.self) ?? .factor
            return factor.string("field").map { FieldFactor(field: $0, use: use) }
        }
    }

    private func readName(_ table: TableReader) -> String {
        guard let name = table.string("name") else { return "" }
        let plain = name.replacing("{n}", with: "1").utf8
        let isLetterOrDigit: (UInt8) -> Bool = {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
        }
        let isName =
            (1...64).contains(plain.count) && plain.first.map(isLetterOrDigit) == true
            && plain.allSatisfy { isLetterOrDigit($0) || "-:./_".utf8.contains($0) }
        if !isName {
            table.fail(
                "\(quoted(name)) is no name of a reading; it begins with a letter or digit and has letters, digits "
                    + "and \"-:./_\" (RFC 8428, section 4.5.1)", at: "name")
        }
        return name
    }

    private func readUnit(_ table: TableReader) -> String? {
        guard let unit = table.string("unit") else { return nil }
        guard SenMLUnit.isKnown(unit) else {
            let near = SenMLUnit.suggestion(for: unit) ?? NearestKey.find(unit, in: SenMLUnit.knownSymbols)
            let hint = near.map { "; did you mean \(quoted($0))?" } ?? "; leave it out where there is none"
            table.fail("\(quoted(unit)) is no unit symbol of SenML (RFC 8428, RFC 8798)\(hint)", at: "unit")
            return nil
        }
        let meant = [
            "C": "coulomb; degrees Celsius are \"Cel\"", "F": "farad; degrees Fahrenheit are scaled to \"Cel\"",
        ]
        if let meaning = meant[unit] { table.note("\(quoted(unit)) is the \(meaning)", at: "unit") }
        return unit
    }

    private func readCondition(_ table: TableReader) -> FieldCondition? {
        defer { table.finish() }
        table.require("field", example: "\"status\"")
        let name = table.string("field")
        var condition = FieldCondition(field: name ?? "")
        condition.allowed = (table.scalars("is") ?? []).map { RawValue($0) }
        condition.refused = (table.scalars("not") ?? []).map { RawValue($0) }
        condition.min = table.number("min")
        condition.max = table.number("max")
        if !["is", "not", "min", "max"].contains(where: { table.has($0) }) {
            table.fail("says nothing; give is, not, min or max")
        }
        return name == nil ? nil : condition
    }

    private func readRepetition(_ table: TableReader) -> Repetition? {
        let stride = table.integer("stride", in: 1...65535)
        if table.has("count"), table.isTable("count"), let count = table.table("count") {
            defer { count.finish() }
            return Repetition(count: readCount(count), stride: stride)
        }
        if let count = table.integer("count", in: 1...4096) { return Repetition(count: .fixed(count), stride: stride) }
        if stride != nil, !table.has("count") { table.fail("is of arrays; say count", at: "stride") }
        return nil
    }

    /// How many elements there are, where the frame or another field says it.
    private func readCount(_ count: TableReader) -> Repetition.Count {
        let divisor = count.integer("divisor", in: 1...256) ?? 1
        let isOfRegisters = addressing == .registers
        if count.has("field") || isOfRegisters {
            for key in ["at", "type"] {
                count.refuse(key, isOfRegisters ? "registers are counted by a field" : "field says how many there are")
            }
            count.require("field", example: "\"cells\"")
            if isOfRegisters { count.require("max", example: "16") }
            let max = count.integer("max", in: 1...4096) ?? (isOfRegisters ? 1 : 4096)
            return .field(count.string("field") ?? "", divisor: divisor, max: max)
        }
        if !count.has("at") { count.fail("give at and type, where the number stands, or the field that says it") }
        count.suggest("field")
        count.refuse("max", "belongs to field")
        let at = count.integer("at", in: -65535...65535) ?? 0
        return .counted(
            at: at, type: readUnsigned(count, sizes: 1...2) ?? BinaryType(.unsigned, size: 1), divisor: divisor)
    }

    /// Keys that make no sense for what the field is.
    private func checkKind(_ field: Field, _ table: TableReader) {
        if field.place.isText, field.names.isEmpty {
            for key in ["scale", "offset", "scale_by", "offset_by", "range"] where table.has(key) {
                table.fail("is for numbers, and the field is a text", at: key)
            }
        }
        if field.place.isText, field.unit != nil, field.names.isEmpty {
            table.fail("a text has no unit", at: "unit")
        }
        if field.isDerived, !field.names.isEmpty {
            table.fail("values says the value already; scale the field that this one is used in", at: "values")
        }
        guard let bits = field.bits else { return }
        if case .one(let bit) = bits, field.isDerived {
            table.fail("true and false are no numbers; say bits = [\(bit), \(bit)]", at: "bit")
        }
        let last =
            switch bits {
            case .one(let bit): bit
            case .run(let run): run.upperBound
            }
        let width: Int? =
            switch field.place {
            case .bytes(let place): place.type.isInteger ? (place.type.size ?? place.size).map { $0 * 8 } : nil
            case .register(let place): place.type?.isInteger == true ? (place.half == nil ? place.size * 8 : 8) : nil
            case .text(let place): [.text, .any, .ddmm].contains(place.type) ? nil : 64
            case .composed: nil
            }
        let key = table.has("bit") ? "bit" : "bits"
        guard let width else { return table.fail("only integers have bits", at: key) }
        if last >= width { table.fail("there are \(width) bits, counted from 0", at: key) }
    }
}

extension FieldPlace {
    /// Whether raw values are texts.
    var isText: Bool {
        switch self {
        case .bytes(let place): place.type.isText
        case .register(let place): place.type?.isText ?? false
        case .text(let place): place.type == .text
        case .composed: true
        }
    }
}

extension TableReader.Scalar {
    var readingValue: Reading.Value {
        switch self {
        case .string(let text): .text(text)
        case .integer(let number): .number(Double(number))
        case .number(let number): .number(number)
        case .boolean(let flag): .boolean(flag)
        }
    }
}
