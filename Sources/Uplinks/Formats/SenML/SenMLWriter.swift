/// A field of a SenML record: one of the standard's, or one of ours, which others skip (RFC 8428, section 4.4).
struct SenMLField: Sendable {
    /// Its name in JSON, and in CBOR where it has no number.
    let name: StaticString
    /// Its number in CBOR (RFC 8428, section 6). Fields added later have none, by the standard's own rule.
    let number: Int?

    private init(_ name: StaticString, _ number: Int? = nil) {
        self.name = name
        self.number = number
    }

    static let baseName = SenMLField("bn", -2)
    static let baseTime = SenMLField("bt", -3)
    static let name = SenMLField("n", 0)
    static let unit = SenMLField("u", 1)
    static let value = SenMLField("v", 2)
    static let stringValue = SenMLField("vs", 3)
    static let booleanValue = SenMLField("vb", 4)
    static let time = SenMLField("t", 6)
    static let dataValue = SenMLField("vd", 8)
    /// Content type of a data value (RFC 9193).
    static let contentType = SenMLField("ct")

    static let gateway = SenMLField("gateway")
    static let stream = SenMLField("stream")
    static let epoch = SenMLField("epoch")
    static let sequence = SenMLField("sequence")
    static let previous = SenMLField("previous")
    static let topic = SenMLField("topic")
    static let historical = SenMLField("historical")
    static let replay = SenMLField("replay")
    static let retained = SenMLField("retained")
    static let timeQuality = SenMLField("timequality")
    static let bootID = SenMLField("bootid")
    static let bootTime = SenMLField("boottime")
    static let first = SenMLField("first")
    static let last = SenMLField("last")
    static let reason = SenMLField("reason")
}

/// Writes the records of one SenML pack after the other: in JSON or in CBOR.
protocol SenMLWriter: Sendable {
    /// MIME type of what it writes.
    static var contentType: String { get }
    /// The pack that was ended last.
    var bytes: [UInt8] { get }

    /// Begins another pack.
    mutating func beginPack()
    mutating func endPack()
    mutating func beginRecord()
    mutating func endRecord()

    mutating func set(_ field: SenMLField, number: Double)
    mutating func set(_ field: SenMLField, integer: UInt64)
    mutating func set(_ field: SenMLField, boolean: Bool)
    /// A text; what is not UTF-8 in it becomes U+FFFD.
    mutating func set(_ field: SenMLField, text: ArraySlice<UInt8>)
    /// A text that is Unicode.
    mutating func set(_ field: SenMLField, text: String)
    mutating func set(_ field: SenMLField, bytes: ArraySlice<UInt8>)
    /// A number as JSON spells it, one that a double can hold.
    mutating func set(_ field: SenMLField, jsonNumber: ArraySlice<UInt8>)
    /// A string as JSON spells it, with its quotes.
    mutating func set(_ field: SenMLField, jsonString: ArraySlice<UInt8>)
}
