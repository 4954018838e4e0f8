import Records

/// What small JSON documents say, such as the answer of a token server: the texts and numbers of an object and of the
/// objects within it, by name. Where a name comes twice, the first counts.
struct JSONMembers {
    private var values: [String: String] = [:]

    /// Nil where the text is no JSON object.
    init?(_ text: [UInt8]) {
        var scanner = JSONScanner()
        var name: String?
        guard case .beginObject = scanner.next(in: text.span) else { return nil }
        while true {
            switch scanner.next(in: text.span) {
            case .key(let range): name = JSONText.unescape(text.span.extracting(range))
            case .string(let range):
                keep(JSONText.unescape(text.span.extracting(range)), as: name)
                name = nil
            case .number(let range):
                keep(String(decoding: text[range], as: UTF8.self), as: name)
                name = nil
            case .end: return
            case .invalid: return nil
            case .beginObject, .endObject, .beginArray, .endArray, .boolean, .null: name = nil
            }
        }
    }

    /// The text of a member, or the spelling of its number.
    subscript(name: String) -> String? { values[name] }

    private mutating func keep(_ value: String, as name: String?) {
        if let name, values[name] == nil { values[name] = value }
    }
}
