import Records

/// SenML in CBOR (RFC 8428, section 6).
struct SenMLCBORWriter: SenMLWriter {
    static var contentType: String { "application/senml+cbor" }

    private(set) var bytes: [UInt8] = []
    private var writer = CBORWriter()
    private var recordCount = 0
    private var recordStart = 0
    private var fieldCount: UInt8 = 0

    /// - Parameter capacity: bytes to reserve.
    init(reservingCapacity capacity: Int = 0) { writer.reserveCapacity(capacity) }

    mutating func beginPack() {
        writer.removeAll()
        bytes = []
        recordCount = 0
    }

    /// Only now the number of records is known, which CBOR wants in front.
    mutating func endPack() {
        var head = CBORWriter()
        head.array(count: recordCount)
        bytes = head.bytes + writer.bytes
    }

    mutating func beginRecord() {
        recordStart = writer.bytes.count
        fieldCount = 0
        writer.map(count: 0)
        recordCount += 1
    }

    mutating func endRecord() {
        // Up to 23 the count is part of the first byte, and there are fewer fields than that.
        writer.setMapCount(fieldCount, at: recordStart)
    }

    mutating func set(_ field: SenMLField, number: Double) {
        label(field)
        writer.number(number)
    }

    mutating func set(_ field: SenMLField, integer: UInt64) {
        label(field)
        writer.unsigned(integer)
    }

    mutating func set(_ field: SenMLField, boolean: Bool) {
        label(field)
        writer.boolean(boolean)
    }

    mutating func set(_ field: SenMLField, text: String) {
        label(field)
        writer.text(text)
    }

    mutating func set(_ field: SenMLField, text: ArraySlice<UInt8>) {
        label(field)
        text.withUnsafeBufferPointer { writer.text($0) }
    }

    mutating func set(_ field: SenMLField, bytes: ArraySlice<UInt8>) {
        label(field)
        bytes.withUnsafeBufferPointer { writer.bytes($0) }
    }

    mutating func set(_ field: SenMLField, jsonNumber: ArraySlice<UInt8>) {
        label(field)
        writer.number(JSONText.number(jsonNumber.span, 0..<jsonNumber.count))
    }

    mutating func set(_ field: SenMLField, jsonString: ArraySlice<UInt8>) {
        label(field)
        let content = jsonString.dropFirst().dropLast()
        if content.contains(UInt8(ascii: "\\")) {
            writer.text(JSONText.unescape(content.span))
        } else {
            content.withUnsafeBufferPointer { writer.text($0) }
        }
    }

    private mutating func label(_ field: SenMLField) {
        fieldCount += 1
        if let number = field.number {
            writer.integer(number)
        } else {
            writer.text(UnsafeBufferPointer(start: field.name.utf8Start, count: field.name.utf8CodeUnitCount))
        }
    }
}
