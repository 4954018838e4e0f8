import Records

/// One field made ready: numbers and nothing that is counted by reference, so that a frame's fields are read from one
/// flat array. What only few fields have is in ``FieldWords``.
struct CompiledField: Sendable {
    enum Kind: UInt8, Sendable {
        case unsigned, signed, signMagnitude, float32, float64, bcd, text, hex, digits, hexDigits, signedHexDigits, kmp
        case bit
        case picked
        case composed
    }

    struct Traits: OptionSet, Sendable {
        let rawValue: UInt16
        /// Some raw values mean that there is none.
        static let hasMissing = Traits(rawValue: 1)
        static let hasNames = Traits(rawValue: 2)
        static let isSingleBit = Traits(rawValue: 4)
        static let hasMask = Traits(rawValue: 8)
        /// An array, a place behind one, or a place in a record.
        static let isMovable = Traits(rawValue: 16)
        /// A text place with more than a pick and a number.
        static let isElaborate = Traits(rawValue: 32)
        /// Any of what keeps a raw integer from being scaled at once.
        static let isSpecial: Traits = [.hasMissing, .hasNames, .isSingleBit, .hasMask]
    }

    var kind: Kind
    var order: BinaryType.Order
    var traits: Traits = []
    var textType = TextType.number
    /// Index of the field in its message.
    var field: Int32
    var at: Int32
    /// Bytes; -1 for all up to ``until``.
    var size: Int32
    var until: Int32 = 0
    /// Index of the pick of a text, or the first register.
    var pick: Int32 = -1
    var table: UInt8 = 0
    var shift: UInt8 = 0
    var mask: UInt64 = .max
    var low: Double
    var high: Double
    var scaling: Scaling

    init(_ field: Field, index: Int) {
        self.field = Int32(index)
        // So that the plausible range also refuses what is infinite or no number.
        low = -.greatestFiniteMagnitude
        high = .greatestFiniteMagnitude
        if field.isDerived {
            // Scaled and checked when the other fields are known.
            scaling = Scaling(scale: 1, offset: 0)
        } else {
            if let range = field.range { (low, high) = (range.lowerBound, range.upperBound) }
            scaling = Scaling(scale: field.scale, offset: field.offset)
        }
        kind = .composed
        order = .big
        at = 0
        size = 0
        set(field.place, field)
        if !field.missing.isEmpty { traits.insert(.hasMissing) }
        if !field.names.isEmpty { traits.insert(.hasNames) }
        switch field.bits {
        case .one(let bit):
            traits.insert(.isSingleBit)
            (shift, mask) = (UInt8(bit), 1)
        case .run(let run):
            traits.insert(.hasMask)
            (shift, mask) = (UInt8(run.lowerBound), run.count == 64 ? .max : 1 << UInt64(run.count) - 1)
        case nil: break
        }
    }

    private mutating func set(_ place: FieldPlace, _ field: Field) {
        switch place {
        case .bytes(let place):
            set(place.type, size: place.size)
            at = Int32(place.at)
            until = Int32(place.until ?? 0)
            let isMovable = field.repetition != nil || place.after != nil || place.record != nil
            if isMovable { traits.insert(.isMovable) }
        case .register(let place):
            table = place.table.rawValue
            pick = Int32(place.address)
            if field.repetition != nil { traits.insert(.isMovable) }
            if let type = place.type { set(type, size: place.size) } else { kind = .bit }
            // A single byte stands in the lower half unless said otherwise.
            at = place.half == .low ? 1 : 0
        case .text(let place):
            kind = .picked
            textType = place.type
            let isPlain =
                place.part == nil && place.split == nil && place.negative == nil && place.letters == nil
                && (place.type == .number || place.type == .any)
            if !isPlain { traits.insert(.isElaborate) }
        case .composed: kind = .composed
        }
    }

    private mutating func set(_ type: BinaryType, size: Int?) {
        kind =
            switch type.coding {
            case .unsigned: .unsigned
            case .signed: .signed
            case .signMagnitude: .signMagnitude
            case .float: type.size == 8 ? .float64 : .float32
            case .bcd: .bcd
            case .text: .text
            case .hex: .hex
            case .digits: .digits
            case .hexDigits: .hexDigits
            case .signedHexDigits: .signedHexDigits
            case .kmp: .kmp
            }
        order = type.order
        self.size = Int32(type.coding == .kmp ? 2 : type.size ?? size ?? -1)
    }
}

