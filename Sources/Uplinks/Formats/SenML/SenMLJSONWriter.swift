import Records

/// SenML in JSON (RFC 8428, section 5).
struct SenMLJSONWriter: SenMLWriter {
    static var contentType: String { SenMLPack.contentType }

    private var writer: JSONWriter

    /// - Parameter capacity: bytes to reserve.
    init(reservingCapacity capacity: Int = 0) { writer = JSONWriter(reservingCapacity: capacity) }

    var bytes: [UInt8] { writer.bytes }

    mutating func beginPack() {
        writer.removeAll(keepingCapacity: true)
        writer.beginArray()
    }

    mutating func endPack() { writer.endArray() }
    mutating func beginRecord() { writer.beginObject() }
    mutating func endRecord() { writer.endObject() }

    mutating func set(_ field: SenMLField, number: Double) { writer.member(field.name, number: number) }
    mutating func set(_ field: SenMLField, integer: UInt64) { writer.member(field.name, integer: integer) }
    mutating func set(_ field: SenMLField, boolean: Bool) { writer.member(field.name, boolean: boolean) }

    mutating func set(_ field: SenMLField, text: String) { writer.member(field.name, string: text) }

    mutating func set(_ field: SenMLField, text: ArraySlice<UInt8>) {
        writer.key(field.name)
        writer.string(utf8: text)
    }

    mutating func set(_ field: SenMLField, bytes: ArraySlice<UInt8>) {
        var plain = JSONWriter(reservingCapacity: bytes.count * 4 / 3 + 8)
        plain.base64(bytes)
        var text = plain.bytes
        Base64URL.translate(&text)
        writer.key(field.name)
        writer.raw(text)
    }

    mutating func set(_ field: SenMLField, jsonNumber: ArraySlice<UInt8>) {
        writer.key(field.name)
        writer.raw(jsonNumber)
    }

    mutating func set(_ field: SenMLField, jsonString: ArraySlice<UInt8>) {
        writer.key(field.name)
        writer.raw(jsonString)
    }
}
