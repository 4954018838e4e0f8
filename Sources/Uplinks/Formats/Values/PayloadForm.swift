import Records

/// In which form a payload can stand in a text: as JSON, as a string, or as neither.
enum PayloadForm {
    case json
    case text
    case binary
}

/// Says in which form payloads are.
///
/// A payload that is JSON, and that no content type calls anything else, is JSON. Half a character in an escape makes
/// it none: many readers refuse the whole batch for it.
struct PayloadForms: Sendable {
    /// The last content type and what it means: mostly also the next one.
    private var media: (contentType: String, type: MediaType) = ("application/json", .json)

    /// Text is what its content type calls text in UTF-8, or what its sender has marked as UTF-8, as CloudEvents wants
    /// it (JSON Event Format 1.0.2, section 3.1.1).
    mutating func declaredForm(of payload: ArraySlice<UInt8>, _ properties: RecordProperties?) -> PayloadForm {
        let type = mediaType(of: properties) ?? .json
        if type == .json, isJSON(payload) { return .json }
        let isText = type == .text || type == .other && properties?.isPayloadUTF8 == true
        return isText && String(validating: payload, as: UTF8.self) != nil ? .text : .binary
    }

    /// Text is also what is UTF-8 and has no content type that calls it something else.
    mutating func form(of payload: ArraySlice<UInt8>, _ properties: RecordProperties?) -> PayloadForm {
        let type = mediaType(of: properties)
        if type == nil || type == .json, isJSON(payload) { return .json }
        let mayBeText = type != .other || properties?.isPayloadUTF8 == true
        return mayBeText && String(validating: payload, as: UTF8.self) != nil ? .text : .binary
    }

    /// What the content type says; nil where there is none.
    mutating func mediaType(of properties: RecordProperties?) -> MediaType? {
        guard let contentType = properties?.contentType else { return nil }
        if media.contentType != contentType { media = (contentType, MediaType(contentType)) }
        return media.type
    }

    private func isJSON(_ payload: ArraySlice<UInt8>) -> Bool {
        JSONText.isValid(payload) && !SurrogateEscapes.areBroken(in: payload)
    }
}
