import Records

/// The attributes and the data of one event while it is being read.
struct EventAttributes {
    var contentType: String?
    var payload: [UInt8]?
    private var texts: [String: String] = [:]

    /// Takes an attribute in its text form.
    mutating func set(_ name: String, to value: String) {
        // The first one counts: a sender's own properties come after ours.
        if texts[name] == nil { texts[name] = value }
    }

    /// Takes one member of a structured event, at whose value the scanner stands.
    mutating func read(_ scanner: inout JSONSkimmer, name: ArraySlice<UInt8>) throws {
        let value = try scanner.value()
        let isString = value.first == UInt8(ascii: "\"")
        let content = isString ? JSONSkimmer.unescaped(value.dropFirst().dropLast()) : Array(value)
        guard let content else { throw JSONSkimmer.Malformed(offset: value.startIndex) }
        let text = String(decoding: content, as: UTF8.self)
        switch String(decoding: name, as: UTF8.self) {
        case "data":
            // Whether a string is JSON or text depends on the content type, which may come later.
            data = (Array(value), isString ? content : nil)
        case "data_base64":
            guard let bytes = Self.base64(content) else { throw JSONSkimmer.Malformed(offset: value.startIndex) }
            payload = bytes
        case "datacontenttype": contentType = text
        case let other: set(other, to: text)
        }
    }

    /// The event that they make.
    ///
    /// - Throws: where there is no identity, no time or no data.
    func event() throws -> DeliveredEvent {
        guard let id = texts["id"], let identity = DeliveredIdentity(id), texts["specversion"] == CloudEvents.version,
            let time = texts["time"], let milliseconds = TimestampReader.milliseconds(time.utf8), let payload = bytes
        else { throw JSONSkimmer.Malformed(offset: 0) }
        switch identity {
        case .loss(let loss):
            guard texts["type"] == CloudEvents.lossType else { throw JSONSkimmer.Malformed(offset: 0) }
            return .loss(DeliveredLoss(identity: loss, payload: payload, milliseconds: milliseconds))
        case .record(let record):
            guard texts["type"] == CloudEvents.recordType, let topic = texts["subject"] else {
                throw JSONSkimmer.Malformed(offset: 0)
            }
            return .record(
                DeliveredRecord(
                    identity: record, topic: topic, payload: payload, contentType: contentType,
                    milliseconds: milliseconds,
                    timeQuality: texts["timequality"].flatMap(CloudEvents.quality(named:)) ?? .synchronised,
                    isRetained: texts["retained"] == "true", device: texts["device"]))
        }
    }

    private var data: (written: [UInt8], string: [UInt8]?)?

    private var bytes: [UInt8]? {
        if let payload { return payload }
        guard let data else { return nil }
        guard let string = data.string, let contentType else { return data.written }
        if case .json = MediaType(contentType) { return data.written }
        return string
    }

    /// Base64 (RFC 4648, section 4) with its padding; nil for anything else.
    static func base64(_ text: [UInt8]) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        let padding = text.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
        var group: UInt32 = 0
        for (index, character) in text.dropLast(padding).enumerated() {
            guard let value = sextet(character) else { return nil }
            group = group << 6 | value
            guard index % 4 == 3 else { continue }
            bytes += [UInt8(group >> 16), UInt8(group >> 8 & 0xFF), UInt8(group & 0xFF)]
            group = 0
        }
        switch padding {
        case 1: bytes += [UInt8(group >> 10), UInt8(group >> 2 & 0xFF)]
        case 2: bytes.append(UInt8(group >> 4))
        default: break
        }
        return bytes
    }

    private static func sextet(_ character: UInt8) -> UInt32? {
        switch character {
        case 0x41...0x5A: UInt32(character - 0x41)
        case 0x61...0x7A: UInt32(character - 0x61 + 26)
        case 0x30...0x39: UInt32(character - 0x30 + 52)
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