/// What a field has beside its numbers.
struct FieldWords: Sendable {
    let field: Field
    /// Raw integers that mean that there is none, as they read by the field's type.
    let missingIntegers: [Int64]
    let missingNumbers: [Double]
    let missingTexts: Set<String>
    let namesOfIntegers: [Int64: Reading.Value]
    let namesOfTexts: [String: Reading.Value]
    /// Index of the field that the condition is about.
    var conditionField: Int32 = -1
    /// Index of the array behind which it stands.
    var afterField: Int32 = -1
    /// Indexes of picks: of a sign, and of a letter.
    var negativePick: Int32 = -1
    var letterPick: Int32 = -1
    /// Unit letters, the longest first.
    let letters: [(letter: [UInt8], scaling: Scaling)]
    /// Indexes of the fields of a composed text, in its order.
    var composedFields: [Int32] = []
    /// Indexes of the fields of ``Field/factors``.
    var factorFields: [Int32] = []
    /// Indexes of the fields of ``Field/addends``.
    var addendFields: [Int32] = []
    /// Index of the field that counts the elements.
    var countField: Int32 = -1
    /// Tag of the record in which it stands.
    var recordTag: Int? { if case .bytes(let place) = field.place { place.record } else { nil } }

    /// The fields that must be known before its value is.
    var dependencies: [Int32] {
        (conditionField >= 0 ? [conditionField] : []) + composedFields + factorFields + addendFields
    }

    init(_ field: Field) {
        self.field = field
        if case .text(let place) = field.place, let units = place.letters {
            letters = units.scales.flatMap { letter, scale in
                Self.encodings(of: letter).map { ($0, Scaling(scale: scale.scale, offset: scale.offset)) }
            }.sorted { $0.letter.count > $1.letter.count }
        } else {
            letters = []
        }
        missingIntegers = field.missing.compactMap {
            if case .integer(let number) = $0 { Self.asRead(Int64(number), field) } else { nil }
        }
        missingNumbers = field.missing.compactMap {
            switch $0 {
            case .integer(let number): Double(number)
            case .number(let number): number
            default: nil
            }
        }
        missingTexts = Set(field.missing.map(\.text))
        var integers: [Int64: Reading.Value] = [:]
        var texts: [String: Reading.Value] = [:]
        for name in field.names {
            texts[name.raw] = name.value
            let word: Int64? = name.raw == "true" ? 1 : name.raw == "false" ? 0 : nil
            if let raw = word ?? Int64(literal: name.raw) { integers[Self.asRead(raw, field)] = name.value }
        }
        namesOfIntegers = integers
        namesOfTexts = texts
    }

    /// The letter as it may stand on the line: in UTF-8, and in Latin-1, in which old displays send a degree sign.
    private static func encodings(of letter: String) -> [[UInt8]] {
        // There are two letters that look like a micro sign; devices send the other one.
        let letter = letter.replacing("\u{3BC}", with: "\u{B5}")
        let latin = letter.unicodeScalars.compactMap { UInt8(exactly: $0.value) }
        let isASCII = latin.allSatisfy { $0 < 0x80 }
        let isLatin = !isASCII && latin.count == letter.unicodeScalars.count
        return isLatin ? [Array(letter.utf8), latin] : [Array(letter.utf8)]
    }

    /// A raw value is written as its bits or as its number: FFFF of a signed field is -1.
    private static func asRead(_ raw: Int64, _ field: Field) -> Int64 {
        let type: BinaryType?
        switch field.place {
        case .bytes(let place): type = place.type
        case .register(let place): type = place.type
        case .text, .composed: type = nil
        }
        guard field.bits == nil, let type, let size = type.size, size < 8, raw >= 1 << Int64(size * 8 - 1) else {
            return raw
        }
        switch type.coding {
        case .signed: return raw - 1 << Int64(size * 8)
        case .signMagnitude: return -(raw - 1 << Int64(size * 8 - 1))
        default: return raw
        }
    }
}
