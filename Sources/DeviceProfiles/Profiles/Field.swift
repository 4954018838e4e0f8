import Records

/// One value in a message.
public struct Field: Hashable, Sendable {
    /// Name of the reading. `{n}` stands for the number in an array, from 1.
    public var name: String
    /// Unit symbol; nil where there is none, or where the telegram says it.
    public var unit: String?
    /// Where it stands, and what the bytes or the text there mean.
    public var place: FieldPlace
    /// Which bits of the integer are meant; nil for all.
    public var bits: BitRange?
    /// Value = raw × scale + offset.
    public var scale = 1.0
    /// See ``scale``.
    public var offset = 0.0
    /// Other fields that say what it is multiplied by, on top of ``scale``.
    public var factors: [FieldFactor] = []
    /// Names of other fields whose values are added, as ``offset`` is.
    public var addends: [String] = []
    /// Raw values that mean that there is none.
    public var missing: [RawValue] = []
    /// Plausible values, after scaling.
    public var range: ClosedRange<Double>?
    /// Names for raw values; where there are any, a raw value without a name publishes nothing.
    public var names: [ValueName] = []
    /// What another field of the message must be.
    public var condition: FieldCondition?
    /// Whether it is published; if not it serves conditions, the device's name and composed texts.
    public var isPublished = true
    /// How often the field is there; nil for once.
    public var repetition: Repetition?
    /// What is kept of it per interval; nil for what ``RateRule`` says.
    public var keep: [RateRule.Kept]?
    /// How much it must change to be published; nil for what ``RateRule`` says.
    public var changeMin: Double?

    /// A field that is published as it is.
    public init(name: String, unit: String? = nil, place: FieldPlace) {
        self.name = name
        self.unit = unit
        self.place = place
    }

    /// Whether its value is made with those of other fields.
    public var isDerived: Bool { !factors.isEmpty || !addends.isEmpty }

    /// The name of an element of an array, counted from 1; the name itself where it has no `{n}`.
    public func name(element: Int) -> String { name.replacing("{n}", with: String(element)) }
}

/// A value as it stands in a frame, in a profile's own words.
public enum RawValue: Hashable, Sendable {
    case integer(Int)
    case number(Double)
    case text(String)
    case boolean(Bool)

    /// Whether a value is this one. A number is also meant by its text: `1` by `"1"`.
    func matches(_ value: Reading.Value) -> Bool {
        switch (self, value) {
        case (.integer(let own), .number(let number)): Double(own) == number
        case (.number(let own), .number(let number)): own == number
        case (.boolean(let own), .boolean(let flag)): own == flag
        case (.integer(let own), .boolean(let flag)): own == (flag ? 1 : 0)
        default: text == value.text
        }
    }

    /// As it is written, without quotes.
    var text: String {
        switch self {
        case .integer(let number): String(number)
        case .number(let number): Reading.Value.number(number).text
        case .text(let text): text
        case .boolean(let flag): String(flag)
        }
    }
}

extension Reading.Value {
    /// As a text: a whole number without a point.
    var text: String {
        switch self {
        case .number(let number): Int(exactly: number).map(String.init) ?? String(number)
        case .text(let text): text
        case .boolean(let flag): String(flag)
        }
    }
}

/// What a raw value is called.
public struct ValueName: Hashable, Sendable {
    /// The raw value as text: `0`, `true`, `OFF`.
    public var raw: String
    /// What is published instead.
    public var value: Reading.Value
}

extension FixedWidthInteger {
    /// Reads `12`, `-3` or `0x1F`: a raw value as the key of a table is written.
    init?(literal text: String) {
        if text.hasPrefix("0x") { self.init(text.dropFirst(2), radix: 16) } else { self.init(text) }
    }
}

/// Bits of an integer, the lowest is 0.
public enum BitRange: Hashable, Sendable {
    /// One, as a boolean.
    case one(Int)
    /// Several, as an integer.
    case run(ClosedRange<Int>)
}

/// Another field of the same message that a value is multiplied by. Where that has no number, there is no value.
public struct FieldFactor: Hashable, Sendable {
    /// What its value is.
    public enum Use: String, CaseIterable, Hashable, Sendable {
        case factor, divisor
        /// Of ten.
        case exponent
    }

    /// The other field's name.
    public var field: String
    /// What its value is.
    public var use: Use

    /// A factor.
    public init(field: String, use: Use = .factor) {
        self.field = field
        self.use = use
    }
}

/// A condition on another field of the same message. A field without a value meets none.
public struct FieldCondition: Hashable, Sendable {
    /// The other field's name.
    public var field: String
    /// What it must be one of; empty for anything.
    public var allowed: [RawValue] = []
    /// What it must be none of.
    public var refused: [RawValue] = []
    /// The least.
    public var min: Double?
    /// The most.
    public var max: Double?
}

/// How often a field is there.
public struct Repetition: Hashable, Sendable {
    /// The number of elements.
    public var count: Count
    /// Bytes, registers or coils from one element to the next; nil for the size of the type.
    public var stride: Int?

    /// The number of elements.
    public enum Count: Hashable, Sendable {
        case fixed(Int)
        /// It stands in the frame, from where the array begins to be counted; `divisor` where bytes are counted.
        case counted(at: Int, type: BinaryType, divisor: Int)
        /// It is the value of a field that is read before the array; never more than `max`.
        case field(String, divisor: Int, max: Int)
    }
}

/// Where a field stands.
public enum FieldPlace: Hashable, Sendable {
    /// At bytes of the frame.
    case bytes(BytePlace)
    /// In registers or coils of a Modbus device.
    case register(RegisterPlace)
    /// In a divided text, or under a key of a telegram.
    case text(TextPlace)
    /// Nowhere: made of other fields.
    case composed([ComposedPiece])
}

/// Where a field stands among bytes.
public struct BytePlace: Hashable, Sendable {
    /// Offset in the frame, from the end where it is negative; behind the array where there is ``after``.
    public var at: Int
    /// Number of bytes; nil for all up to ``until``.
    public var size: Int?
    /// The byte behind the last, counted from the end; nil for the end.
    public var until: Int?
    /// The array of unknown length behind which ``at`` is counted.
    public var after: String?
    /// The tag of the record in which ``at`` is counted; nil for the frame.
    public var record: Int?
    /// What they mean.
    public var type: BinaryType

    /// A place of fixed size.
    public init(at: Int, size: Int? = nil, type: BinaryType) {
        self.at = at
        self.size = size ?? type.size
        self.type = type
    }
}

/// Where a field stands in a Modbus device.
public struct RegisterPlace: Hashable, Sendable {
    /// What is read.
    public var table: Table
    /// The first register or coil, from 0.
    public var address: Int
    /// What the registers mean; nil for coils and discrete inputs, which are booleans.
    public var type: BinaryType?
    /// Number of bytes in the registers; 0 for coils and discrete inputs.
    public var size: Int
    /// Which byte of a single register is meant; nil for all.
    public var half: Half?

    /// The four tables of Modbus, by the function that reads them.
    public enum Table: UInt8, CaseIterable, Hashable, Sendable {
        case coil = 1
        case discrete = 2
        case holding = 3
        case input = 4

        /// Whether it holds single bits.
        public var isOfBits: Bool { self == .coil || self == .discrete }
    }

    /// A half of a register.
    public enum Half: Hashable, Sendable { case high, low }

    /// Registers or bits from ``address`` on.
    public var count: Int { table.isOfBits ? 1 : (size + 1) / 2 }
}

/// Where a field stands in a text.
public struct TextPlace: Hashable, Sendable {
    /// What is picked.
    public var pick: Pick
    /// What the picked text means.
    public var type = TextType.number
    /// Only these characters of it, from the first up to before the second.
    public var part: Range<Int>?
    /// It is split once more.
    public var split: Split?
    /// Texts of another pick that make the value negative.
    public var negative: Sign?
    /// The letter that chooses the scale.
    public var letters: UnitLetters?

    /// What is picked of a text.
    public enum Pick: Hashable, Sendable {
        /// A column, from 0.
        case column(Int)
        /// A column that is so far behind the first one that reads so; before it where negative.
        case labelled(String, offset: Int)
        /// A key, a member's path, a group of a pattern, a key of a telegram.
        case key(String)
        /// Characters from one on; nil up to the end.
        case characters(at: Int, size: Int?)
    }

    /// A second split.
    public struct Split: Hashable, Sendable {
        /// What parts it.
        public var separator: [UInt8]
        /// Which part, from 0.
        public var index: Int
    }

    /// A sign that stands apart.
    public struct Sign: Hashable, Sendable {
        /// Where.
        public var pick: Pick
        /// What makes the value negative.
        public var texts: [String]
    }

    /// Letters, or words, that say the unit of a value.
    public struct UnitLetters: Hashable, Sendable {
        /// What each makes of the number; an empty one stands for a value without any.
        public var scales: [String: UnitScale]
        /// Where the letter stands; nil for the end of the value itself.
        public var pick: Pick?
    }

    /// Number × scale + offset is the value in the field's own unit.
    public struct UnitScale: Hashable, Sendable {
        /// The factor.
        public var scale: Double
        /// What is added, as for degrees Fahrenheit.
        public var offset = 0.0
    }

    /// A number at a place.
    public init(_ pick: Pick) { self.pick = pick }
}

/// A piece of a composed text.
public enum ComposedPiece: Hashable, Sendable {
    case text(String)
    /// The value of a field, with zeros in front up to so many digits.
    case field(String, digits: Int)
}
